"""Query cost: estimate an operation's cost from page and table sizes; limit cost, depth and selections.

The cost is one plus the number of objects that the response may have, by its page sizes. A list without
pages counts as two, twenty rows of a tree as one, a mutation as ten and each of its items as one, each root
field of a query after the first as five. Table scans and fields that compute are added (`scan_cost.py`,
`field_cost.py`). Fields excluded by `@skip` and `@include` count: a cost depends only on the document, its
page sizes and the table sizes.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.language import IntValueNode, ListValueNode, ObjectValueNode, ValueNode, VariableNode

from okr_api.graphql.argument_values import ITEMS, SizeExpression, Variables
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.field_cost import LEAVES
from okr_api.graphql.introspection_cost import OBJECTS_PER_COST, list_sizes
from okr_api.graphql.scan_cost import TREE, Dependency, scan_of_field, tree_size
from okr_api.query_engine.cursors import DEFAULT_PAGE_SIZE
from okr_api.store.table_sizes import UNKNOWN, TableSizes

MAX_DEPTH = 25
MAX_ROOT_FIELDS = 50
MAX_COST = 20_000
MAX_SELECTIONS = 500
MAX_COSTS_CACHED = 20

MUTATION = 10
LIST = 2
ROOT_FIELD_COST = 5
ROOTS_OF_TREE = "roots"
INTROSPECTING = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
FIRST, LAST, IDS, INPUT = "first", "last", "ids", "input"
Known = tuple[int, int, int]  # a cost, a depth and the cost of the rows that are scanned


class TooComplex(GraphQLError):
    """The operation is too large: too deep, too many fields, or too high a cost."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": ErrorCode.TOO_COMPLEX})


