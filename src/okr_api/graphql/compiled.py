"""Compiled operations: a query is planned once, and then answered without graphql-core.

What is loaded for a selection already is the answer, under its response keys; so a query that meets
no error needs nobody to complete it. What the planner does not know, and whatever would have to tell
of an error, is answered by graphql-core from the same declarations: the fallbacks are counted by
their reason.
"""

import logging
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.language import VariableNode
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from okr_api.graphql.context import Context, Entrance
from okr_api.graphql.schema import MOST_TOKENS, OkrSchema
from okr_api.okr.errors import Refused
from okr_api.reading.building import GivesUp, needed
from okr_api.reading.loading import Loader
from okr_api.reading.planning import Planner
from okr_api.reading.reader import Reader
from okr_api.reading.selection import Asked, Selection
from okr_api.reading.snapshot import Glance, Snapshot, Torn

MOST_DOCUMENTS = 500
MOST_SHAPES = 16
GLANCES = 2

log = logging.getLogger(__name__)


class NotCompiled(Exception):
    """An operation is answered by graphql-core; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root field: what it is asked for, and the function that names its rows."""

    asked: Asked
    field: StrawberryField
    function: Callable[..., Awaitable[Any]]
    may_be_null: bool


@dataclass
class Shape:
    """An operation as its directives leave it for some values of their variables."""

    planner: Planner
    roots: Sequence[Root]


@dataclass
class Operation:
    """A document's operation, parsed and validated, with the shapes met so far."""

    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    shaping: tuple[str, ...]
    shapes: dict[tuple[Any, ...], Shape] = field(default_factory=dict)


class _Shaping(Visitor):
    """Gathers the variables of @skip and @include."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        """A directive with its condition."""
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


class Compiled:
    """Answers queries by plans, which it keeps for the documents met last."""

    def __init__(self, schema: OkrSchema) -> None:
        self.schema = schema
        self.core: GraphQLSchema = schema._schema  # noqa: SLF001  there is no public way to it
        self.fallbacks: Counter[str] = Counter()
        self.answered = 0
        self._operations: OrderedDict[tuple[str, str | None], Operation | str] = OrderedDict()

    async def answer(
        self, context: Context, text: str, variables: dict[str, Any] | None, name: str | None
    ) -> dict[str, Any] | None:
        """The data of a query, or None where graphql-core has to answer."""
        try:
            data = await self._data(context, text, variables, name)
        except NotCompiled as reason:
            self._fall_back(str(reason))
            return None
        except (GivesUp, Refused, GraphQLError) as fault:
            self._fall_back(f"an error: {type(fault).__name__}")
            return None
        except Exception as fault:  # noqa: BLE001  graphql-core meets it again, and masks it
            self._fall_back(f"a fault: {type(fault).__name__}")
            return None
        self.answered += 1
        return data

    def _fall_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1
        log.debug("answered by graphql-core: %s", reason)

    async def _data(
        self, context: Context, text: str, variables: dict[str, Any] | None, name: str | None
    ) -> dict[str, Any]:
        operation = self._operation(text, name)
        values = get_variable_values(
            self.core, operation.definition.variable_definitions or (), variables or {}
        )
        if isinstance(values, list):
            raise NotCompiled("variables of the wrong kind")
        shape = self._shape(operation, values)
        actor = context.actor
        for _ in range(GLANCES):
            glance = Glance(context.house.database, actor.organization_id, sees_drafts=actor.sees_drafts)
            try:
                return await self._read(context, glance, shape, values)
            except Torn:
                continue
        return await self._read(context, context.fresh_snapshot(), shape, values)

    async def _read(self, context: Context, snapshot: Snapshot, shape: Shape, values: Any) -> dict[str, Any]:
        """The answer within one snapshot."""
        data: dict[str, Any] = {}
        async with snapshot:
            if not snapshot.dated:
                await snapshot.begin()
            loader = Loader(snapshot, shape.planner, values)
            for root in shape.roots:
                entrance = Entrance(context, root.asked.name, Reader(loader, root.asked.nodes))
                given = get_argument_values(root.asked.field, root.asked.nodes[0], values)
                arguments = convert_arguments(
                    given,
                    root.field.arguments,
                    self.schema.schema_converter.scalar_registry,
                    self.schema.config,
                )
                value = await root.function(None, info=entrance, **arguments)
                data[root.asked.key] = value if root.may_be_null else needed(value)
            await snapshot.settle()
        return data

    def _operation(self, text: str, name: str | None) -> Operation:
        """The operation in a document, kept for the next time; also why it is not compiled is kept."""
        key = (text, name)
        known = self._operations.get(key)
        if known is None:
            try:
                known = self._prepared(text, name)
            except NotCompiled as reason:
                known = str(reason)
            self._operations[key] = known
            if len(self._operations) > MOST_DOCUMENTS:
                self._operations.popitem(last=False)
        else:
            self._operations.move_to_end(key)
        if isinstance(known, str):
            raise NotCompiled(known)
        return known

    def _prepared(self, text: str, name: str | None) -> Operation:
        try:
            document = parse(text, max_tokens=MOST_TOKENS)
        except GraphQLError:
            raise NotCompiled("not parsed") from None
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        chosen = [one for one in operations if name is None or (one.name and one.name.value == name)]
        if len(chosen) != 1:
            raise NotCompiled("no such operation")
        if chosen[0].operation is not OperationType.QUERY:
            raise NotCompiled(f"a {chosen[0].operation.value}")
        if validate(self.core, document):
            raise NotCompiled("not valid")
        shaping = _Shaping()
        visit(document, shaping)
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        return Operation(chosen[0], fragments, tuple(sorted(shaping.names)))

    def _shape(self, operation: Operation, values: Any) -> Shape:
        """The operation as the directives leave it."""
        key = tuple(values.coerced.get(name) for name in operation.shaping)
        shape = operation.shapes.get(key)
        if shape is None:
            if len(operation.shapes) >= MOST_SHAPES:
                operation.shapes.clear()
            shape = operation.shapes[key] = self._shaped(operation, values)
        return shape

    def _shaped(self, operation: Operation, values: Any) -> Shape:
        selection = Selection(self.core, operation.fragments, values)
        name = NameNode(value=operation.definition.operation.value)
        whole = FieldNode(name=name, selection_set=operation.definition.selection_set)
        roots: list[Root] = []
        for asked in selection.fields("Query", [whole]):
            if asked.name.startswith("__"):
                raise NotCompiled("introspection")
            strawberry_field: StrawberryField = asked.field.extensions["strawberry-definition"]
            assert strawberry_field.base_resolver is not None
            function: Callable[..., Any] = strawberry_field.base_resolver.wrapped_func  # type: ignore[assignment]
            may_be_null = not isinstance(asked.field.type, GraphQLNonNull)
            roots.append(Root(asked, strawberry_field, function, may_be_null))
        return Shape(Planner(selection, for_core=False), roots)
