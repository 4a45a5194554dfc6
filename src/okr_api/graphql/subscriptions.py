"""Subscriptions whose selection is planned: what they ask of an event is loaded without graphql-core.

Their documents are parsed and validated once. Where an event cannot be told without an error,
graphql-core completes it from the same declarations, so that the error is its own.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    execute,
    parse,
    validate,
    visit,
)
from graphql.execution.values import get_argument_values, get_variable_values
from strawberry.types.arguments import convert_arguments

from okr_api.graphql.compiled import GLANCES, MOST_DOCUMENTS, NotCompiled
from okr_api.graphql.context import Context
from okr_api.graphql.problems import presented
from okr_api.graphql.schema import MOST_TOKENS, OkrSchema
from okr_api.graphql.telling import TELLINGS, Change, Telling
from okr_api.reading.loading import Loader
from okr_api.reading.planning import Planner
from okr_api.reading.reader import Reader
from okr_api.reading.selection import Asked, Selection
from okr_api.reading.snapshot import Glance, Snapshot, Torn

WRITTEN = orjson.OPT_UTC_Z
POSITION = "after"  # the argument that says where a subscriber begins, whatever else they share


def refusal(fault: Exception) -> bytes:
    """The last event of a subscription that ends with an error, as JSON."""
    error = presented(GraphQLError(str(fault), original_error=fault))
    return orjson.dumps({"data": None, "errors": [error.formatted]})


@dataclass(frozen=True, slots=True)
class Document:
    """A subscription's document, parsed and validated, and the name by which it is chosen."""

    name: str | None
    whole: DocumentNode
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    positions: frozenset[str]  # the variables that say a position, and nothing else

    def shared(self, variables: Mapping[str, Any]) -> str:
        """The variables in which those who share an event must agree."""
        return repr([one for one in variables.items() if one[0] not in self.positions])


class _Uses(Visitor):
    """Counts where each variable stands, its definition included."""

    def __init__(self) -> None:
        super().__init__()
        self.uses: Counter[str] = Counter()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        """A variable."""
        self.uses[node.name.value] += 1


def _positions(document: DocumentNode, definition: OperationDefinitionNode) -> frozenset[str]:
    """The variables that stand at `after` of the root field alone."""
    counted = _Uses()
    visit(document, counted)
    given = [
        argument.value.name.value
        for field in definition.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == POSITION and isinstance(argument.value, VariableNode)
    ]
    return frozenset(name for name in given if counted.uses[name] == 2)  # where it is defined, and here


class Documents:
    """Prepares the documents of subscriptions, and keeps those met last."""

    def __init__(self, schema: OkrSchema) -> None:
        self.schema = schema
        self.core: GraphQLSchema = schema._schema  # noqa: SLF001  there is no public way to it
        self._known: OrderedDict[tuple[str, str | None], Document | str] = OrderedDict()

    def prepared(self, text: str, name: str | None) -> Document:
        """The subscription in a document; refuses (`NotCompiled`) whatever else is in it."""
        key = (text, name)
        if key not in self._known:
            try:
                self._known[key] = self._prepared(text, name)
            except NotCompiled as reason:
                self._known[key] = str(reason)
            if len(self._known) > MOST_DOCUMENTS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        known = self._known[key]
        if isinstance(known, str):
            raise NotCompiled(known)
        return known

    def _prepared(self, text: str, name: str | None) -> Document:
        try:
            document = parse(text, max_tokens=MOST_TOKENS)
        except GraphQLError:
            raise NotCompiled("not parsed") from None
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        chosen = [one for one in operations if name is None or (one.name and one.name.value == name)]
        if len(chosen) != 1:
            raise NotCompiled("no such operation")
        if chosen[0].operation is not OperationType.SUBSCRIPTION:
            raise NotCompiled(f"a {chosen[0].operation.value}")
        if validate(self.core, document):
            raise NotCompiled("not valid")
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        return Document(name, document, chosen[0], fragments, _positions(document, chosen[0]))

    def asking(self, document: Document, variables: dict[str, Any]) -> "Asking":
        """What the document asks with those variables; refuses (`NotCompiled`) what they do not fit."""
        values = get_variable_values(self.core, document.definition.variable_definitions or (), variables)
        if isinstance(values, list):
            raise NotCompiled("variables of the wrong kind")
        selection = Selection(self.core, document.fragments, values)
        name = NameNode(value=document.definition.operation.value)
        whole = FieldNode(name=name, selection_set=document.definition.selection_set)
        roots = selection.fields("Subscription", [whole])
        if [root.name for root in roots if root.name in TELLINGS] == [] or len(roots) != 1:
            raise NotCompiled("not one field that is followed")
        return Asking(self, document, selection, values, variables, roots[0])


