"""Compile operations: cache validated ones, and their plans by values of `@skip` and `@include` variables."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    get_named_type,
    visit,
)
from graphql.language import VariableNode
from strawberry.types.field import StrawberryField

from okr_api.graphql.document_cache import (
    MAX_DOCUMENTS_KEPT,
    MAX_KEPT_DOCUMENT_BYTES,
    SELECTION_COST,
    Charge,
)
from okr_api.graphql.lru_cache import LruCache
from okr_api.graphql.query_cost import OperationCost, TooComplex
from okr_api.graphql.schema import OkrSchema
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.selection import SelectedField, Selection

from .arguments import NOTHING_GIVEN, RootArguments, root_arguments

MAX_PLANS_KEPT = 2_000
MAX_PLAN_BYTES = 32 * 1024 * 1024
ANSWERED_ONCE = (OperationType.QUERY, OperationType.MUTATION)
FOLLOWED = "a subscription"  # reason that is not counted as a fallback


class NotCompilable(Exception):
    """Raised when graphql-core has to execute an operation; the message is the reason."""


@dataclass(frozen=True, slots=True)
class RootField:
    """Root field of an operation: its resolver function and its arguments.

    `function` is None for `__typename`, `__schema` and `__type`.
    """

    selected: SelectedField
    function: Callable[..., Awaitable[Any]] | None
    given: RootArguments
    type_name: str


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """Plan of an operation for given values of its `@skip` and `@include` variables.

    With `simple`, every variable is used by a root argument, and `RootArguments.simple` builds them all;
    `introspects` tells that a root field queries the schema.
    """

    planner: Planner
    roots: Sequence[RootField]
    simple: bool
    root_type: str
    introspects: bool


@dataclass(eq=False)
class CompiledOperation:
    """Parsed and validated operation of a document; `shaping` has its `@skip` and `@include` variables."""

    document: DocumentNode
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    shaping: tuple[str, ...]
    weight: OperationCost
    document_bytes: int
    is_planned: bool = False

    @cached_property
    def writes(self) -> bool:
        """Return whether it is a mutation."""
        return self.definition.operation is OperationType.MUTATION

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Return the names of variables that are non-null and have no default."""
        return tuple(
            one.variable.name.value
            for one in self.definition.variable_definitions or ()
            if isinstance(one.type, NonNullTypeNode) and one.default_value is None
        )

    @cached_property
    def uses(self) -> Counter[str]:
        """Return how often each variable occurs in the document."""
        found = _Uses()
        visit(self.document, found)
        return found.counted


class _Shaping(Visitor):
    """Visitor that collects the variables of `@skip` and `@include`."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


class _Uses(Visitor):
    """Visitor that counts the occurrences of each variable, including its definition."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.counted[node.name.value] += 1


class OperationCache:
    """LRU caches of the operations of given `kinds`, of their plans, and of why others are not compiled."""

    def __init__(self, schema: OkrSchema, kinds: Collection[OperationType]) -> None:
        self.schema = schema
        self.kinds = kinds
        self.core = schema._schema  # noqa: SLF001  there is no public way to it
        self._operations: LruCache[tuple[str, str | None], CompiledOperation | str] = LruCache(
            MAX_DOCUMENTS_KEPT, MAX_KEPT_DOCUMENT_BYTES
        )
        self._shapes: LruCache[tuple[Any, ...], OperationPlan] = LruCache(MAX_PLANS_KEPT, MAX_PLAN_BYTES)

    async def load(self, text: str, name: str | None, charge: Charge) -> CompiledOperation:
        """Return the operation in a document; prepare a large new one without blocking the event loop.

        Raises:
            NotCompilable: graphql-core has to execute it.
        """
        known = self._operations.get((text, name))
        if isinstance(known, CompiledOperation):
            return known
        if known is None:
            await self.schema.documents.prepare_aside(text, charge)
        return self.operation(text, name, charge)

    def operation(self, text: str, name: str | None, charge: Charge | None = None) -> CompiledOperation:
        """Return the operation in a document and cache it; `charge` is called with the cost of a new one.

        Raises:
            NotCompilable: graphql-core has to execute it.
        """
        key = (text, name)
        known = self._operations.get(key)
        if known is None:
            known = self._prepared(text, name, charge)
            size = len(text) if isinstance(known, str) else len(text) + known.document_bytes
            self._operations.put(key, known, size)
        if isinstance(known, str):
            raise NotCompilable(known)
        return known

    def _prepared(self, text: str, name: str | None, charge: Charge | None) -> CompiledOperation | str:
        """Return the operation, or why it is never compiled; raise `NotCompilable` for uncached reasons."""
        prepared = self.schema.documents.prepare(text, charge)
        document = prepared.document
        if document is None:
            raise NotCompilable("not valid")
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        chosen = [one for one in operations if name is None or (one.name and one.name.value == name)]
        if len(chosen) != 1:
            raise NotCompilable("no such operation")
        if chosen[0].operation not in self.kinds:
            return f"a {chosen[0].operation.value}"
        try:
            weight = prepared.weight(chosen[0])
            if charge is not None:
                charge(weight.selections * SELECTION_COST)
        except TooComplex:
            raise NotCompilable("too complex") from None
        shaping = _Shaping()
        visit(document, shaping)
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        shaped_by = tuple(sorted(shaping.names))
        return CompiledOperation(document, chosen[0], fragments, shaped_by, weight, prepared.bytes)

    def shape(
        self,
        operation: CompiledOperation,
        values: Mapping[str, Any],
        all_values: Any,
        charge: Charge | None = None,
    ) -> OperationPlan:
        """Return the plan of the operation for these values of its directive variables.

        `charge` is called with the cost of each plan but the first, which is charged with the document.
        """
        key = (operation, *(values.get(name) for name in operation.shaping))
        shape = self._shapes.get(key)
        if shape is None:
            if operation.is_planned and charge is not None:
                charge(operation.weight.selections * SELECTION_COST)
            shape, operation.is_planned = self._shaped(operation, all_values()), True
            self._shapes.put(key, shape, operation.document_bytes)
            shape.planner.on_growth = partial(self._grown, key, operation.document_bytes)
        return shape

    def _grown(self, key: tuple[Any, ...], size: int, planned: int) -> None:
        """Update the size of a cached plan, which grows as nested row sets are planned on first use."""
        self._shapes.resize(key, size + planned)

    def _shaped(self, operation: CompiledOperation, values: Any) -> OperationPlan:
        selection = Selection(self.core, operation.fragments, values)
        entrance = operation.definition.operation.value
        selected = selection.root_fields(entrance.title(), operation.definition.selection_set)
        roots = [self._root(operation, one) for one in selected]
        used = {name for root in roots for name in root.given.variables}
        declared = {one.variable.name.value for one in operation.definition.variable_definitions or ()}
        simple = used == declared and all(root.given.simple is not None for root in roots)
        introspects = any(root.function is None for root in roots)
        return OperationPlan(Planner(selection, for_core=False), roots, simple, entrance.title(), introspects)

    def _root(self, operation: CompiledOperation, selected: SelectedField) -> RootField:
        if selected.name.startswith("__"):
            return RootField(selected, None, NOTHING_GIVEN, selected.type_name)
        found: StrawberryField = selected.field.extensions["strawberry-definition"]
        assert found.base_resolver is not None
        function: Callable[..., Any] = found.base_resolver.wrapped_func  # type: ignore[assignment]
        return RootField(
            selected,
            function,
            root_arguments(self.schema, operation.definition, selected, found),
            get_named_type(selected.field.type).name,
        )
