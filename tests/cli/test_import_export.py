"""`okr-api import` and `okr-api export`: messages, stored data and exit codes."""

import gzip
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
    """Create an organisation without any data and return the URL of its database."""
    assert okr_api("organization", "create", "Acme", database_url=database_url).exit_code == 0
    return database_url


def objectives(url: str) -> list[str]:
    """Return the external ids of all objectives."""

    async def look(database):
        async with database.across() as connection:
            rows = await connection.fetch("select external_id from objective order by 1")
        return [row["external_id"] for row in rows]

    return looked_up(url, look)


@pytest.fixture
def written(tmp_path: Path):
    """Return a function that writes a file to be imported."""

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


@pytest.mark.parametrize(
    ("row", "said"),
    (
        ({"id": "\ud800", "name": "Ann"}, "holds a character that cannot be stored"),
        ({"id": "ann", "name": "Ann", "\ud800": 1}, "is not a supported field"),
    ),
)
def test_what_cannot_be_written_is_escaped(url, written, row, said):
    ended = process("import", written({"people": [row]}), "--dry-run", database_url=url)
    assert "Traceback" not in ended.stderr
    [line] = [line for line in ended.stdout.splitlines() if "\\ud800" in line]
    assert said in line


@pytest.mark.parametrize(
    ("own", "why"),
    (
        ({"namespace": "support"}, "--namespace is for files that name none; this one names 'support'"),
        ({"ids": "full"}, "--namespace is not for an export, whose ids are whole"),
    ),
)
def test_a_namespace_for_a_file_that_has_its_own_is_rejected(url, written, own, why):
    file = written({**FILE, **own})
    ended = okr_api("import", file, "--namespace", "other", database_url=url)
    assert (ended.exit_code, ended.stderr.splitlines()[-1]) == (2, f"Error: {why}")
    assert objectives(url) == []


def test_the_namespace_of_a_file_may_be_repeated(url, written):
    file = written({**FILE, "namespace": "support"})
    assert okr_api("import", file, "--namespace", "support", database_url=url).exit_code == 0
    assert objectives(url) == ["support:o"]


def test_a_dry_run_tells_everything_and_keeps_nothing(url, written):
    ended = okr_api("import", written(FILE), "--dry-run", database_url=url)
    assert ended.exit_code == 0
    assert ended.stdout.endswith("Dry run: nothing was saved.\n")
    assert ["objectives", "1", "0", "0", "0", "0"] in [line.split() for line in ended.stdout.splitlines()]
    assert objectives(url) == []


@pytest.mark.parametrize("dry", ((), ("--dry-run",)))
def test_one_wrong_row_refuses_the_file(url, written, dry):
    ended = okr_api("import", written(WRONG), *dry, database_url=url)
    assert ended.exit_code == 1
    assert "error   objectives[1] (p): " in ended.stdout
    assert "CREATED" not in ended.stdout
    assert ended.stderr == "Error: Rejected: 1 invalid row; nothing was imported.\n"
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


@pytest.mark.parametrize("encoding", ("utf-16", "utf-8-sig", "utf-32"))
def test_a_file_with_a_byte_order_mark_is_read(url, tmp_path, encoding):
    file = tmp_path / "file.json"
    file.write_text(json.dumps(FILE | {"organization": {"name": "Größe"}}, ensure_ascii=False), encoding)
    assert okr_api("import", file, database_url=url).exit_code == 0
    assert objectives(url) == ["file:o"]


WHAT_IT_SEEMS_TO_BE = {
    "gzip": (gzip.compress(b"{}"), "seems to be compressed with gzip"),
    "a spreadsheet": (b"PK\x03\x04whatever", "seems to be a ZIP archive or a spreadsheet"),
    "Latin-1": (
        b'{"people":\n [{"id": "a", "name": "Andr\xe9"}]}',
        "seems to be in Latin-1 or Windows-1252 (line 2)",
    ),
    "UTF-16 without a mark": ('{"people": []}'.encode("utf-16-le"), "seems to be in UTF-16 without a byte"),
    "half of UTF-16": ('{"people": []}'.encode("utf-16")[:-1], "seems to be in broken UTF-16"),
    "nothing": (b" \n", "The file is empty"),
    "a table": (b"id,name\n1,Ann\n", "is not JSON: Expecting value at line 1, column 1"),
    "half a file": (b'{"people": [', "is not JSON: Expecting value at line 1, column 13"),
    "no number": (b'{"people": [{"id": NaN}]}', "holds NaN, which is no number in JSON"),
    "5,000 digits": (b'{"people": [' + b"1" * 5_000 + b"]}", "a number with too many digits"),
    "nested too deeply": (b"[" * 100_000, "nested too deeply"),
    "a key that stands twice": (b'{"people": [], "people": []}', "people occurs more than once"),
}


@pytest.mark.parametrize(("content", "why"), WHAT_IT_SEEMS_TO_BE.values(), ids=WHAT_IT_SEEMS_TO_BE.keys())
def test_a_file_of_another_kind_is_told_what_it_seems_to_be(url, tmp_path, content, why):
    file = tmp_path / "file.json"
    file.write_bytes(content)
    ended = okr_api("import", file, database_url=url)
    assert ended.exit_code == 1
    assert why in ended.output
    assert len(ended.output.splitlines()) <= 2


def test_rows_that_depend_on_a_wrong_one_are_counted_with_it(url, written):
    wrong = FILE | {"objectives": [OBJECTIVE | {"title": ""}]}
    ended = okr_api("import", written(wrong), database_url=url)
    [line] = [line for line in ended.stdout.splitlines() if line.startswith("error")]
    assert "; 1 row that depends on it is left out, too [INVALID_INPUT]" in line
    assert (
        ended.stderr == "Error: Rejected: 1 invalid row and 1 row that depends on it; nothing was imported.\n"
    )


def test_an_export_renames_an_organisation_only_where_that_is_asked_for(url, tmp_path):
    assert okr_api("organization", "create", "Mine", database_url=url).exit_code == 0
    exported = tmp_path / "acme.json"
    assert okr_api("export", exported, "--organization", "Acme", database_url=url).exit_code == 0
    kept = okr_api("import", exported, "--organization", "Mine", "--dry-run", database_url=url)
    assert "note    organization: It stays 'Mine'; in the file it is 'Acme'" in kept.stdout
    renamed = okr_api("import", exported, "--organization", "Mine", "--rename", database_url=url)
    assert renamed.exit_code == 0
    assert [each.name for each in looked_up(url, all_organizations)] == ["Acme", "Acme"]


def test_a_file_that_cannot_be_written_is_said_so(url, tmp_path):
    ended = okr_api("export", tmp_path / "nowhere" / "all.json", database_url=url)
    assert ended.exit_code == 2
    assert "cannot be written: No such file or directory" in ended.stderr
