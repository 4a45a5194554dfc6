"""Ways of answering a query, to be compared: each takes the asker and the operation, and tells at which instant."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from okr_api.edge.lean import WRITTEN
from okr_api.graphql.compiled import Compiled
from okr_api.graphql.context import Context, House
from okr_api.graphql.schema import schema
from okr_api.identity.actor import Actor
from okr_api.reading.snapshot import Snapshot

Answer = tuple[Any, Snapshot]
Executor = Callable[[House, Actor, str, Mapping[str, Any]], Awaitable[Answer]]


class Watched(Context):
    """A context whose snapshots can be looked at afterwards: the latest that was made."""

    seen: Snapshot

    def for_operation(self) -> Context:
        """Itself, as it has only one operation."""
        return self

    def fresh_snapshot(self) -> Snapshot:
        """As ever, and remembered."""
        self.seen = super().fresh_snapshot()
        return self.seen

    def glance(self) -> Snapshot:
        """As ever, and remembered."""
        self.seen = super().glance()
        return self.seen


def as_json(data: Any) -> Any:
    """Data as a client reads it."""
    return orjson.loads(orjson.dumps(data))


async def by_graphql_core(house: House, actor: Actor, text: str, variables: Mapping[str, Any]) -> Answer:
    """The schema executes it."""
    context = Watched(house, actor=actor)
    result = await schema.execute(text, variable_values=dict(variables), context_value=context)
    assert result.errors is None, (result.errors, text, variables)
    return as_json(result.data), context.snapshot


COMPILED = Compiled(schema)


async def by_compiled(house: House, actor: Actor, text: str, variables: Mapping[str, Any]) -> Answer:
    """A plan answers it, and never falls back; but for the name of the root's type, which is introspection."""
    before = Counter(COMPILED.fallbacks)
    context = Watched(house, actor=actor)
    data = await COMPILED.answer(context, text, dict(variables), None)
    if data is None:
        assert set(COMPILED.fallbacks - before) == {"introspection"}, (COMPILED.fallbacks, text, variables)
        return await by_graphql_core(house, actor, text, variables)
    return orjson.loads(orjson.dumps(data, option=WRITTEN)), context.seen


EXECUTORS: dict[str, Executor] = {"graphql-core": by_graphql_core, "compiled": by_compiled}


def instant_of(snapshot: Snapshot) -> datetime:
    """The request's clock."""
    return snapshot.now
