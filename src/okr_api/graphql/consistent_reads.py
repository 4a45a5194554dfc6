"""Consistent reads: what an operation reads is true at one position of the feed, and within its budget."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from graphql import get_named_type
from graphql.execution.values import get_argument_values

from okr_api.graphql.context import (
    AnyInfo,
    Context,
    Entrance,
    Info,
    raw,
)
from okr_api.query_engine.loader import Arguments, Loader
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.selection import Selection
from okr_api.query_engine.snapshot import Snapshot, Torn
from okr_api.query_engine.written_rows import Known

MAX_AUTOCOMMIT_ATTEMPTS = 2
T = TypeVar("T")


def reader_on(snapshot: Snapshot, info: Info) -> Reader:
    """A reader for graphql-core, which completes what is loaded."""
    of = raw(info)
    selection = Selection.of(of)
    planner = Planner(selection, for_core=True)
    return Reader(Loader(snapshot, planner, arguments_by(selection.variables)), of.field_nodes)


def arguments_by(variables: Any) -> Arguments:
    """How the arguments of a field beneath the roots are made."""
    return lambda asked: get_argument_values(asked.field, asked.nodes[0], variables)


async def reader_of(info: AnyInfo) -> Reader:
    """The reader of a query's root field."""
    if isinstance(info, Entrance):
        assert info.reader is not None
        return info.reader
    await info.context.snapshot.begin()
    return reader_on(info.context.snapshot, info)


async def load_fresh(info: Info, type_name: str, row: dict[str, Any]) -> Any:
    """An object that lies in no table, in a snapshot of its own: after a mutation, and for each event."""
    context = info.context
    async with context.fresh_snapshot() as snapshot:
        await snapshot.begin()
        loaded = await reader_on(snapshot, info).given(type_name, row)
    context.answer_bytes = snapshot.budget.bytes
    return loaded


async def glanced(context: Context, read: Callable[[Snapshot], Awaitable[T]]) -> T:
    """What is read within one state: by a glance or two, and where others commit meanwhile, by a snapshot."""
    for _ in range(MAX_AUTOCOMMIT_ATTEMPTS):
        try:
            async with context.glance() as glance:
                found = await read(glance)
                await glance.settle()
        except Torn:
            continue
        context.answer_bytes = glance.budget.bytes
        return found
    async with context.fresh_snapshot() as snapshot:
        await snapshot.begin()
        found = await read(snapshot)
    context.answer_bytes = snapshot.budget.bytes
    return found


async def load_payload(info: AnyInfo, row: dict[str, Any], known: Known) -> Any:
    """A mutation's payload, read after its commit; what the mutation itself has written is known."""
    if isinstance(info, Entrance):
        payload = await glanced(info.context, lambda snapshot: _read_payload(snapshot, info, row, known))
    else:
        payload = await load_fresh(info, get_named_type(raw(info).return_type).name, row)
    info.context.course.answered_bytes = info.context.answer_bytes
    return payload


async def _read_payload(snapshot: Snapshot, entrance: Entrance, row: dict[str, Any], known: Known) -> Any:
    loader = Loader(snapshot, entrance.planner, entrance.arguments, known)
    return await Reader(loader, entrance.asked.nodes).given(entrance.type_name, row)
