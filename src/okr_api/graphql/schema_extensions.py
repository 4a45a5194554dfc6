"""Strawberry extensions: prepared documents, one operation, cost and admission, response `extensions`."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from okr_api.graphql.consistent_reads import ensure_position
from okr_api.graphql.document_cache import DocumentCache
from okr_api.graphql.operation_admission import admit_operation, charge_subscription


class PreparedDocuments(SchemaExtension):
    """Strawberry extension that takes parsed and validated documents from the cache."""

    def on_parse(self) -> Iterator[None]:
        """Set the prepared document, so that Strawberry skips parsing."""
        asked = self.execution_context
        if asked.query:
            prepared = _documents(self).prepare(asked.query)
            asked.graphql_document, asked.pre_execution_errors = prepared.document, list(prepared.errors)
        yield


def _documents(extension: SchemaExtension) -> DocumentCache:
    documents: DocumentCache = extension.execution_context.schema.documents  # type: ignore[attr-defined]
    return documents


class SingleOperationExtension(SchemaExtension):
    """Strawberry extension that rejects a document with several operations if the request names none.

    Strawberry would run the first; the GraphQL specification requires an error.
    """

    def on_validate(self) -> Iterator[None]:
        """Check before validation, which does not know the request's operation name."""
        context = self.execution_context
        document = context.graphql_document
        named = context._provided_operation_name is not None  # noqa: SLF001  the public one guesses a name
        if document is not None and not named:
            operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
            if len(operations) > 1:
                message = "Must provide operation name if query contains multiple operations."
                context.pre_execution_errors = [GraphQLError(message, operations)]
        yield


class QueryCostExtension(SchemaExtension):
    """Strawberry extension that rejects too costly operations, charges the others and waits for admission."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Charge and admit the operation, which is valid by now; read its position if nothing else did."""
        asked = self.execution_context
        if asked.query:
            prepared = _documents(self).prepare(asked.query)
            operation = (
                get_operation_ast(prepared.document, asked.operation_name) if prepared.document else None
            )
            if operation is not None:
                asked.context.describe(operation)
                cost = asked.context.cost_of(prepared.weight(operation), asked.variables or {})
                if asked.operation_type is OperationType.SUBSCRIPTION:
                    charge_subscription(asked.context, cost)
                else:
                    writes = asked.operation_type is OperationType.MUTATION
                    await admit_operation(asked.context, cost, writes=writes)
        yield
        if asked.operation_type is not OperationType.SUBSCRIPTION:
            await ensure_position(asked.context)

    def get_results(self) -> dict[str, Any]:
        """Return the response `extensions`; events of subscriptions do not repeat the cost."""
        asked = self.execution_context
        operation_state = asked.context.operation_state
        if operation_state.cost is None:
            return {}
        if asked.operation_type is OperationType.SUBSCRIPTION:
            return {"seq": operation_state.position} if operation_state.position else {}
        extensions: dict[str, Any] = asked.context.response_extensions()
        return extensions
