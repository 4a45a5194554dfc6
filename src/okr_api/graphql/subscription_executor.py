"""Compile subscriptions, and load an event once into the JSON payload that all subscribers of a group get.

If that fails, graphql-core executes the event from the same declarations and reports the error.
"""

from collections import Counter
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    OperationType,
    VariableNode,
    execute,
)

from okr_api.auth.actor import Actor
from okr_api.graphql.consistent_reads import read_consistent
from okr_api.graphql.context import Context
from okr_api.graphql.errors import present_error
from okr_api.graphql.execution.executor import VariableSource
from okr_api.graphql.execution.json_writer import dump_answer
from okr_api.graphql.execution.operation_cache import (
    CompiledOperation,
    NotCompilable,
    OperationCache,
    OperationPlan,
    RootField,
)
from okr_api.graphql.schema import OkrSchema
from okr_api.graphql.subscription_events import rights_of, values_depend_on_viewer
from okr_api.graphql.subscription_sources import SOURCES, Change, EventSource
from okr_api.graphql.subscription_views import RestrictedToSome, check_shared, context_of_many
from okr_api.query_engine.connections import ConnectionLoader
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.snapshot import Snapshot

POSITION = "after"  # argument with the start position, in which subscribers of a group may differ
ALONE = 2  # occurrences of a variable with one use: that and its definition


def rejection(fault: Exception) -> list[Any]:
    """Return the errors with which a subscription is rejected or ended."""
    return [present_error(GraphQLError(str(fault), original_error=fault)).formatted]


def positions_in(operation: CompiledOperation) -> frozenset[str]:
    """Return the variables used for `after` of the root field and nowhere else."""
    given = [
        argument.value.name.value
        for field in operation.definition.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == POSITION and isinstance(argument.value, VariableNode)
    ]
    return frozenset(name for name in given if operation.uses[name] == ALONE)


@dataclass(frozen=True, slots=True)
class RunningSubscription:
    """Compiled subscription with its variables; `depends_on_viewer` if equal events have different values."""

    operation: CompiledOperation
    shape: OperationPlan
    root: RootField
    values: VariableSource
    cost: int
    depends_on_viewer: bool

    async def followed(self, context: Context) -> tuple[EventSource, int | None]:
        """Return the event source and the position to start after; None for the end of the feed.

        Raises:
            Refused: an argument is invalid, or the scope does not exist or is not visible.
        """
        arguments = self.root.given.long(self.values.coerced)
        after: int | None = arguments.pop(POSITION, None)
        source = await SOURCES[self.root.selected.name](context, **arguments)
        return source, context.resume_position(after)


class SubscriptionExecutor:
    """Compiler for subscriptions, with a cache of their documents."""

    def __init__(self, schema: OkrSchema, *, on: bool) -> None:
        self.documents = OperationCache(schema, (OperationType.SUBSCRIPTION,) if on else ())

    def asking(self, text: str, variables: dict[str, Any], name: str | None) -> RunningSubscription:
        """Compile the subscription in a document, with these variables.

        Raises:
            NotCompilable: graphql-core has to execute it.
        """
        operation = self.documents.operation(text, name)
        values = VariableSource(self.documents, operation, variables)
        cost = operation.weight.cost(variables)
        shape = self.documents.shape(operation, values.coerced.coerced, lambda: values.coerced)
        if len(shape.roots) != 1:
            raise NotCompilable("not one field that is followed")
        is_personal = values_depend_on_viewer(text)
        return RunningSubscription(operation, shape, shape.roots[0], values, cost, is_personal)

    def shared(self, asking: RunningSubscription) -> str:
        """Return the sent variables, as text, in which subscribers of a group must agree."""
        positions = positions_in(asking.operation)
        return repr([one for one in asking.values.sent.items() if one[0] not in positions])


class SubscriptionRequest:
    """Subscription of a group: turns an event into the payload that its subscribers get.

    `is_personal`: what it selects depends on more of its subscribers than what they see. `context` is of all
    who have the same rights.
    """

    def __init__(
        self, asking: RunningSubscription, source: EventSource, context: Context, *, is_personal: bool
    ) -> None:
        self.is_personal = is_personal
        self.shares_events = not asking.depends_on_viewer
        self.asking = asking
        self.source = source
        self.rights = rights_of(context.actor, is_personal=is_personal)
        self.context = context if is_personal else context_of_many(context)
        self.rewinds = context.app_services.feed.rewinds(context.actor.organization_id)
        self.executions = 0
        self.fallbacks: Counter[str] = Counter()

    def is_for(self, actor: Actor) -> bool:
        """Return whether an actor gets the same events as the one who subscribed first."""
        return self.rights == rights_of(actor, is_personal=self.is_personal)

    async def answer_each(self, row: Change, context: Context) -> bytes:
        """Return an event's payload as `answer` does; those who are sent an equal event share one.

        A row has in `shared_by` what makes it equal. What hides anything since moves the head of the feed.
        """
        if "shared_by" not in row or not self.shares_events:
            return await self.answer(row, context)
        organization_id, feed = context.actor.organization_id, context.app_services.feed
        key = (self, context.delivery, feed.notifier.known_head(organization_id), row["shared_by"])
        try:
            payload: bytes = await context.app_services.shared.get(
                key, lambda: self.answer(row, context_of_many(context))
            )
        except RestrictedToSome:
            return await self.answer(row, context)
        return payload

    async def answer(self, row: Change, context: Context) -> bytes:
        """Return an event's payload as JSON, as the actor of a context sees it.

        Raises:
            RestrictedToSome: the context is of many, and what they see may differ.
        """
        self.executions += 1
        planner = self.asking.shape.planner
        try:
            event = await read_consistent(
                context, lambda snapshot: self._read(context, snapshot, planner, row)
            )
            data = {self.asking.root.selected.key: event}
            return await dump_answer({"data": data, "extensions": {"seq": row["seq"]}}, context.answer_bytes)
        except RestrictedToSome:
            raise
        except Exception as fault:  # noqa: BLE001  graphql-core repeats it and reports the error
            self.fallbacks[type(fault).__name__] += 1
        return await self._by_core(row, context)

    async def _read(self, context: Context, snapshot: Snapshot, planner: Planner, row: Change) -> Any:
        """Load what is selected of an event."""
        await check_shared(context, snapshot)
        loader = ConnectionLoader(snapshot, planner, self.asking.values.of)
        return await Reader(loader, self.asking.root.selected.nodes).given(self.source.type_name, row)

    async def _by_core(self, row: Change, context: Context) -> bytes:
        """Execute an event by graphql-core; return its payload as JSON, with its errors."""
        asking, name = self.asking, self.asking.operation.definition.name
        planner = Planner(asking.shape.planner.selection, for_core=True)
        async with context.fresh_snapshot() as snapshot:
            result: Any = execute(
                asking.values.documents.core,
                asking.operation.document,
                root_value=await self._read(context, snapshot, planner, row),
                context_value=context,
                variable_values=asking.values.sent,
                operation_name=name.value if name else None,
            )
            result = await result if isawaitable(result) else result
        said: dict[str, Any] = {"data": result.data}
        if result.errors:
            said["errors"] = [present_error(error).formatted for error in result.errors]
        said["extensions"] = {"seq": row["seq"]}
        return await dump_answer(said)
