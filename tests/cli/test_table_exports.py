"""`okr-api export --format`: files that DuckDB reads back equal what GraphQL answers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from graphql import parse

from okr_api.graphql.exported_tables import JOINED, MAX_EXPORT_PAGE_ROWS, exported_tables
from okr_api.services.table_export import xlsx_writer
from okr_api.services.table_export.parquet_writer import MAX_GROUP_ROWS, ParquetWriter
from okr_api.services.table_export.table_columns import Column, ColumnType
from okr_api.services.table_export.xlsx_writer import SheetIsFull, XlsxWriter
from tests.acme import Acme
from tests.cli.conftest import okr_api, process
from tests.serving import serving

MOVING = "expectedProgress"  # grows with time
TITLE = '=HYPERLINK("https://a.test"); "quoted", ünï\nsecond line'


def flat(node: dict[str, Any], path: list[str]) -> Any:
    """Return a value of GraphQL's JSON as a table has it, by its path; written apart from the code."""
    values: Any = [node]
    is_list = False
    for name in path:
        values = [each[name] if each is not None else None for each in values]
        if any(isinstance(each, list) for each in values):
            is_list, values = True, [one for each in values for one in each or []]
    if not is_list:
        return values[0]
    return JOINED.join("" if each is None else str(each) for each in values) or None


async def answers(client, table) -> list[dict[str, Any]]:
    """Return the rows of a table as a client gets them, in pages of two."""
    found, after = [], None
    while True:
        page = await client.one(table.document, first=2, after=after)
        found += [
            {column.name: flat(node, column.path) for column in table.columns} for node in page["nodes"]
        ]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def fill(client) -> None:
    """Make what CSV files and spreadsheets get wrong, and a row for each table that has none."""
    named = {"externalId": "answer_fast"}
    await client.do("objectiveUpdate", objective=named, title=TITLE)
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, labels=["a;b", 'c"d'], dueOn=None)
    await client.do(
        "checkInRecord", keyResult={"externalId": "macros"}, value=1.25, note="-1+2\t", confidence=0.5
    )
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=1e-7)
    await client.make("initiativeCreate", **{"for": {"objective": named}}, title="Macros", dueOn="2026-05-01")
    await client.make(
        "lessonCreate", source={"objective": named}, title="Ask first", tags=["x", "y"], carryForward=True
    )


@pytest.fixture
async def client(acme: Acme, acme_url: str):
    """Yield a client of Acme with something in every table."""
    async with serving(acme_url) as served:
        client = served.client(acme.token)
        await fill(client)
        yield client


async def all_answers(client) -> dict[str, list[dict[str, Any]]]:
    """Return what GraphQL answers for every table."""
    found = {name: await answers(client, table) for name, table in exported_tables().items()}
    assert [name for name, rows in found.items() if not rows] == []
    return found


def settled(found: Sequence[Sequence[Any]], before: list[dict[str, Any]], after: list[dict[str, Any]]):
    """Return the rows of a file, with what grows with time as before, once it lies between both answers."""
    rows = []
    for row, then, now in zip(found, before, after, strict=True):
        told = dict(zip(then, row, strict=True))
        if then.get(MOVING) is not None:
            assert then[MOVING] <= float(told[MOVING]) <= now[MOVING]
            told[MOVING] = type(told[MOVING])(then[MOVING])
        rows.append(told)
    return rows


def as_typed(value: Any, column: Column) -> Any:
    """Return a value of GraphQL's JSON as the typed columns of a file have it."""
    if value is None:
        return None
    if column.type is ColumnType.DAY:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if column.type is ColumnType.INSTANT else value


async def export(url: str, *words: object):
    return await asyncio.to_thread(process, "export", *words, database_url=url)


