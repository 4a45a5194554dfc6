"""`okr-api import` and `okr-api export`: what is told, what is kept, and how it ends."""

import json
from pathlib import Path

import pytest

from okr_api.store.organizations import all_organizations
from tests.cli.conftest import looked_up, okr_api, process

OBJECTIVE = {"id": "o", "title": "Answer fast", "cycle_id": "q"}
FILE = {
    "cycles": [{"id": "q", "name": "Q", "start": "2024-01-01", "end": "2024-03-31"}],
    "objectives": [OBJECTIVE],
    "key_results": [
        {"id": "k", "objective_id": "o", "title": "Backlog", "type": "metric", "start": 0, "target": 10}
    ],
}
WRONG = FILE | {"objectives": [OBJECTIVE, {"id": "p", "title": "Lost", "cycle_id": "nowhere"}]}


@pytest.fixture
def url(database_url: str) -> str:
    """A database with one organisation that has nothing yet."""
    assert okr_api("organization", "create", "Acme", database_url=database_url).exit_code == 0
    return database_url


def objectives(url: str) -> list[str]:
    """The external ids of all objectives."""

    async def look(database):
        async with database.across() as connection:
            rows = await connection.fetch("select external_id from objective order by 1")
        return [row["external_id"] for row in rows]

    return looked_up(url, look)


@pytest.fixture
def written(tmp_path: Path):
    """Writes a file to be imported."""

    def written(document: object, name: str = "file.json") -> Path:
        path = tmp_path / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return written


def test_the_same_file_a_second_time_changes_nothing(url, written):
    file = written(FILE, "support.json")
    first = process("import", file, database_url=url)
    assert first.returncode == 0
    assert first.stdout.endswith("Imported as change 1.\n")
    assert objectives(url) == ["support:o"]
    again = okr_api("import", file, database_url=url)
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout.endswith("Nothing changed.\n")
    assert okr_api("import", file, "--namespace", "other", database_url=url).exit_code == 0
    assert objectives(url) == ["other:o", "support:o"]


def test_a_dry_run_tells_everything_and_keeps_nothing(url, written):
    ended = okr_api("import", written(FILE), "--dry-run", database_url=url)
    assert ended.exit_code == 0
    assert ended.stdout.endswith("A dry run: nothing was kept.\n")
    assert ["objectives", "1", "0", "0", "0", "0"] in [line.split() for line in ended.stdout.splitlines()]
    assert objectives(url) == []


@pytest.mark.parametrize("dry", ((), ("--dry-run",)))
def test_one_wrong_row_refuses_the_file(url, written, dry):
    ended = okr_api("import", written(WRONG), *dry, database_url=url)
    assert ended.exit_code == 1
    assert "error   objectives[1] (p): " in ended.stdout
    assert ended.stderr == "Error: Refused: 1 rows cannot be taken, so nothing was.\n"
    assert objectives(url) == []


def test_wrong_rows_can_be_left_out(url, written):
    ended = okr_api("import", written(WRONG), "--skip-invalid", database_url=url)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "error   objectives[1] (p): " in ended.stdout
    assert objectives(url) == ["file:o"]


@pytest.mark.parametrize("text", ("{", "[]", '{"format": "okr-interchange/99", "objectives": []}', "NaN"))
def test_what_is_no_file_of_ours_is_refused(url, written, text):
    ended = okr_api("import", written(text), database_url=url)
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: ")


def test_an_export_brings_all_of_it_back(url, written, tmp_path, database_url):
    assert okr_api("import", written(FILE), database_url=url).exit_code == 0
    printed = process("export", database_url=url)
    assert (printed.returncode, printed.stderr) == (0, "")
    exported = tmp_path / "all.json"
    assert okr_api("export", exported, database_url=url).exit_code == 0
    assert exported.read_text() == printed.stdout

    assert okr_api("organization", "create", "Empty", database_url=url).exit_code == 0
    [_, empty] = looked_up(url, all_organizations)
    brought = okr_api("import", exported, "--organization", empty.id, database_url=url)
    assert brought.exit_code == 0, brought.output
    again = okr_api("export", "--organization", empty.id, database_url=url)
    assert json.loads(again.stdout)["objectives"] == json.loads(printed.stdout)["objectives"]


def test_a_file_that_cannot_be_written_is_said_so(url, tmp_path):
    ended = okr_api("export", tmp_path / "nowhere" / "all.json", database_url=url)
    assert ended.exit_code == 2
    assert "cannot be written: No such file or directory" in ended.stderr
