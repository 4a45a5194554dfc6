"""Documents: what is refused of one before anything of it is executed."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from okr_api.graphql.document_cache import DocumentCache
from okr_api.graphql.operation_admission import admit_operation, charge_subscription


class PreparedDocuments(SchemaExtension):
    """Takes the document from the cache, where it has been parsed and validated."""

    def on_parse(self) -> Iterator[None]:
        """Before parsing, which is left out."""
        asked = self.execution_context
        if asked.query:
            prepared = _documents(self).prepare(asked.query)
            asked.graphql_document, asked.pre_execution_errors = prepared.document, list(prepared.errors)
        yield


def _documents(extension: SchemaExtension) -> DocumentCache:
    documents: DocumentCache = extension.execution_context.schema.documents  # type: ignore[attr-defined]
    return documents


class SingleOperationRule(SchemaExtension):
    """Refuses a document with several operations where the request names none of them.

    Strawberry would run the first; the specification wants to be told which.
    """

    def on_validate(self) -> Iterator[None]:
        """Before validation, which does not know the request."""
        context = self.execution_context
        document = context.graphql_document
        named = context._provided_operation_name is not None  # noqa: SLF001  the public one guesses
        if document is not None and not named:
            operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
            if len(operations) > 1:
                message = "Must provide operation name if query contains multiple operations."
                context.pre_execution_errors = [GraphQLError(message, operations)]
        yield


class QueryCostRule(SchemaExtension):
    """Refuse what asks for too much, charge an operation's cost to its token, and wait for its turn."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Before execution: the document is valid by now."""
        asked = self.execution_context
        if asked.query:
            prepared = _documents(self).prepare(asked.query)
            operation = (
                get_operation_ast(prepared.document, asked.operation_name) if prepared.document else None
            )
            if operation is not None:
                cost = asked.context.cost_of(prepared.weight(operation), asked.variables or {})
                if asked.operation_type is OperationType.SUBSCRIPTION:
                    charge_subscription(asked.context, cost)
                else:
                    writes = asked.operation_type is OperationType.MUTATION
                    await admit_operation(asked.context, cost, writes=writes)
        yield

    def get_results(self) -> dict[str, Any]:
        """What an answer says of its cost; events do not repeat it."""
        asked = self.execution_context
        if asked.context.operation_state.cost is None or asked.operation_type is OperationType.SUBSCRIPTION:
            return {}
        told: dict[str, Any] = asked.context.told_cost()
        return told
