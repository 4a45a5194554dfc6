"""Answering: a query or a mutation by its plan.

What is loaded for a selection already is the answer, under its response keys; so an operation that meets
no error needs nobody to complete it. A root field that is refused is null, with its error. What the planner
does not know, and a fault within an answer, is handed on whole to graphql-core, which works from the same
declarations; what a mutation has done by then is not done again. The fallbacks are counted by their reason.
"""

import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import FieldNode, GraphQLError, SourceLocation
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from okr_api.auth.admission_control import MIN_HEAVY_COST, AdmissionRejected
from okr_api.graphql.consistent_reads import read_consistent
from okr_api.graphql.context import Context, RootFieldInfo
from okr_api.graphql.deadline import OutOfTime
from okr_api.graphql.errors import NotAuthenticated, present_error
from okr_api.graphql.operation_admission import admit_operation
from okr_api.graphql.schema import OkrSchema
from okr_api.okr.errors import Refused
from okr_api.query_engine.codegen import FallbackRequired
from okr_api.query_engine.loader import Loader
from okr_api.query_engine.reader import Reader
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

ROOT_ERRORS = (Refused, GraphQLError)  # what is wrong with one root field, and does not hide the others
GivenArguments = dict[str, Any] | Refused | GraphQLError


@dataclass(slots=True)
class Answer:
    """The data of an operation, and the errors of the root fields that are null."""

    data: dict[str, Any]
    errors: list[dict[str, Any]] = field(default_factory=list)

    async def add(self, root: RootField, entrance: RootFieldInfo, given: GivenArguments) -> None:
        """Answer a root field, or tell its error."""
        assert root.function is not None
        try:
            if not isinstance(given, dict):
                raise given
            self.data[root.asked.key] = await root.function(None, info=entrance, **given)
        except NotAuthenticated:  # which ends more than the operation
            raise
        except ROOT_ERRORS as fault:
            self.put(root, fault)

    def put(self, root: RootField, value: Any) -> None:
        """Take the value of a root field, or its error."""
        if isinstance(value, ROOT_ERRORS):
            self.errors.append(root_error(root.asked, value))
            value = None
        self.data[root.asked.key] = value

    def as_payload(self, extensions: dict[str, Any]) -> dict[str, Any]:
        """Return the answer in GraphQL's form."""
        if not self.errors:
            return {"data": self.data, "extensions": extensions}
        return {"data": self.data, "errors": self.errors, "extensions": extensions}


def root_error(asked: SelectedField, fault: Exception) -> dict[str, Any]:
    """Return the error of a root field as graphql-core would tell it."""
    cause = fault.original_error or fault if isinstance(fault, GraphQLError) else fault
    error = GraphQLError(str(fault), path=[asked.key], original_error=cause)
    if isinstance(fault, GraphQLError):
        error.extensions = fault.extensions
    error.locations = [SourceLocation(*_place(node)) for node in asked.nodes]
    told: dict[str, Any] = dict(present_error(error).formatted)
    return told


def _place(node: FieldNode) -> tuple[int, int]:
    assert node.loc is not None
    token = node.loc.start_token
    return token.line, token.column


class VariableSource:
    """The variables of a request: as they were sent, and as graphql-core takes them where that is needed."""

    def __init__(self, documents: OperationCache, operation: CompiledOperation, sent: dict[str, Any]) -> None:
        self.documents = documents
        self.operation = operation
        self.sent = sent

    @cached_property
    def coerced(self) -> VariableValues:
        """All of them, checked.

        *Refuses*: what is wrong with one of them (`NotCompilable`): graphql-core tells it.
        """
        definitions = self.operation.definition.variable_definitions or ()
        values = get_variable_values(self.documents.core, definitions, self.sent, max_errors=1)
        if isinstance(values, list):
            raise NotCompilable("variables of the wrong kind")
        return values

    def of(self, asked: SelectedField) -> dict[str, Any]:
        """The arguments of a field beneath the roots."""
        return get_argument_values(asked.field, asked.nodes[0], self.coerced)


class CompiledExecutor:
    """Answers queries and mutations by plans, which it keeps for the documents met last; off, none."""

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
        """The answer of an operation, or None where graphql-core has to give it.

        Raises:
            AdmissionRejected: it is refused before anything of it is done.
        """
        try:
            operation = await self.documents.load(text, name, context.charge_more)
            if operation.writes and not may_write:
                raise NotCompilable("a mutation by GET")
            context.charge_inputs(variables)
            values = VariableSource(self.documents, operation, variables or {})
            with context.operation_state.in_time():
                answer = await self._counted(context, operation, values)
        except NotCompilable as reason:
            if str(reason) != FOLLOWED:
                self._fall_back(str(reason))
            return None
        except OutOfTime:  # whoever completes the answer does nothing but tell it
            self._fall_back("out of time")
            return None
        except AdmissionRejected:
            raise
        except (FallbackRequired, Refused, GraphQLError) as fault:
            self._fall_back(f"an error: {type(fault).__name__}")
            _limit_fallback(context)
            return None
        except Exception as fault:  # noqa: BLE001  graphql-core meets it again, and masks it
            self._fall_back(f"a fault: {type(fault).__name__}")
            _limit_fallback(context)
            return None
        finally:
            context.settle()
        context.operation_state.executed()
        self.answered += 1
        return answer

    def _fall_back(self, reason: str) -> None:
        """Counts it; the first of a reason is logged for everybody, the others for the curious."""
        self.fallbacks[reason] += 1
        level = logging.INFO if self.fallbacks[reason] == 1 else logging.DEBUG
        log.log(level, "answered by graphql-core: %s", reason)

    def _counted(
        self, context: Context, operation: CompiledOperation, values: VariableSource
    ) -> Coroutine[Any, Any, Answer]:
        """Answer an operation; the CPU time of a light query is covered by its cost, and not measured."""
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
            loader = Loader(snapshot, shape.planner, values.of)
            for root, given in zip(shape.roots, arguments, strict=True):
                if root.function is None:
                    answer.put(root, introspected[root.asked.key])
                    continue
                reader = Reader(loader, root.asked.nodes)
                entrance = RootFieldInfo(
                    context, root.asked, root.type_name, shape.planner, values.of, reader
                )
                await answer.add(root, entrance, given)
            return answer

        return await read_consistent(context, read)

    async def _done(
        self, context: Context, shape: OperationPlan, values: VariableSource, arguments: list[GivenArguments]
    ) -> Answer:
        """What a mutation answers: its fields one after the other, each read after its commit."""
        answer = Answer({})
        for root, given in zip(shape.roots, arguments, strict=True):
            if root.function is None:
                answer.data[root.asked.key] = shape.root_type
                continue
            entrance = RootFieldInfo(context, root.asked, root.type_name, shape.planner, values.of)
            await answer.add(root, entrance, given)
        return answer


def _limit_fallback(context: Context) -> None:
    """Let graphql-core, which is slower, read less than a plan."""
    context.operation_state.fell_back = True


def _arguments(shape: OperationPlan, values: VariableSource) -> list[GivenArguments]:
    """What each root field is given, or why it is refused."""
    if shape.simple and all(values.sent.get(name) is not None for name in values.operation.required):
        try:
            return [root.given.simple(values.sent) for root in shape.roots if root.given.simple]
        except SlowPathRequired:
            pass
    checked = values.coerced  # whichever fields are left to use them
    return [_argument(root, checked) for root in shape.roots]


def _argument(root: RootField, checked: VariableValues) -> GivenArguments:
    try:
        return root.given.long(checked)
    except ROOT_ERRORS as fault:
        return fault
