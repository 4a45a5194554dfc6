"""`okr-api export --format`: tables with the API's values as CSV, XLSX and Parquet files."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.tokens import TokenStore
from okr_api.cli.exit_codes import WrongUsage
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.graphql.exported_tables import ExportedTable, exported_tables
from okr_api.graphql.table_reader import TableReader
from okr_api.okr.author import Author
from okr_api.okr.people import Organization
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.services.table_export.csv_writer import csv_head, csv_rows
from okr_api.services.table_export.parquet_writer import ParquetWriter
from okr_api.services.table_export.table_columns import Row
from okr_api.services.table_export.xlsx_writer import XlsxWriter
from okr_api.store.database import Database, new_id

STREAM = Path("-")
Write = Callable[[Iterable[Row]], object]


class TableFormat(StrEnum):
    """Format of exported tables."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


def check_tables(names: Sequence[str]) -> None:
    """Raise `WrongUsage` if a name is that of no table."""
    unknown = [name for name in names if name not in exported_tables()]
    if unknown:
        raise WrongUsage(f"There is no table {unknown[0]!r}; there are {', '.join(exported_tables())}")


async def write_tables(
    database: Database, organization: Organization, to: Path, format: TableFormat, names: Sequence[str]
) -> None:
    """Write tables of the organisation, by default all.

    XLSX makes one file, with a sheet for each table. CSV and Parquet make one file if a table is named, and
    else a folder with a file for each.

    Raises:
        WrongUsage: the file or the folder cannot be written, or a binary file is to go to standard output.
    """
    tables = [exported_tables()[name] for name in names] or list(exported_tables().values())
    reader = TableReader(_context(database, organization))
    if format is TableFormat.XLSX:
        with _replacing(to) as file, XlsxWriter(file) as book:
            for table in tables:
                book.begin(table.name, table.columns)
                async for page in reader.pages(table):
                    book.write(page)
        return
    if len(names) != 1:
        _make_folder(to)
    for table in tables:
        file = to if len(names) == 1 else to / f"{table.name}.{format}"
        with _opened(file, format, table) as write:
            async for page in reader.pages(table):
                write(page)


def _context(database: Database, organization: Organization) -> Context:
    """Return the context of an operator, who sees everything in the organisation."""
    notifier = ChangeNotifier(database)
    mutation_runner = MutationRunner(database, notifier)
    app_services = AppServices(
        database,
        mutation_runner,
        GroupCommit(mutation_runner),
        ChangeStream(database, notifier),
        TokenStore(database),
    )
    scopes = frozenset({Scope.ADMIN})
    actor = Actor(organization.id, new_id(), Author("okr-api export"), scopes, sees_private=True)
    return Context(app_services, actor=actor)


@contextmanager
def _opened(file: Path, format: TableFormat, table: ExportedTable) -> Iterator[Write]:
    """Open a file for a table; yield the function that writes rows."""
    if file == STREAM:
        if format is not TableFormat.CSV:
            raise WrongUsage(f"A {format} file needs a name")
        sys.stdout.buffer.write(csv_head(table.columns))
        yield lambda rows: sys.stdout.buffer.write(csv_rows(rows))
        return
    with ExitStack() as opened:
        partial = opened.enter_context(_replacing(file))
        if format is TableFormat.PARQUET:
            yield opened.enter_context(ParquetWriter(partial, table.columns)).write
            return
        written = opened.enter_context(partial.open("wb"))
        written.write(csv_head(table.columns))
        yield lambda rows: written.write(csv_rows(rows))


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """Yield the path of a partial file, which replaces the file once it is complete."""
    if file == STREAM:
        raise WrongUsage("An xlsx file needs a name")
    partial = file.with_name(f"{file.name}.partial")
    try:
        yield partial
        partial.replace(file)
    except OSError as problem:
        raise WrongUsage(f"{file} cannot be written: {problem.strerror or problem}") from None
    finally:
        partial.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    if folder == STREAM:
        raise WrongUsage("Several tables need a folder; name it, or choose one --table")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise WrongUsage(f"{folder} is no folder that can be written: {problem.strerror}") from None