async def test_csv_files_read_by_duckdb_equal_what_graphql_answers(client, acme_url, tmp_path):
    before = await all_answers(client)
    done = await export(acme_url, tmp_path / "all", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    after = await all_answers(client)
    assert {path.stem for path in (tmp_path / "all").iterdir()} == set(before)
    for name, rows in before.items():
        table = exported_tables()[name]
        read = duckdb.sql(
            f"select * from read_csv('{tmp_path}/all/{name}.csv', header = true, all_varchar = true, nullstr = '')"
        )
        assert read.columns == [column.name for column in table.columns]
        found = settled(read.fetchall(), rows, after[name])
        assert found == [{key: as_text(value) for key, value in row.items()} for row in rows], name


def as_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


async def test_parquet_files_read_by_duckdb_equal_what_graphql_answers(client, acme_url, tmp_path):
    before = await all_answers(client)
    done = await export(acme_url, tmp_path / "all", "--format", "parquet")
    assert (done.returncode, done.stderr) == (0, "")
    after = await all_answers(client)
    for name, rows in before.items():
        table = exported_tables()[name]
        columns = ", ".join(
            f'epoch_us("{column.name}")' if column.type is ColumnType.INSTANT else f'"{column.name}"'
            for column in table.columns
        )
        read = duckdb.sql(f"select {columns} from '{tmp_path}/all/{name}.parquet'").fetchall()
        found = settled(read, rows, after[name])
        assert found == [
            {column.name: in_microseconds(row[column.name], column) for column in table.columns}
            for row in rows
        ], name


def in_microseconds(value: Any, column: Column) -> Any:
    """Return a value as DuckDB gives it, with instants as microseconds."""
    found = as_typed(value, column)
    if not isinstance(found, datetime):
        return found
    since = found - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


async def test_the_sheets_of_an_xlsx_file_equal_what_graphql_answers(client, acme_url, tmp_path):
    before = await all_answers(client)
    from python_calamine import CalamineWorkbook

    file = tmp_path / "all.xlsx"
    done = await export(acme_url, file, "--format", "xlsx")
    assert (done.returncode, done.stderr) == (0, "")
    with CalamineWorkbook.from_path(file) as book:
        assert book.sheet_names == list(before)
        after = await all_answers(client)
        for name, rows in before.items():
            table = exported_tables()[name]
            head, *found = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            assert head == [column.name for column in table.columns]
            for row, expected in zip(settled(found, rows, after[name]), rows, strict=True):
                for column, cell in zip(table.columns, row.values(), strict=True):
                    value = as_typed(expected[column.name], column)
                    if isinstance(value, datetime):
                        value = value.astimezone(UTC).replace(tzinfo=None)
                        assert abs((cell - value).total_seconds()) < 0.001, (name, column)
                    else:
                        assert cell == ("" if value is None else value), (name, column)


async def test_one_table_goes_to_a_file_or_to_standard_output(client, acme_url, tmp_path):
    done = await export(acme_url, "--format", "csv", "--table", "teams")
    assert done.stdout.splitlines()[0] == "id,externalId,name,parent.id"
    assert len(done.stdout.splitlines()) == 1 + len(await answers(client, exported_tables()["teams"]))
    file = tmp_path / "teams.csv"
    assert (await export(acme_url, file, "--format", "csv", "--table", "teams")).returncode == 0
    assert file.read_text() == done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["teams.csv"]


async def test_more_rows_than_a_page_are_all_there_in_order(acme: Acme, acme_url, tmp_path):
    for place in range(2 * MAX_EXPORT_PAGE_ROWS):
        await acme.person(f"Person {place}")
    done = await export(acme_url, "--format", "csv", "--table", "people")
    names = [line.split(",")[2] for line in done.stdout.splitlines()[1:]]
    assert len(names) == len(set(names)) > 2 * MAX_EXPORT_PAGE_ROWS
    assert [name for name in names if name.startswith("Person ")] == [
        f"Person {place}" for place in range(200)
    ]


REFUSED = {
    "an unknown table": (["--format", "csv", "--table", "colours"], "There is no table 'colours'; there are cycles, teams"),
    "a table of the interchange format": (["--table", "teams"], "--table is for --format csv, xlsx and parquet"),
    "several tables to standard output": (["--format", "csv"], "Several tables need a folder"),
    "a spreadsheet to standard output": (["--format", "xlsx"], "An xlsx file needs a name"),
    "a parquet file to standard output": (["--format", "parquet", "--table", "teams"], "A parquet file needs a name"),
    "a folder that is not there": (["/nowhere/at/all.csv", "--format", "csv", "--table", "teams"], "cannot be written"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "why"), REFUSED.values(), ids=REFUSED)
def test_an_export_that_cannot_be_written_says_why(database_url, words, why):
    assert okr_api("organization", "create", "Acme", database_url=database_url).exit_code == 0
    ended = okr_api("export", *words, database_url=database_url)
    assert ended.exit_code == 2
    assert why in ended.stderr
    assert "Traceback" not in ended.output


def test_an_organisation_without_anything_gives_headers(database_url, tmp_path):
    assert okr_api("organization", "create", "Acme", database_url=database_url).exit_code == 0
    for chosen in ("csv", "parquet"):
        ended = okr_api("export", tmp_path / chosen, "--format", chosen, database_url=database_url)
        assert (ended.exit_code, ended.output) == (0, "")
        assert duckdb.sql(f"select count(*) from '{tmp_path}/{chosen}/objectives.{chosen}'").fetchall() == [
            (0,)
        ]


COLUMNS = (Column("name", ColumnType.TEXT),)


def test_a_sheet_has_at_most_1_048_576_rows_and_a_cell_32_767_characters(tmp_path: Path, monkeypatch):
    assert (xlsx_writer.MAX_SHEET_ROWS, xlsx_writer.MAX_SHEET_CELL_CHARACTERS) == (1_048_576, 32_767)
    monkeypatch.setattr(xlsx_writer, "MAX_SHEET_ROWS", 3)
    with XlsxWriter(tmp_path / "a.xlsx") as book:
        book.begin("names", COLUMNS)
        book.write([["a"], ["x" * 32_768]])
        with pytest.raises(SheetIsFull, match="at most 3 rows"):
            book.write([["c"]])
    from python_calamine import CalamineWorkbook

    read = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert read == [["name"], ["a"], ["x" * 32_767]]


def test_parquet_is_written_in_groups_of_10_000_rows(tmp_path: Path):
    file = tmp_path / "a.parquet"
    with ParquetWriter(file, COLUMNS) as written:
        for place in range(2 * MAX_GROUP_ROWS + 1):
            written.write([[str(place)]])
    groups = duckdb.sql(
        f"select distinct row_group_id, row_group_num_rows from parquet_metadata('{file}') order by 1"
    )
    assert groups.fetchall() == [(0, MAX_GROUP_ROWS), (1, MAX_GROUP_ROWS), (2, 1)]


def test_every_column_is_a_leaf_of_its_query():
    for table in exported_tables().values():
        assert len(parse(table.document).definitions) == 1
        assert len({column.name for column in table.columns}) == len(table.columns)
        assert table.columns[0] == Column("id", ColumnType.TEXT)
