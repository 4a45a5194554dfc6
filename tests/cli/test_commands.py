"""Commands import only what they need and are found by the names in the help."""

import subprocess
import sys

from tests.cli.conftest import environment, okr_api

SLOW = ("alembic", "fastapi", "graphql", "strawberry", "uvicorn")
LIGHT = ("export", "import", "migrate", "organization", "recount", "token", "verify")
IMPORTS = f"""
import sys
from okr_api.cli import main
for name in {LIGHT}:
    main.get_command(None, name)
print([name for name in {SLOW} if name in sys.modules])
main.get_command(None, "serve")
print([name for name in {SLOW} if name in sys.modules])
"""


def test_a_command_imports_what_it_works_with_and_no_more():
    said = subprocess.check_output([sys.executable, "-c", IMPORTS], env=environment(), text=True)
    assert said.splitlines() == ["[]", "['uvicorn']"]


def test_every_command_is_found_under_the_name_that_the_help_lists():
    listed = okr_api("--help").stdout.partition("Commands:\n")[2].splitlines()
    for name in [line.split()[0] for line in listed]:
        assert okr_api(name, "--help").stdout.startswith(f"Usage: okr-api {name}")
    assert len(listed) == 13
