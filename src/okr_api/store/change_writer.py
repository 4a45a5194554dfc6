"""Write changes of the feed with the nodes that they touch: new ones in a `Batch`, imported ones by COPY."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson

from okr_api.okr.change import Change

from . import tables
from .bulk_insert import copy_rows
from .bulk_write import Batch, Postgres
from .delta_documents import encode_deltas
from .mappers.change import change_row
from .tables import table_of
from .time_slicing import MAX_BATCH_ROWS, collect

# The parameter has a document of arrays for each change: one for each row takes both sides longer.
LIST_NODES = """
    insert into change_node (organization_id, node_id, is_direct, seq)
    select $1, node.id, node.is_direct, touched.seq
    from json_to_recordset($2::json) touched(seq bigint, direct uuid[], moved uuid[])
    cross join lateral (
        select unnest(touched.direct), true union all select unnest(touched.moved), false
    ) node(id, is_direct)
"""


async def append_changes(batch: Batch, organization_id: UUID, changes: Sequence[Change]) -> None:
    """Add new changes and the nodes that they touch to a batch."""
    rows = [{**change_row(change), "deltas": await encode_deltas(change.deltas)} for change in changes]
    await batch.append(table_of(tables.ChangeRow), rows, {"organization_id": organization_id})
    waiting: list[dict[str, Any]] = []
    count = 0
    async for document in _documents(changes):
        size = len(document["direct"]) + len(document["moved"])
        if waiting and count + size > MAX_BATCH_ROWS:
            await _list(batch, organization_id, waiting, count)
            waiting, count = [], 0
        waiting.append(document)
        count += size
    await _list(batch, organization_id, waiting, count)


async def _list(batch: Batch, organization_id: UUID, documents: Sequence[Any], rows: int) -> None:
    await batch.add_rows(rows, LIST_NODES, organization_id, orjson.dumps(documents, default=str).decode())


async def _documents(changes: Iterable[Change]) -> AsyncIterator[dict[str, Any]]:
    """Yield the nodes of each change, in several documents if there are very many."""
    for change in changes:
        direct = [change.node_id, *change.related_ids]
        named = set(direct)
        moved = await collect(delta.node_id for delta in change.deltas if delta.node_id not in named)
        most = MAX_BATCH_ROWS // 2
        for place in range(0, max(len(direct), len(moved)), most):
            end = place + most
            yield {"seq": change.seq, "direct": direct[place:end], "moved": moved[place:end]}


async def append_past_changes(connection: Postgres, organization_id: UUID, changes: Sequence[Change]) -> None:
    """Append changes from before an import, which have no deltas."""
    owner = {"organization_id": organization_id}
    rows = ({**change_row(change), "deltas": "[]"} for change in changes)
    await copy_rows(connection, table_of(tables.ChangeRow), rows, owner)
    await copy_rows(connection, table_of(tables.ChangeNodeRow), _direct_rows(changes), owner)


def _direct_rows(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    for change in changes:
        for id in (change.node_id, *change.related_ids):
            yield {"node_id": id, "is_direct": True, "seq": change.seq}
