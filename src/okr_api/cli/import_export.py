"""`okr-api import` and `export`: options, progress, report; `services/import_export` does the work."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from okr_api.cli.exit_codes import CommandFailed, WrongUsage
from okr_api.cli.import_progress import import_progress
from okr_api.cli.open_database import choose_organization, with_database
from okr_api.cli.output import table
from okr_api.okr.author import Author
from okr_api.services.foreign_files.mapping_catalog import find_mapping
from okr_api.services.foreign_files.table_import import fitting_mapping, import_table
from okr_api.services.import_export.errors import FileIsUnclear
from okr_api.services.import_export.exporter import export_parts
from okr_api.services.import_export.file_format import FULL
from okr_api.services.import_export.importer import import_document
from okr_api.services.import_export.json_parser import parse_file
from okr_api.services.import_export.plurals import quantity
from okr_api.services.import_export.report import ImportReport, RowNote
from okr_api.store.database import Database

AUTHOR = Author("okr-api import")
STREAM = Path("-")
HEADS = ("", "CREATED", "UPDATED", "UNCHANGED", "SKIPPED", "REMOVED")

of_organization = click.option(
    "--organization", "named", metavar="NAME|ID", help="[default: the only organisation]"
)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@of_organization
@click.option(
    "--namespace",
    help="Prefix of the external ids, if the file names none.  [default: FILE without its extension]",
)
@click.option("--dry-run", is_flag=True, help="Report what the import would do, and change nothing.")
@click.option("--skip-invalid", is_flag=True, help="Skip invalid rows and import the rest.")
@click.option("--rename", is_flag=True, help="Give the organisation the name in the file.")
@click.option(
    "--mapping",
    metavar="NAME|FILE",
    help="FILE is a table of another tool (CSV, XLSX) or the JSON of its API, read by this mapping.",
)
@click.option("--cycle", metavar="PERIOD", help="With --mapping: the period of rows without one, as 2026-Q2.")
def import_file(
    *,
    file: Path,
    named: str | None,
    namespace: str | None,
    mapping: str | None,
    cycle: str | None,
    **how: bool,
) -> None:
    """Import a file into an organisation: all of it, or nothing.

    Reports row by row; exit 1 if the file is rejected. Importing the same file again changes nothing.
    `okr-api mappings` lists the tools whose files can be imported.
    """
    of_the_file = "stdin" if file == STREAM else file.stem
    if mapping is None and cycle is not None:
        raise WrongUsage("--cycle is for files that are read by a --mapping")
    if mapping is not None and how["rename"]:
        raise WrongUsage("--rename is for files of the interchange format")
    by = None if mapping is None else find_mapping(mapping)

    async def work(database: Database) -> ImportReport:
        organization = await choose_organization(database, named)
        with import_progress() as on_progress:
            told: dict[str, Any] = {"author": AUTHOR, "progress": on_progress, **how}
            if by is None:
                named_as = namespace or of_the_file
                return await import_document(database, organization.id, document, namespace=named_as, **told)
            del told["rename"]
            named_as = namespace or by.namespace or of_the_file
            return await import_table(
                database, organization.id, content, by, namespace=named_as, cycle=cycle, **told
            )

    with _collection_paused():
        content = sys.stdin.buffer.read() if file == STREAM else file.read_bytes()
        document = None if by else _parsed(file, content, namespace)
        report = with_database(work)
    _tell(report)
    if report.refused:
        also = sum(row.follows for row in report.errors)
        depend = "depends" if also == 1 else "depend"
        depending = f" and {quantity(also, 'row')} that {depend} on it" if also else ""
        rows = quantity(len(report.errors), "invalid row")
        raise CommandFailed(f"Rejected: {rows}{depending}; nothing was imported.")


@click.command("export")
@click.argument("file", default=STREAM, type=click.Path(allow_dash=True, path_type=Path))
@of_organization
@click.option(
    "--format",
    "chosen",
    type=click.Choice(["json", "csv", "xlsx", "parquet"]),
    default="json",
    show_default=True,
    help="json is the interchange format; the others are tables with the numbers of the API.",
)
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Only this table.  [default: all]")
def export_file(*, file: Path, named: str | None, chosen: str, tables: tuple[str, ...]) -> None:
    """Export everything in an organisation to FILE, by default to standard output.

    Import the file into an empty organisation to restore all of it. Tables are for reading elsewhere: with
    csv and parquet, FILE is a folder, unless one --table is chosen.
    """

    async def work(database: Database) -> None:
        organization = await choose_organization(database, named)
        if chosen != "json":
            await write_tables(database, organization, file, TableFormat(chosen), tables)
            return
        with _written_whole(file) as write:
            async for part in export_parts(database, organization.id):
                write(part)

    if chosen != "json":
        from okr_api.cli.table_exports import TableFormat, check_tables, write_tables  # needs GraphQL

        check_tables(tables)
    elif tables:
        raise WrongUsage("--table is for --format csv, xlsx and parquet")
    elif file.is_dir():
        raise WrongUsage(f"{file} is a folder")
    with_database(work)


@contextmanager
def _written_whole(file: Path) -> Iterator[Callable[[bytes], object]]:
    """Write the file atomically: in the end it is complete, or as it was before."""
    if file == STREAM:
        yield sys.stdout.buffer.write
        return
    partial = file.with_name(f"{file.name}.partial")

    def write(part: bytes) -> None:
        with _told_if_unwritable(file):
            opened.write(part)

    with _told_if_unwritable(file):
        opened = partial.open("wb")
    try:
        yield write
        with _told_if_unwritable(file):
            opened.close()
            partial.replace(file)
    finally:
        with suppress(OSError):
            opened.close()
        partial.unlink(missing_ok=True)


@contextmanager
def _told_if_unwritable(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise WrongUsage(f"{file} cannot be written: {problem.strerror}") from None


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Disable garbage collection, which would scan the rows of a file repeatedly; they live to the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _parsed(file: Path, content: bytes, namespace: str | None) -> object:
    try:
        document = parse_file(content)
    except FileIsUnclear as refusal:
        named = fitting_mapping(content)
        advice = f". It has the columns of another tool; import it with --mapping {named}" if named else ""
        raise CommandFailed(f"{file}: {refusal.message}{advice}") from None
    _check_namespace(namespace, document)
    return document


def _check_namespace(chosen: str | None, document: object) -> None:
    """Raise `WrongUsage` if a namespace is chosen for a file that says itself how its ids are to be read."""
    if chosen is None or not isinstance(document, dict):
        return
    if document.get("ids") == FULL:
        raise WrongUsage("--namespace is not for an export, whose ids are whole")
    own = document.get("namespace")
    if own not in (None, chosen):
        raise WrongUsage(f"--namespace is for files that name none; this one names {own!r}")


def _tell(report: ImportReport) -> None:
    for row in report.rows:
        click.echo(f"{row.severity.lower():8}{row.place}: {row.message}{_depending(row)} [{row.code}]")
    rows = [
        (section, *map(str, (each.created, each.updated, each.unchanged, each.skipped, each.removed)))
        for section, each in report.counts.items()
    ]
    if rows and not report.refused:
        click.echo(table(HEADS, rows))
    if report.dry_run:
        click.echo("Dry run: nothing was saved.")
    elif not report.refused:
        click.echo("Nothing changed." if report.seq is None else f"Imported as change {report.seq}.")


def _depending(row: RowNote) -> str:
    if not row.follows:
        return ""
    verbs = ("depends", "is") if row.follows == 1 else ("depend", "are")
    return f"; {quantity(row.follows, 'row')} that {verbs[0]} on it {verbs[1]} left out, too"