class OperationCost:
    """Cost of an operation as a function of its variables and of table sizes."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        """Find out what the cost depends on; the document need not be valid.

        Raises:
            TooComplex: the operation is too deep, or has too many root fields or selections.
        """
        self.schema, self.document, self.operation = schema, document, operation
        self.costs: dict[tuple[Hashable, ...], tuple[int, int]] = {}
        scales = _CostVisitor(schema, document, {}, UNKNOWN)
        scales.cost(operation)  # the result is not needed, only the dependencies
        self.selections = scales.selections
        self.depends = list(scales.depends.values())
        self.needs_sizes = scales.needs_sizes

    def cost(self, variables: Variables, sizes: TableSizes = UNKNOWN) -> int:
        """Return the cost with these variables, for an organisation with these table sizes.

        Raises:
            TooComplex: the cost without table scans exceeds `MAX_COST`. Scans are charged by measured work.
        """
        key = tuple([of(variables, sizes) for of in self.depends])
        known = self.costs.get(key)
        if known is None:
            if len(self.costs) >= MAX_COSTS_CACHED:
                self.costs.clear()
            scales = _CostVisitor(self.schema, self.document, variables, sizes)
            known = self.costs[key] = (scales.cost(self.operation), scales.scans)
        cost, scans = known
        if cost > MAX_COST:
            raise TooComplex(f"The operation costs {cost}, and may cost {MAX_COST}: ask for smaller pages")
        return min(cost + scans, MAX_COST)


def _check(found: int, most: int, what: str) -> None:
    if found > most:
        raise TooComplex(f"The document has {found} {what}; at most {most} are allowed")


def _arguments(node: FieldNode) -> dict[str, ValueNode]:
    return {argument.name.value: argument.value for argument in node.arguments or ()}


class _CostVisitor:
    """Visitor that adds up the cost of selections for given variables; equal selections are computed once."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Variables, sizes: TableSizes
    ) -> None:
        self.schema = schema
        self.variables, self.sizes = variables, sizes
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.defaults: dict[str, ValueNode | None] = {}
        self.depends: dict[Hashable, Dependency] = {}
        self.needs_sizes = False
        self.scans = 0
        self._known: dict[tuple[Any, ...], Known] = {}

    @property
    def selections(self) -> int:
        """Return the number of selections visited; merged fields count once."""
        return len(self._known)

    def cost(self, operation: OperationDefinitionNode) -> int:
        """Return the cost of an operation without scans; set `scans` to the cost of those."""
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            return 0
        for one in operation.variable_definitions or ():
            self.defaults[one.variable.name.value] = one.default_value
        fields = self._fields(root.name, [operation.selection_set])
        _check(len(fields), MAX_ROOT_FIELDS, "root fields")
        reads = operation.operation is OperationType.QUERY
        each = MUTATION if operation.operation is OperationType.MUTATION else 0
        known = [self._field(nodes, on, None, 1) for (on, _), nodes in fields.items()]
        found = sum(each + cost for cost, _, _ in known)
        self.scans = sum(scans for _, _, scans in known) if reads else 0
        return 1 + found + (ROOT_FIELD_COST * max(len(fields) - 1, 0) if reads else 0)

    def _scanned(self, on: str, nodes: Sequence[FieldNode], sets: Sequence[SelectionSetNode]) -> int:
        """Return the cost of the rows that a field scans to find its result."""
        selected = {of[0].name.value for of in self._fields("", sets).values()}
        scan = scan_of_field((on, nodes[0].name.value), _arguments(nodes[0]), self.defaults, selected)
        return 0 if scan is None else self._by_sizes(("scan", id(nodes[0])), scan)

    def _by_sizes(self, key: Hashable, value: Dependency) -> int:
        """Return a value that depends on table sizes, and record the dependency."""
        self.depends[key] = value
        self.needs_sizes = True
        return value(self.variables, self.sizes)

    def _selection(self, on: str, sets: Sequence[SelectionSetNode], page: int | None, depth: int) -> Known:
        """Return cost, depth and scans of selections on a type; a connection's lists have `page` items."""
        if depth > MAX_DEPTH:
            raise TooComplex(f"The document goes deeper than {MAX_DEPTH} levels")
        key = (on, page, *map(id, sets))
        known = self._known.get(key)
        if known is None:
            known = (0, 0, 0)
            for (parent, _), nodes in self._fields(on, sets).items():
                cost, height, scans = self._field(nodes, parent, page, depth)
                known = (known[0] + cost, max(known[1], height), known[2] + scans)
            self._known[key] = known
            _check(len(self._known), MAX_SELECTIONS, "selections, put together,")
        if depth + known[1] - 1 > MAX_DEPTH:
            raise TooComplex(f"The document goes deeper than {MAX_DEPTH} levels")
        return known

    def _field(self, nodes: Sequence[FieldNode], on: str, page: int | None, depth: int) -> Known:
        """Return cost, depth and scans of a field: it costs 1 plus its selections for each object."""
        name, given = nodes[0].name.value, _arguments(nodes[0])
        field: GraphQLField | None = getattr(self.schema.type_map.get(on), "fields", {}).get(name)
        field = INTROSPECTING.get(name, field)
        sets = [node.selection_set for node in nodes if node.selection_set]
        if field is None or not sets or not is_composite_type(get_named_type(field.type)):
            return 0, 1, LEAVES.get((on, name), 0)
        is_list = is_list_type(get_nullable_type(field.type))
        its_page = None
        if name == TREE:
            its_page = self._by_sizes(("tree", id(nodes[0])), tree_size(given, self.defaults))
        if FIRST in field.args:
            usual = field.args[FIRST].default_value
            usual = usual if isinstance(usual, int) else DEFAULT_PAGE_SIZE
            sizes = [self._sized(given[name], usual) for name in (FIRST, LAST) if name in given]
            its_page = max(sizes, default=usual)
        inner, height, scans = self._selection(get_named_type(field.type).name, sets, its_page, depth + 1)
        if name in INTROSPECTING:
            return 1 + inner // OBJECTS_PER_COST, 1 + height, 0
        if IDS in field.args:
            times = self._sized(given.get(IDS), 0)
        elif not is_list:
            times = 1
        elif name == ROOTS_OF_TREE and page is not None:
            return page + LIST * (1 + inner), 1 + height, LIST * scans
        elif page is not None:
            times = page
        else:
            times = list_sizes(self.schema).get((on, name), LIST) if on.startswith("__") else LIST
        items = self._sized(given.get(INPUT), 0) if INPUT in field.args else 0
        scans = times * scans + self._scanned(on, nodes, sets)
        return times * (1 + inner) + items, 1 + height, scans

    def _sized(self, node: ValueNode | None, usual: int) -> int:
        match node:
            case VariableNode():
                name = node.name.value
                size = SizeExpression(name, self._sized(self.defaults.get(name), usual))
                self.depends[size] = lambda variables, sizes: size.of(variables)
                return size.of(self.variables)
            case IntValueNode():
                return max(int(node.value), 0)
            case ListValueNode():
                return len(node.values)
            case ObjectValueNode():
                items = [field.value for field in node.fields if field.name.value == ITEMS]
                return self._sized(items[0], usual) if items else usual
        return usual

    def _fields(self, on: str, sets: Sequence[SelectionSetNode]) -> dict[tuple[str, str], list[FieldNode]]:
        """Return the fields selected on a type, by parent type and response key."""
        found: dict[tuple[str, str], list[FieldNode]] = {}
        for parent, node in self._collected(on, sets, set()):
            key = node.alias.value if node.alias else node.name.value
            found.setdefault((parent, key), []).append(node)
        return found

    def _collected(
        self, on: str, sets: Sequence[SelectionSetNode], spread: set[str]
    ) -> Iterator[tuple[str, FieldNode]]:
        for selected in sets:
            for node in selected.selections:
                if isinstance(node, FieldNode):
                    yield on, node
                    continue
                holder: Any = node
                if isinstance(node, FragmentSpreadNode):
                    name = node.name.value
                    holder = None if name in spread else self.fragments.get(name)
                    spread.add(name)
                if holder is not None:
                    type_name = holder.type_condition.name.value if holder.type_condition else on
                    yield from self._collected(type_name, [holder.selection_set], spread)
