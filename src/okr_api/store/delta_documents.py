"""JSON encoding and decoding of a change's deltas: one array, processed in pieces where it is long."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, overload

import orjson

from okr_api.okr.change import Delta

from . import tables
from .bulk_write import Row
from .mappers.change import delta_document
from .time_slicing import STEPS_BETWEEN_CHECKS, Batches, TimeSlice
from .visibility_changes import HAS_VISIBILITY_CHANGES

MAX_JSON_PIECE_CHARACTERS = 65_536
OF_THE_AUDIT_TRAIL = {"token_id", "request_id"}  # not part of what subscribers read
# The deltas are read as text and decoded afterwards.
CHANGE_COLUMNS = ", ".join(
    (
        *(f"change.{name}" for name in tables.ChangeRow.model_fields if name not in OF_THE_AUDIT_TRAIL),
        f"{HAS_VISIBILITY_CHANGES.format(row='change')} as has_visibility_changes",
    )
)
# Of what may be very long in a change: the size of the stored, compressed values, which are not read for it.
STORED_BYTES = "pg_column_size(deltas) + pg_column_size(related_ids)"
# Between two deltas, written by this service or by a former one: they are flat, and no value contains it.
BETWEEN = re.compile(r"\},\s*\{")


class DeltaDocuments(Sequence[dict[str, Any]]):
    """Sequence of the stored documents of deltas, each built on access."""

    def __init__(self, deltas: Sequence[Delta]) -> None:
        self._deltas = deltas

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> "DeltaDocuments": ...
    def __getitem__(self, place: int | slice) -> "dict[str, Any] | DeltaDocuments":
        if isinstance(place, slice):
            return DeltaDocuments(self._deltas[place])
        return delta_document(self._deltas[place])

    def __len__(self) -> int:
        return len(self._deltas)


async def encode_deltas(deltas: Sequence[Delta]) -> orjson.Fragment:
    """Return the deltas as JSON to embed in a larger document."""
    if len(deltas) <= STEPS_BETWEEN_CHECKS:
        return orjson.Fragment(orjson.dumps(list(deltas), default=str))
    pieces = [orjson.dumps(batch, default=str)[1:-1] async for batch in Batches(deltas)]
    return orjson.Fragment(b"[" + b",".join(pieces) + b"]")


async def decode_changes(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows with `CHANGE_COLUMNS`, with decoded deltas, and no visibility changes yet."""
    return [{**row, "deltas": await decode_deltas(row["deltas"]), "visibility_changes": ()} for row in rows]


async def decode_deltas(text: str) -> list[dict[str, Any]]:
    """Return the documents in a JSON array."""
    if len(text) <= MAX_JSON_PIECE_CHARACTERS:
        short: list[dict[str, Any]] = orjson.loads(text)
        return short
    time_slice = TimeSlice()
    found: list[dict[str, Any]] = []
    start = 1
    while start < len(text):
        between = BETWEEN.search(text, start + MAX_JSON_PIECE_CHARACTERS)
        end, following = (between.start() + 1, between.end() - 1) if between else (len(text) - 1, len(text))
        found += orjson.loads(f"[{text[start:end]}]")
        start = following
        await time_slice.pause()
    return found
