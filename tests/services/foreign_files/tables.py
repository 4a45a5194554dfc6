"""Tables to import: CSV files made here, and those of ../shared/data/csv."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from okr_api.okr.author import Author
from okr_api.services.foreign_files.mapping_catalog import find_mapping
from okr_api.services.foreign_files.mapping_file import Mapping as MappingFile
from okr_api.services.foreign_files.table_import import import_table
from okr_api.services.import_export.report import ImportReport
from tests.acme import Workplace
from tests.services.import_export.files import DATA

IMPORTER = Author("okr-api import")
CSV = DATA / "csv"


def shared(folder: str) -> list[Path]:
    """Return the CSV files of a folder of ../shared/data/csv; none where it is absent."""
    return sorted((CSV / folder).glob("*.csv"))


def shared_file(path: Path) -> bytes:
    """Return a shared file's content; skip the test if the folder is absent."""
    if not path.is_file():
        pytest.skip(f"../shared/data/csv/{path.parent.name}/{path.name} is not here")
    return path.read_bytes()


def header_of(path: Path) -> list[str]:
    """Return the names of a file's columns."""
    return next(csv.reader(io.StringIO(shared_file(path).decode())))


def table(columns: Iterable[str], rows: Iterable[Mapping[str, Any]], delimiter: str = ",") -> str:
    """Return a CSV file with these columns and rows; a row names the columns that it fills."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(columns), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


async def bring(
    place: Workplace, content: bytes | str, mapping: str | MappingFile, **how: Any
) -> ImportReport:
    """Import a table by a mapping, by default in the namespace `table`."""
    by = find_mapping(mapping) if isinstance(mapping, str) else mapping
    how.setdefault("namespace", by.namespace or "table")
    raw = content.encode() if isinstance(content, str) else content
    return await import_table(place.database, place.organization.id, raw, by, author=IMPORTER, **how)


def remarks(report: ImportReport) -> list[tuple[str, str]]:
    """Return place and code of the rows of a report that are about rows of the file."""
    return [(row.place, row.code) for row in report.rows if row.place.startswith("row ")]
