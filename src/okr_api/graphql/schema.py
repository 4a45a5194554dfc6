"""Executable schema: run operations, present errors, print SDL."""

from collections.abc import AsyncIterator
from functools import cached_property
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from okr_api.graphql.change_feed import Subscription
from okr_api.graphql.deadline import DeadlineExtension
from okr_api.graphql.document_cache import DocumentCache
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.errors import NOT_EXECUTABLE, present_error
from okr_api.graphql.input_constructors import omit_null_defaults, prepare_constructors
from okr_api.graphql.resolver_binding import bind
from okr_api.graphql.root_types import Mutation, Query
from okr_api.graphql.scalars import SCALARS, strengthen
from okr_api.graphql.schema_extensions import PreparedDocuments, QueryCostExtension, SingleOperationExtension
from okr_api.graphql.types.check_in import CheckIn
from okr_api.graphql.types.people import Organization, Person, Team

DESCRIPTION = """Objectives and key results (OKRs). An **objective** says what is to be achieved in a
**cycle**, its **key results** measure it, and a **check-in** records what was measured. Each check-in
recomputes the key result and every objective above it in the same transaction.

Start with the queries `cycles` (ids) and `objectiveTree(cycleId:)` (the objectives of a cycle), then the
mutation `checkInRecord`. The subscription `changes` sends each change as it is committed."""


class OkrSchema(strawberry.Schema):
    """Strawberry schema that gives each operation its own context and masks unexpected errors."""

    @cached_property
    def documents(self) -> DocumentCache:
        """Return the cache of parsed and validated documents."""
        return DocumentCache(self._schema)

    async def _refusal(self, args: tuple[Any, ...], given: dict[str, Any]) -> PreExecutionError | None:
        """Return the errors for which a document or its variables are rejected before execution, or None."""
        query, context = args[0] if args else given.get("query"), given["context_value"]
        prepared = await self.documents.prepare_aside(query, context.charge_more) if query else None
        errors = list(prepared.errors) if prepared else []
        try:
            context.charge_inputs(given.get("variable_values"))
        except GraphQLError as fault:
            errors = errors or [fault]
        return PreExecutionError(data=None, errors=errors) if errors else None

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Execute a query or a mutation; a subscription needs a streaming transport.

        Raises:
            AdmissionRejected: the operation was rejected before execution.
        """
        context = kwargs["context_value"].for_operation()
        allowed = frozenset(kwargs.get("allowed_operation_types") or OperationType)
        answered_once = {"allowed_operation_types": allowed - {OperationType.SUBSCRIPTION}}
        result: ExecutionResult | None = await self._refusal(args, kwargs)
        try:
            result = result or await context.operation_state.work.measure(
                super().execute(*args, **{**kwargs, **answered_once, "context_value": context})
            )
        except NOT_EXECUTABLE as fault:
            result = PreExecutionError(data=None, errors=[GraphQLError(str(fault), original_error=fault)])
        finally:
            context.operation_state.executed()
            context.settle()
            await context.close()
        if context.operation_state.refusal is not None:
            raise context.operation_state.refusal
        _present(result)
        context.report(result.errors or ())
        return result

    async def stream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:  # type: ignore[override]
        """Execute any operation over a WebSocket or an event stream."""
        refusal = await self._refusal(args, kwargs)
        if refusal is not None:
            _present(refusal)
            return _only(refusal)
        context = kwargs["context_value"].for_operation()
        measure = context.operation_state.work.measure
        results = await measure(super().stream(*args, **{**kwargs, "context_value": context}))

        async def presented_results() -> AsyncIterator[Any]:
            try:
                while (result := await measure(anext(results, None))) is not None:
                    context.settle()
                    context.operation_state.work.refusal = None  # the next event has its own limits
                    _present(result)
                    yield result
            finally:
                await results.aclose()
                context.operation_state.executed()
                context.settle()
                await context.close()

        return presented_results()

    def process_errors(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: errors are logged where they are masked."""


async def _only(result: ExecutionResult) -> AsyncIterator[ExecutionResult]:
    yield result


def has_not_begun(result: ExecutionResult) -> bool:
    """Return whether an operation was rejected before execution: it has errors but no error has a path."""
    return bool(result.errors) and result.data is None and not any(one.path for one in result.errors or ())


def _present(result: Any) -> None:
    if getattr(result, "errors", None):
        result.errors = [present_error(error) for error in result.errors]


schema = OkrSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Organization, Person, Team, CheckIn, ErrorCode],
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[DeadlineExtension, PreparedDocuments, SingleOperationExtension, QueryCostExtension],
)
schema._schema.description = DESCRIPTION  # noqa: SLF001  Strawberry has no parameter for it
for mutation in schema._schema.mutation_type.fields.values():  # type: ignore[union-attr]  # noqa: SLF001
    mutation.args[
        "input"
    ].description = "Arguments of this mutation. Set `idempotencyKey` to make retries safe."
omit_null_defaults(schema._schema.type_map)  # noqa: SLF001
prepare_constructors(schema._schema.type_map)  # noqa: SLF001
strengthen(schema._schema.type_map)  # noqa: SLF001  no public access to graphql-core's schema
bind(schema._schema)  # noqa: SLF001


def print_schema() -> str:
    """Return the schema in SDL, as committed in `schema.graphql`."""
    return schema.as_str() + "\n"
