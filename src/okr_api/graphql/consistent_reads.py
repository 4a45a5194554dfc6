"""Consistent reads at one feed position: retry, then a snapshot; readers of fields; load payloads."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from graphql import get_named_type

from okr_api.graphql.argument_values import nested_arguments
from okr_api.graphql.context import (
    AnyInfo,
    Context,
    Info,
    RootFieldInfo,
    SimulatedFieldInfo,
    core_info,
)
from okr_api.query_engine.connections import ConnectionLoader
from okr_api.query_engine.loader import Arguments
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.selection import Selection
from okr_api.query_engine.snapshot import InconsistentRead, Snapshot
from okr_api.store.entity_lookup import head_of
from okr_api.store.saved_rows import Known

log = logging.getLogger(__name__)

MAX_AUTOCOMMIT_ATTEMPTS = 2
T = TypeVar("T")


def make_reader(snapshot: Snapshot, info: Info) -> Reader:
    """Return a reader that loads objects for graphql-core to complete."""
    of = core_info(info)
    selection = Selection.of(of)
    planner = Planner(selection, for_core=True)
    return Reader(ConnectionLoader(snapshot, planner, argument_evaluator(selection)), of.field_nodes)


def argument_evaluator(selection: Selection) -> Arguments:
    """Return a function that coerces the arguments of a nested field with the operation's variables."""
    return lambda asked: nested_arguments(selection.schema, asked, selection.variables)


async def reader_for(info: AnyInfo) -> Reader:
    """Return the reader of a query's root field."""
    if isinstance(info, RootFieldInfo):
        assert info.reader is not None
        return info.reader
    return make_reader(info.context.snapshot, info)


async def load_from_snapshot(info: Info, type_name: str, row: dict[str, Any]) -> Any:
    """Load an object that has no table, such as a payload or an event, from a snapshot of its own."""
    context = info.context
    async with context.fresh_snapshot() as snapshot:
        loaded = await make_reader(snapshot, info).given(type_name, row)
    context.answer_bytes = snapshot.budget.bytes
    context.note_position(row["seq"] if snapshot.position is None else snapshot.position)
    return loaded


async def read_consistent(
    context: Context, read: Callable[[Snapshot], Awaitable[T]], seq: int | None = None
) -> T:
    """Read without a transaction and retry once; use a snapshot if data changed in between.

    `seq` is the feed position of the response if nothing has to be read for it; see `ensure_position`.
    """
    for _ in range(MAX_AUTOCOMMIT_ATTEMPTS):
        try:
            async with context.glance() as glance:
                found = await read(glance)
                await glance.settle()
        except InconsistentRead:
            continue
        context.answer_bytes = glance.budget.bytes
        context.note_position(seq if glance.position is None else glance.position)
        return found
    async with context.fresh_snapshot() as snapshot:
        await snapshot.begin()
        found = await read(snapshot)
    context.answer_bytes = snapshot.budget.bytes
    context.note_position(snapshot.position)
    return found


async def ensure_position(context: Context) -> None:
    """Read the feed position of an answer for which nothing was read, such as `viewer` or a malformed id.

    An answer whose position cannot be read goes without it.
    """
    if context.seq is not None:
        return
    actor = context.actor
    try:
        async with context.app_services.database.reading(actor.organization_id, actor.token_id) as connection:
            seq, _ = await head_of(connection, actor.organization_id)
    except Exception as fault:
        log.warning("the position of an answer could not be read", exc_info=fault)
        return
    context.note_position(seq)


async def load_payload(info: AnyInfo, row: dict[str, Any], known: Known) -> Any:
    """Load a mutation's payload after its commit; rows in `known` are not read again."""
    if isinstance(info, SimulatedFieldInfo):
        return row
    if isinstance(info, RootFieldInfo):
        payload = await read_consistent(
            info.context, lambda snapshot: _read_payload(snapshot, info, row, known), row["seq"]
        )
    else:
        payload = await load_from_snapshot(info, get_named_type(core_info(info).return_type).name, row)
    info.context.operation_state.answered_bytes = info.context.answer_bytes
    return payload


async def _read_payload(
    snapshot: Snapshot, entrance: RootFieldInfo, row: dict[str, Any], known: Known
) -> Any:
    loader = ConnectionLoader(snapshot, entrance.planner, entrance.arguments, known)
    return await Reader(loader, entrance.asked.nodes).given(entrance.type_name, row)
