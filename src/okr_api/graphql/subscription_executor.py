"""Subscriptions whose selection is planned: what they ask of an event is loaded without graphql-core.

Where an event cannot be told without an error, graphql-core completes it from the same declarations, so
that the error is its own.
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

from okr_api.graphql.consistent_reads import read_consistent
from okr_api.graphql.context import Context
from okr_api.graphql.errors import present_error
from okr_api.graphql.execution.executor import VariableSource
from okr_api.graphql.execution.operation_cache import (
    CompiledOperation,
    NotCompilable,
    OperationCache,
    OperationPlan,
    RootField,
)
from okr_api.graphql.schema import OkrSchema
from okr_api.graphql.subscription_sources import TELLINGS, Change, EventSource
from okr_api.query_engine.json_writer import dump_answer
from okr_api.query_engine.loader import Loader
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.snapshot import Snapshot

POSITION = "after"  # the argument that says where a subscriber begins, whatever else they share
ALONE = 2  # a variable stands where it is defined, and in one other place


def rejection(fault: Exception) -> list[Any]:
    """The errors with which a subscription is refused, or ends."""
    return [present_error(GraphQLError(str(fault), original_error=fault)).formatted]


def positions_in(operation: CompiledOperation) -> frozenset[str]:
    """The variables that stand at `after` of the root field, and nowhere else."""
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
    """A subscription with its variables."""

    operation: CompiledOperation
    shape: OperationPlan
    root: RootField
    values: VariableSource
    cost: int

    async def followed(self, context: Context) -> tuple[EventSource, int | None]:
        """What is followed, and after which position.

        *Refuses*: what is not there, not visible, or asked for in the wrong way.
        """
        arguments = self.root.given.long(self.values.coerced)
        after: int | None = arguments.pop(POSITION, None)
        telling = await TELLINGS[self.root.asked.name](context, **arguments)
        return telling, context.resumed_from(after)


class SubscriptionExecutor:
    """The documents of subscriptions met last."""

    def __init__(self, schema: OkrSchema, *, on: bool) -> None:
        self.documents = OperationCache(schema, (OperationType.SUBSCRIPTION,) if on else ())

    def asking(self, text: str, variables: dict[str, Any], name: str | None) -> RunningSubscription:
        """What a document asks with those variables.

        *Refuses*: what is not compiled (`NotCompilable`).
        """
        operation = self.documents.operation(text, name)
        values = VariableSource(self.documents, operation, variables)
        cost = operation.weight.cost(variables)
        shape = self.documents.shape(operation, values.coerced.coerced, lambda: values.coerced)
        if len(shape.roots) != 1:
            raise NotCompilable("not one field that is followed")
        return RunningSubscription(operation, shape, shape.roots[0], values, cost)

    def shared(self, asking: RunningSubscription) -> str:
        """The variables, as they were sent, in which those who share an event must agree."""
        positions = positions_in(asking.operation)
        return repr([one for one in asking.values.sent.items() if one[0] not in positions])


class SubscriptionRequest:
    """What is asked of every event, by all who share it."""

    def __init__(self, asking: RunningSubscription, telling: EventSource, context: Context) -> None:
        self.asking = asking
        self.telling = telling
        self.context = context
        self.rewinds = context.app_services.feed.rewinds(context.actor.organization_id)
        self.executions = 0
        self.fallbacks: Counter[str] = Counter()

    async def answer(self, change: Change, *, quiet: bool) -> bytes | None:
        """What a change says, as the JSON of an event's payload; None where it says nothing."""
        row = self.telling.of(change, quiet=quiet)
        if row is None:
            return None
        self.executions += 1
        planner = self.asking.shape.planner
        try:
            event = await read_consistent(self.context, lambda snapshot: self._read(snapshot, planner, row))
            return await dump_answer({"data": {self.asking.root.asked.key: event}}, self.context.answer_bytes)
        except Exception as fault:  # noqa: BLE001  graphql-core meets it again, and tells it
            self.fallbacks[type(fault).__name__] += 1
        return await self._by_core(row)

    async def _read(self, snapshot: Snapshot, planner: Planner, row: Change) -> Any:
        """What is selected of an event."""
        loader = Loader(snapshot, planner, self.asking.values.of)
        return await Reader(loader, self.asking.root.asked.nodes).given(self.telling.type_name, row)

    async def _by_core(self, row: Change) -> bytes:
        """The event as graphql-core completes it, with its errors."""
        asking, name = self.asking, self.asking.operation.definition.name
        planner = Planner(asking.shape.planner.selection, for_core=True)
        async with self.context.fresh_snapshot() as snapshot:
            await snapshot.begin()
            result: Any = execute(
                asking.values.documents.core,
                asking.operation.document,
                root_value=await self._read(snapshot, planner, row),
                context_value=self.context,
                variable_values=asking.values.sent,
                operation_name=name.value if name else None,
            )
            result = await result if isawaitable(result) else result
        said: dict[str, Any] = {"data": result.data}
        if result.errors:
            said["errors"] = [present_error(error).formatted for error in result.errors]
        return await dump_answer(said)
