"""The shell lines in README.md that serve your own organisation, run as written."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import environment
from tests.docs.examples import ROOT

LINES = re.compile(r"^```sh own organisation\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TREE = """{ organization { name timeZone } objectives { nodes { title keyResults { title } } } }"""
CHECK_IN = """mutation { checkInRecord(input: { keyResult: {externalId: "k1"}, value: 88 }) {
    deltas { progressAfter } errors { message } } }"""
MAKE = """mutation { personCreate(input: { name: "Ann" }) { person { name } errors { message } } }"""


@pytest.fixture
def clone(fast_path: Path) -> Path:
    """Return a folder that contains the installed environment and nothing else."""
    (fast_path / ".venv").symlink_to(sys.prefix)
    return fast_path


@pytest.fixture
def shell(clone: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the lines in a shell; the last one serves, on any free port."""
    [lines] = LINES.findall((ROOT / "README.md").read_text("utf-8"))
    running = subprocess.Popen(
        ["bash", "-e", "-c", lines],
        cwd=clone,
        env=environment(port=0),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield running
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()


def test_ones_own_organisation_is_served_by_the_lines_of_the_readme(shell: "subprocess.Popen[str]"):
    said = []
    assert shell.stdout
    for line in shell.stdout:
        said.append(line)
        if found := re.match(r"Serving (http://\S+)/graphql", line):
            address = found[1]
            break
    else:
        pytest.fail("".join(said))
    [token] = re.findall(r"^okr_\w+$", "".join(said), re.MULTILINE)
    with httpx2.Client(
        base_url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ) as client:
        shown = client.post("/graphql", json={"query": TREE}).json()
        made = client.post("/graphql", json={"query": MAKE}).json()
        moved = client.post("/graphql", json={"query": CHECK_IN}).json()
        page = client.get("/graphql", headers={"Accept": "text/html"})
    assert shown["data"] == {
        "organization": {"name": "Acme", "timeZone": "Europe/Berlin"},
        "objectives": {
            "nodes": [{"title": "Parcels arrive when promised", "keyResults": [{"title": "On time"}]}]
        },
    }
    assert made["data"]["personCreate"] == {"person": {"name": "Ann"}, "errors": []}
    assert moved["data"]["checkInRecord"] == {
        "deltas": [{"progressAfter": 0.5}, {"progressAfter": 0.5}],
        "errors": [],
    }
    assert "<title>OKR API" in page.text
    os.killpg(shell.pid, signal.SIGINT)  # as Ctrl-C does
    rest, _ = shell.communicate(timeout=60)
    assert "Traceback" not in rest
