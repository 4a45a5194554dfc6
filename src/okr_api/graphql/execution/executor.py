"""Compiled executor: admit and run queries and mutations by cached plans, or fall back to graphql-core.

A root field that raises is null, with its error. What the planner does not support, and any error in a
nested field, falls back to graphql-core for the whole operation; completed mutations are not run again.
"""

import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import FieldNode, GraphQLError, SourceLocation
from graphql.execution.values import VariableValues, get_variable_values

from okr_api.auth.admission_control import MIN_HEAVY_COST, AdmissionRejected
from okr_api.auth.token_rejection import NotAuthenticated
from okr_api.graphql.argument_values import nested_arguments
from okr_api.graphql.consistent_reads import ensure_position, read_consistent
from okr_api.graphql.context import Context, RootFieldInfo
from okr_api.graphql.deadline import OutOfTime
from okr_api.graphql.errors import present_error
from okr_api.graphql.operation_admission import admit_operation
from okr_api.graphql.schema import OkrSchema
from okr_api.okr.errors import Refused
from okr_api.query_engine.connections import ConnectionLoader
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.row_sets import FallbackRequired
from okr_api.query_engine.selection import SelectedField
from okr_api.query_engine.snapshot import Snapshot

from .input_coercion import SlowPathRequired
from .introspection import introspected_roots
from .operation_cache import (
    ANSWERED_ONCE,
    FOLLOWED,
    CompiledOperation,
    NotCompilable,
    OperationCache,
    OperationPlan,
    RootField,
)

log = logging.getLogger(__name__)

ROOT_ERRORS = (Refused, GraphQLError)  # of one root field; the others are still executed
GivenArguments = dict[str, Any] | Refused | GraphQLError


@dataclass(slots=True)
class Answer:
    """Data of an operation, and the errors of root fields that are null."""

    data: dict[str, Any]
    errors: list[dict[str, Any]] = field(default_factory=list)

    async def add(self, root: RootField, entrance: RootFieldInfo, given: GivenArguments) -> None:
        """Execute a root field; store its value or its error."""
        assert root.function is not None
        try:
            if not isinstance(given, dict):
                raise given
            self.data[root.selected.key] = await root.function(None, info=entrance, **given)
        except NotAuthenticated:  # ends more than this field
            raise
        except ROOT_ERRORS as fault:
            self.put(root, fault)

    def put(self, root: RootField, value: Any) -> None:
        """Store the value of a root field, or its error with null."""
        if isinstance(value, ROOT_ERRORS):
            self.errors.append(root_error(root.selected, value))
            value = None
        self.data[root.selected.key] = value

    def as_payload(self, extensions: dict[str, Any]) -> dict[str, Any]:
        """Return the GraphQL response."""
        if not self.errors:
            return {"data": self.data, "extensions": extensions}
        return {"data": self.data, "errors": self.errors, "extensions": extensions}


def root_error(selected: SelectedField, fault: Exception) -> dict[str, Any]:
    """Return the error of a root field as graphql-core would report it."""
    cause = fault.original_error or fault if isinstance(fault, GraphQLError) else fault
    error = GraphQLError(str(fault), path=[selected.key], original_error=cause)
    if isinstance(fault, GraphQLError):
        error.extensions = fault.extensions
    error.locations = [SourceLocation(*_place(node)) for node in selected.nodes]
    told: dict[str, Any] = dict(present_error(error).formatted)
    return told


def _place(node: FieldNode) -> tuple[int, int]:
    assert node.loc is not None
    token = node.loc.start_token
    return token.line, token.column


class VariableSource:
    """Variables of a request: as sent, and as coerced by graphql-core on demand."""

    def __init__(self, documents: OperationCache, operation: CompiledOperation, sent: dict[str, Any]) -> None:
        self.documents = documents
        self.operation = operation
        self.sent = sent

    @cached_property
    def coerced(self) -> VariableValues:
        """Return all variables, coerced; raise `NotCompilable` if one is invalid."""
        definitions = self.operation.definition.variable_definitions or ()
        values = get_variable_values(self.documents.core, definitions, self.sent, max_errors=1)
        if isinstance(values, list):
            raise NotCompilable("variables of the wrong kind")
        return values

    def of(self, selected: SelectedField) -> dict[str, Any]:
        """Return the arguments of a nested field."""
        return nested_arguments(self.documents.core, selected, self.coerced)