@dataclass(frozen=True, slots=True)
class Asking:
    """A document with its variables: the field that is subscribed to, and its arguments."""

    documents: Documents
    document: Document
    selection: Selection
    values: Any
    variables: dict[str, Any]
    root: Asked

    async def followed(self, context: Context) -> tuple[Telling, int | None]:
        """What is followed, and after which position; refuses what cannot be."""
        schema = self.documents.schema
        definition = self.root.field.extensions["strawberry-definition"]
        given = get_argument_values(self.root.field, self.root.nodes[0], self.values)
        registry = schema.schema_converter.scalar_registry
        arguments = convert_arguments(given, definition.arguments, registry, schema.config)
        after: int | None = arguments.pop(POSITION, None)
        return await TELLINGS[self.root.name](context, **arguments), after


class Question:
    """What is asked of every event, by all who share it."""

    def __init__(self, asking: Asking, telling: Telling, context: Context) -> None:
        self.asking = asking
        self.telling = telling
        self.context = context
        self.planner = Planner(asking.selection, for_core=False)
        self.executions = 0
        self.fallbacks: Counter[str] = Counter()

    async def answer(self, change: Change, *, quiet: bool) -> bytes | None:
        """What a change says, as the JSON of an event's payload; None where it says nothing."""
        row = await self.telling.of(self.context, change, quiet=quiet)
        if row is None:
            return None
        self.executions += 1
        try:
            return orjson.dumps({"data": {self.asking.root.key: await self._loaded(row)}}, option=WRITTEN)
        except Exception as fault:  # noqa: BLE001  graphql-core meets it again, and tells it
            self.fallbacks[type(fault).__name__] += 1
        return await self._by_core(row)

    async def _loaded(self, row: Change) -> Any:
        """The selected of an event, all at one position of the feed."""
        actor, database = self.context.actor, self.context.house.database
        for _ in range(GLANCES):
            glance = Glance(database, actor.organization_id, sees_drafts=actor.sees_drafts)
            try:
                return await self._read(glance, row)
            except Torn:
                continue
        return await self._read(self.context.fresh_snapshot(), row)

    async def _read(self, snapshot: Snapshot, row: Change) -> Any:
        async with snapshot:
            if not snapshot.dated:
                await snapshot.begin()
            event = await self._reader(snapshot, self.planner).given(self.telling.type_name, row)
            await snapshot.settle()
        return event

    def _reader(self, snapshot: Snapshot, planner: Planner) -> Reader:
        return Reader(Loader(snapshot, planner, self.asking.values), self.asking.root.nodes)

    async def _by_core(self, row: Change) -> bytes:
        """The event as graphql-core completes it, with its errors."""
        asking = self.asking
        async with self.context.fresh_snapshot() as snapshot:
            await snapshot.begin()
            reader = self._reader(snapshot, Planner(asking.selection, for_core=True))
            result: Any = execute(
                asking.documents.core,
                asking.document.whole,
                root_value=await reader.given(self.telling.type_name, row),
                context_value=self.context,
                variable_values=asking.variables,
                operation_name=asking.document.name,
            )
            result = await result if isawaitable(result) else result
        said: dict[str, Any] = {"data": result.data}
        if result.errors:
            said["errors"] = [presented(error).formatted for error in result.errors]
        return orjson.dumps(said, option=WRITTEN)
