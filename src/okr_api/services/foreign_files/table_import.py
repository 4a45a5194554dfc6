"""Import a foreign file by a mapping: read it, build a document, and give that to the importer."""

import re
from typing import Any
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.services.import_export.import_session import Progress
from okr_api.services.import_export.importer import import_document
from okr_api.services.import_export.report import ImportReport
from okr_api.store.database import Database

from .csv_reader import csv_header, read_csv
from .cycle_names import days_of_cycle
from .document_builder import DocumentBuilder
from .errors import ColumnsDiffer, MappingIsUnclear
from .json_records import read_json
from .known_names import load_known_names
from .mapping_catalog import has_columns, mapping_for
from .mapping_file import Mapping
from .source_table import SourceTable, check_size
from .spreadsheet_reader import is_spreadsheet, read_spreadsheet, spreadsheet_header

PLACE = re.compile(r"(\w+)\[(\d+)\]")
NO_ROWS = "The file has no rows below its header that the mapping takes"
PERIODS = "2026, 2026-H1, 2026-Q2 or 2026-04-01/2026-06-30"


async def import_table(
    database: Database,
    organization_id: UUID,
    content: bytes,
    mapping: Mapping,
    *,
    author: Author,
    namespace: str,
    cycle: str | None = None,
    dry_run: bool = False,
    skip_invalid: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the rows of a CSV file, a spreadsheet or an API's JSON by the rules of a mapping.

    `cycle` is the period of rows that name none, such as `2026-Q2`. Everything else is as for
    `import_document`; places in the report begin with the row in the file.

    Raises:
        FileIsUnclear: the file is of another tool, has merged cells, is too large, or cannot be read.
        MappingIsUnclear: `cycle` is no period.
        NotFound: there is no such organisation.
    """
    if cycle is not None and days_of_cycle(cycle) is None:
        raise MappingIsUnclear(f"{cycle!r} is no period such as {PERIODS}")
    table = read_table(content, mapping)
    known = await load_known_names(database, organization_id, namespace)
    builder = DocumentBuilder(mapping, table, known, cycle, _remarks(table))
    document = builder.build()
    if not document:
        raise ColumnsDiffer(NO_ROWS)
    more: dict[str, Any] = {} if progress is None else {"progress": progress}
    report = await import_document(
        database,
        organization_id,
        document,
        author=author,
        namespace=namespace,
        dry_run=dry_run,
        skip_invalid=skip_invalid,
        matched=builder.matched,
        **more,
    )
    for row in report.rows:
        row.place = _in_the_file(row.place, builder.numbers)
    report.rows[:0] = builder.report.rows
    return report


def _remarks(table: SourceTable) -> ImportReport:
    """Return a report that begins with how the table was read."""
    report = ImportReport()
    for code, message in table.notes:
        report.note("file", code, message)
    return report


def read_table(content: bytes, mapping: Mapping) -> SourceTable:
    """Return the table of a file.

    Raises:
        ColumnsDiffer: it is the file of another tool; the message names a mapping that fits, if any does.
        FileIsUnclear: it cannot be read, has merged cells or exceeds a limit.
    """
    check_size(len(content))
    if mapping.source == "json":
        return read_json(content, mapping.records or "", mapping.requires)
    is_sheet = is_spreadsheet(content)
    try:
        return (read_spreadsheet if is_sheet else read_csv)(content, lambda keys: has_columns(mapping, keys))
    except ColumnsDiffer as refusal:
        header = (spreadsheet_header if is_sheet else csv_header)(content)
        other = mapping_for(header)
        missing = sorted(each for each in mapping.requires if not has_columns_of(header, each))
        more = f"; it has those of the mapping {other}" if other else ""
        if len(missing) < len(mapping.requires) and not other:
            more = f"; it lacks {', '.join(missing)}"
        raise ColumnsDiffer(
            f"{refusal.message}. {mapping.title} has {', '.join(mapping.requires)}{more}"
        ) from None


def has_columns_of(header: list[str], column: str) -> bool:
    """Return whether a header has the column."""
    return " ".join(column.split()).casefold() in header


def fitting_mapping(content: bytes) -> str | None:
    """Return the name of the mapping that fits the columns of a file; None if no table or none fits."""
    header = (spreadsheet_header if is_spreadsheet(content) else csv_header)(content)
    return mapping_for(header)


def _in_the_file(place: str, numbers: dict[str, list[int]]) -> str:
    """Return a place of the document with the row of the file before it, if it comes from one."""
    matched = PLACE.match(place)
    rows = numbers.get(matched[1], []) if matched else []
    index = int(matched[2]) if matched else 0
    return f"row {rows[index]}, {place}" if index < len(rows) else place
