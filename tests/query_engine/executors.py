"""Executors of a query, to be compared: each takes the actor and the operation."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from okr_api.auth.actor import Actor
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.schema import schema
from okr_api.query_engine.answer_size import WRITTEN, count_bytes
from okr_api.query_engine.snapshot import Snapshot


@dataclass(frozen=True)
class Told:
    """A response with its snapshot, and the reasons why no plan could execute the operation."""

    data: Any
    errors: list[Any]
    snapshot: Snapshot | None
    fallbacks: frozenset[str] = field(default_factory=frozenset)

    @property
    def now(self) -> datetime:
        """Return the request's time."""
        return self.snapshot.now if self.snapshot else datetime.now(UTC)


Answer = tuple[Any, Snapshot]
Executor = Callable[[AppServices, Actor, str, Mapping[str, Any]], Awaitable[Answer]]


class Watched(Context):
    """A context that keeps the latest of its snapshots for inspection."""

    seen: Snapshot | None = None

    def for_operation(self) -> Context:
        """Return itself, as it has only one operation."""
        return self

    def fresh_snapshot(self) -> Snapshot:
        self.seen = super().fresh_snapshot()
        return self.seen

    def glance(self) -> Snapshot:
        self.seen = super().glance()
        return self.seen


def as_json(data: Any) -> Any:
    """Return data as a client reads it."""
    return orjson.loads(orjson.dumps(data))


def check_bounds(snapshot: Snapshot | None, data: Mapping[str, Any], written: bytes) -> None:
    """Check the bounds of the size of a response, known before it was written, against its real size."""
    if snapshot is None:
        return
    roots = 2 + sum(len(f'"{key}":"Query",') for key in data)
    assert snapshot.budget.least <= len(written) <= snapshot.budget.bytes + roots, (written, snapshot.budget)


async def told_by_core(services: AppServices, actor: Actor, text: str, variables: Mapping[str, Any]) -> Told:
    """Execute an operation by graphql-core."""
    return await _executed(Watched(services, actor=actor), text, variables)


async def _executed(context: Watched, text: str, variables: Mapping[str, Any]) -> Told:
    result = await schema.execute(text, variable_values=dict(variables), context_value=context)
    errors = [as_json(error.formatted) for error in result.errors or ()]
    if result.data and not errors:
        check_bounds(context.seen, result.data, orjson.dumps(result.data))
    return Told(as_json(result.data), errors, context.seen)


COMPILED = CompiledExecutor(schema)


async def told_by_compiled(
    services: AppServices, actor: Actor, text: str, variables: Mapping[str, Any]
) -> Told:
    """Execute an operation by a plan, or else by graphql-core, as the service does."""
    before = Counter(COMPILED.fallbacks)
    context = Watched(services, actor=actor)
    answer = await COMPILED.answer(context, text, dict(variables), None)
    if answer is None:
        # The same context, as it has been charged and admitted.
        told = await _executed(context, text, variables)
        return Told(told.data, told.errors, told.snapshot, frozenset(COMPILED.fallbacks - before))
    written = orjson.dumps(answer.data, option=WRITTEN)
    assert await count_bytes(answer.data, len(written)) == len(written)
    if not answer.errors:
        check_bounds(context.seen, answer.data, written)
    return Told(orjson.loads(written), as_json(answer.errors), context.seen)


async def by_graphql_core(
    services: AppServices, actor: Actor, text: str, variables: Mapping[str, Any]
) -> Answer:
    """Execute a valid operation by graphql-core."""
    told = await told_by_core(services, actor, text, variables)
    assert not told.errors, (told.errors, text, variables)
    assert told.snapshot
    return told.data, told.snapshot


async def by_compiled(services: AppServices, actor: Actor, text: str, variables: Mapping[str, Any]) -> Answer:
    """Execute a valid operation by a plan, which must not fall back."""
    told = await told_by_compiled(services, actor, text, variables)
    assert not told.fallbacks, (told, text, variables)
    assert not told.errors, (told.errors, text, variables)
    assert told.snapshot
    return told.data, told.snapshot


EXECUTORS: dict[str, Executor] = {"graphql-core": by_graphql_core, "compiled": by_compiled}
