"""Exporter: yield an organisation as one JSON file, in parts; `serializer` makes the rows."""

from collections.abc import AsyncIterator, Iterable
from uuid import UUID

import orjson

from okr_api.store.database import Database
from okr_api.store.full_load import read_organization

from .file_format import FORMAT, FULL
from .row_writer import Document
from .serializer import Names, Serializer

MAX_WRITTEN_ROWS = 1_000  # at a time
INDENTED = orjson.OPT_INDENT_2


async def export_parts(database: Database, organization_id: UUID) -> AsyncIterator[bytes]:
    """Yield the parts of a file with everything in the organisation, as of one instant.

    The file is in the interchange format with full ids: rows by id, check-ins and changes in the order in
    which they were recorded, so that the same facts always give the same bytes. Check-ins and changes are
    read while they are written.

    Raises:
        NotFound: there is no such organisation.
    """
    async with read_organization(database, organization_id) as everything:
        writing = Serializer(Names(everything), everything.versions)
        yield _head(writing.organization())
        for name, rows in everything.definitions.items():
            async for part in _section(name, _async(writing.section(name, rows))):
                yield part
        readings = (writing.metric_reading(*said) async for said in everything.metric_readings())
        async for part in _section("metric_readings", readings):
            yield part
        check_ins = (writing.check_in(*said) async for said in everything.check_ins())
        async for part in _section("check_ins", check_ins):
            yield part
        changes = (writing.change(change) async for change in everything.changes())
        async for part in _section("changes", changes):
            yield part
    yield b"\n}\n"


def _head(organization: Document) -> bytes:
    document: Document = {"format": FORMAT, "ids": FULL, "organization": organization}
    return orjson.dumps(document, option=INDENTED).removesuffix(b"\n}")


async def _async(rows: Iterable[Document]) -> AsyncIterator[Document]:
    for row in rows:
        yield row


async def _section(name: str, rows: AsyncIterator[Document]) -> AsyncIterator[bytes]:
    """Yield a section of the document in batches of rows, indented as in the whole document."""
    yield f',\n  "{name}": ['.encode()
    batch: list[Document] = []
    is_first = True
    async for row in rows:
        batch.append(row)
        if len(batch) == MAX_WRITTEN_ROWS:
            yield _written(batch, is_first=is_first)
            batch, is_first = [], False
    if batch:
        yield _written(batch, is_first=is_first)
        is_first = False
    yield b"]" if is_first else b"\n  ]"


def _written(rows: list[Document], *, is_first: bool) -> bytes:
    """Return rows as items of an indented list; texts in JSON contain no raw line breaks."""
    lines = orjson.dumps(rows, option=INDENTED).removeprefix(b"[").removesuffix(b"\n]")
    return (b"" if is_first else b",") + lines.replace(b"\n", b"\n  ")
