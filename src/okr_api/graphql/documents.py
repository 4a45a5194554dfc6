"""Documents: what is refused of one before anything of it is executed."""

from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension


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
