"""Documents: what is refused of one before anything of it is executed."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from okr_api.graphql.weighing import Weight


class OneOperation(SchemaExtension):
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


class Weighed(SchemaExtension):
    """Refuses what asks for too much, and charges what an operation costs to whoever asks."""

    def on_execute(self) -> Iterator[None]:
        """Before execution: the document is valid by now."""
        asked = self.execution_context
        document = asked.graphql_document
        operation = None if document is None else get_operation_ast(document, asked.operation_name)
        if document is not None and operation is not None:
            core = asked.schema._schema  # noqa: SLF001  there is no public way to it
            asked.context.charge(Weight(core, document, operation).cost(asked.variables or {}))
        yield

    def get_results(self) -> dict[str, Any]:
        """What an answer says of its cost; events do not repeat it."""
        asked = self.execution_context
        if asked.context.course.cost is None or asked.operation_type is OperationType.SUBSCRIPTION:
            return {}
        told: dict[str, Any] = asked.context.told_cost()
        return told