class CompiledExecutor:
    """Executor of queries and mutations by cached plans; with `on=False`, graphql-core executes all."""

    def __init__(self, schema: OkrSchema, *, on: bool = True) -> None:
        self.documents = OperationCache(schema, ANSWERED_ONCE if on else ())
        self.fallbacks: Counter[str] = Counter()
        self.answered = 0

    async def answer(
        self,
        context: Context,
        text: str,
        variables: dict[str, Any] | None,
        name: str | None,
        *,
        may_write: bool = True,
    ) -> Answer | None:
        """Return the result of an operation, or None if graphql-core has to execute it.

        Raises:
            AdmissionRejected: it was rejected before execution.
        """
        try:
            operation = await self.documents.load(text, name, context.charge_more)
            if operation.writes and not may_write:
                raise NotCompilable("a mutation by GET")
            context.charge_inputs(variables)
            values = VariableSource(self.documents, operation, variables or {})
            with context.operation_state.in_time():
                answer = await self._counted(context, operation, values)
                await ensure_position(context)
        except NotCompilable as reason:
            if str(reason) != FOLLOWED:
                self._fall_back(str(reason))
            return None
        except OutOfTime:  # graphql-core only reports it
            self._fall_back("out of time")
            return None
        except AdmissionRejected:
            raise
        except Exception as fault:  # noqa: BLE001  graphql-core meets it again and masks it
            kind = "an error" if isinstance(fault, (FallbackRequired, *ROOT_ERRORS)) else "a fault"
            self._fall_back(f"{kind}: {type(fault).__name__}")
            context.operation_state.fell_back = True  # graphql-core is slower, and reads fewer rows
            return None
        finally:
            context.settle()
        context.operation_state.executed()
        self.answered += 1
        context.report(answer.errors)
        return answer

    def _fall_back(self, reason: str) -> None:
        """Count the fallback; log the first of each reason at INFO, later ones at DEBUG."""
        self.fallbacks[reason] += 1
        level = logging.INFO if self.fallbacks[reason] == 1 else logging.DEBUG
        log.log(level, "operation executed by graphql-core: %s", reason)

    def _counted(
        self, context: Context, operation: CompiledOperation, values: VariableSource
    ) -> Coroutine[Any, Any, Answer]:
        """Execute the operation; do not measure a light query's CPU time, which its cost covers."""
        context.describe(operation.definition)
        cost, work = context.cost_of(operation.weight, values.sent), context.operation_state.work
        answering = self._answer(context, operation, values, cost)
        is_light = cost < MIN_HEAVY_COST and not operation.writes
        return work.follow(answering) if is_light else work.measure(answering)

    async def _answer(
        self, context: Context, operation: CompiledOperation, values: VariableSource, cost: int
    ) -> Answer:
        await admit_operation(context, cost, writes=operation.writes)
        given = values.coerced.coerced if operation.shaping else values.sent
        shape = self.documents.shape(operation, given, lambda: values.coerced, context.charge_more)
        arguments = _arguments(shape, values)
        if operation.writes:
            return await self._done(context, shape, values, arguments)
        introspected = await introspected_roots(shape, values) if shape.introspects else {}

        async def read(snapshot: Snapshot) -> Answer:
            answer = Answer({})
            loader = ConnectionLoader(snapshot, shape.planner, values.of)
            for root, given in zip(shape.roots, arguments, strict=True):
                if root.function is None:
                    answer.put(root, introspected[root.selected.key])
                    continue
                reader = Reader(loader, root.selected.nodes)
                entrance = RootFieldInfo(
                    context, root.selected, root.type_name, shape.planner, values.of, reader
                )
                await answer.add(root, entrance, given)
            return answer

        return await read_consistent(context, read)

    async def _done(
        self, context: Context, shape: OperationPlan, values: VariableSource, arguments: list[GivenArguments]
    ) -> Answer:
        """Execute a mutation's root fields one after the other, each read after its commit."""
        answer = Answer({})
        for root, given in zip(shape.roots, arguments, strict=True):
            if root.function is None:
                answer.data[root.selected.key] = shape.root_type
                continue
            entrance = RootFieldInfo(context, root.selected, root.type_name, shape.planner, values.of)
            await answer.add(root, entrance, given)
        return answer


def _arguments(shape: OperationPlan, values: VariableSource) -> list[GivenArguments]:
    """Return the arguments of each root field, or the error that rejects it."""
    if shape.simple and all(values.sent.get(name) is not None for name in values.operation.required):
        try:
            return [root.given.simple(values.sent) for root in shape.roots if root.given.simple]
        except SlowPathRequired:
            pass
    checked = values.coerced  # also if no field uses them: they must be valid
    return [_argument(root, checked) for root in shape.roots]


def _argument(root: RootField, checked: VariableValues) -> GivenArguments:
    try:
        return root.given.long(checked)
    except ROOT_ERRORS as fault:
        return fault
