"""`okr-api import --mapping` and `okr-api mappings`: messages, stored data and exit codes."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from okr_api.services.foreign_files.mapping_catalog import FOLDER, shipped_mappings
from tests.cli.conftest import COMMAND, environment, okr_api
from tests.cli.test_import_export import objectives
from tests.docs.examples import ROOT

HEAD = "Order,Type,Summary,Status,Period,Owner,Start value,Current value,Target value\n"
ROWS = "1,Objective,Answer fast,,2026-Q2,Ann Lee,,,\n1.1,Key result,Backlog,At risk,,,200,120,50\n"


@pytest.fixture
def url(database_url: str) -> str:
    """Create an organisation without any data and return the URL of its database."""
    assert okr_api("organization", "create", "Acme", database_url=database_url).exit_code == 0
    return database_url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "support.csv"
    path.write_text(HEAD + ROWS)
    return path


def brought(url: str, file: Path, *more: object):
    return okr_api("import", file, "--mapping", "appfire-okr-for-jira", *more, database_url=url)


def test_a_table_comes_in_by_a_mapping_and_a_second_time_changes_nothing(url, file):
    first = brought(url, file)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout.splitlines()[0] == "note    file: Read as UTF-8, separated by comma [READ_AS]"
    assert first.stdout.endswith("Imported as change 1.\n")
    assert objectives(url) == ["support:1"]
    again = brought(url, file)
    assert again.stdout.endswith("Nothing changed.\n")


def test_a_table_comes_from_standard_input_with_a_mapping_of_ones_own(url, tmp_path):
    own = tmp_path / "ours.json"
    printed = okr_api("mappings", "appfire-okr-for-jira").stdout
    own.write_text(printed.replace('"Summary"', '"Titel"'))
    done = subprocess.run(
        [*COMMAND, "import", "-", "--mapping", str(own), "--namespace", "x", "--dry-run"],
        input=(HEAD + ROWS).replace("Summary", "Titel").encode("utf-16"),
        env=environment(database_url=url), capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Read as UTF-16" in done.stdout
    assert done.stdout.endswith(b"Dry run: nothing was saved.\n")
    assert objectives(url) == []


def test_broken_rows_refuse_the_file_with_the_rows_of_the_file(url, file):
    file.write_text(HEAD + ROWS + "1.2,Key result,Speed,,,,fast,,3\n")
    ended = brought(url, file)
    assert ended.exit_code == 1
    assert "error   row 4, key_results[1] (1.2): Start value is 'fast', not a number" in ended.stdout
    assert ended.stderr == "Error: Rejected: 1 invalid row; nothing was imported.\n"
    assert brought(url, file, "--skip-invalid").exit_code == 0
    assert objectives(url) == ["support:1"]


REFUSED = {
    "an unknown mapping": (["--mapping", "nobody"], "There is no mapping 'nobody', and no such file; there are appfire"),
    "another tool": (["--mapping", "mirro"], "it has those of the mapping appfire-okr-for-jira"),
    "no mapping": ([], "import it with --mapping appfire-okr-for-jira"),
    "a cycle alone": (["--cycle", "2026"], "--cycle is for files that are read by a --mapping"),
    "a name of the organisation": (["--mapping", "mirro", "--rename"], "--rename is for files of the interchange"),
    "no period": (["--mapping", "appfire-okr-for-jira", "--cycle", "soon"], "'soon' is no period such as 2026"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_told_in_one_line(url, file, words, why):
    ended = okr_api("import", file, *words, database_url=url)
    assert ended.exit_code in (1, 2)
    assert why in ended.stderr
    assert "Traceback" not in ended.output
    assert objectives(url) == []


def test_the_mappings_are_listed_with_their_files():
    lines = okr_api("mappings").stdout.splitlines()
    assert lines[0].split() == ["NAME", "FILE"]
    assert [line.split()[0] for line in lines[1:]] == list(shipped_mappings())
    assert okr_api("mappings", "nobody").exit_code == 1


def test_every_mapping_is_valid_by_its_schema_and_the_schema_is_the_committed_one():
    printed = okr_api("schema", "--mapping").stdout
    assert printed == (ROOT / "docs" / "mapping-1.schema.json").read_text()
    schema = json.loads(printed)
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in FOLDER.iterdir():
        jsonschema.validate(json.loads(path.read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(path.read_text()), "colour": "red"}, schema)
