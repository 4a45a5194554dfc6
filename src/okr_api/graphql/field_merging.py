"""Validation rule in linear time: fields with the same response key can be merged; limit on their number.

graphql-core compares every pair of fields and of fragments, which is quadratic. Here the fields with a key
are compared with the first: having the same shape, or the same name and arguments, is an equivalence.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    ValidationRule,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_object_type,
    print_ast,
    specified_rules,
)
from graphql.utilities.sort_value_node import sort_value_node

from okr_api.graphql.error_codes import ErrorCode

MAX_FIELDS_MERGED = 5_000
MAX_SUBSCRIBED_FIELDS_MERGED = 1_000  # its plan, about 700 bytes per field, is kept while it is open


class Selected:
    """Selected field: its node, its parent type and its definition."""

    __slots__ = ("definition", "node", "parent")

    def __init__(self, parent: GraphQLNamedType | None, node: FieldNode, definition: GraphQLField | None):
        self.parent, self.node, self.definition = parent, node, definition

    @property
    def key(self) -> str:
        """Return the response key."""
        return self.node.alias.value if self.node.alias else self.node.name.value

    def shape(self) -> str | None:
        """Return the type with lists and non-nulls but without names of composite types; None if unknown."""
        if self.definition is None:
            return None
        named = get_named_type(self.definition.type)
        text = str(self.definition.type)
        return text if is_leaf_type(named) else text.replace(named.name, "")


Sets = tuple[tuple[GraphQLNamedType | None, SelectionSetNode], ...]


class FieldMerging(ValidationRule):
    """Validation rule that reports the first conflict between an operation's fields."""

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        """Check all selections of an operation."""
        root = self.context.schema.get_root_type(node.operation)
        is_held = node.operation is OperationType.SUBSCRIPTION
        most = MAX_SUBSCRIBED_FIELDS_MERGED if is_held else MAX_FIELDS_MERGED
        merger = Merger(self.context.schema, self.context.document.definitions, most)
        conflict = merger.conflict(((root, node.selection_set),))
        if conflict is not None:
            self.report_error(conflict)


class Merger:
    """Field merger for one operation; visits each merged set of selections once."""

    def __init__(self, schema: GraphQLSchema, definitions: Iterable[Any], most: int) -> None:
        self.schema = schema
        self.most = most
        self.fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self.merged = 0
        self._arguments: dict[int, str] = {}

    def conflict(self, sets: Sets) -> GraphQLError | None:
        """Return the first conflict below the selections, or None if all fields can be merged."""
        work: list[tuple[Sets, bool]] = [(sets, True)]
        known: set[tuple[Any, ...]] = set()
        while work:
            sets, same = work.pop()
            key = (same, *[id(one) for _, one in sets])
            if key in known:
                continue
            known.add(key)
            grouped: dict[str, list[Selected]] = {}
            for field in self._selected(sets):
                grouped.setdefault(field.key, []).append(field)
                self.merged += 1
            if self.merged > self.most:
                return GraphQLError(
                    f"The document selects more than {self.most} fields, fragments spread out",
                    extensions={"code": ErrorCode.TOO_COMPLEX},
                )
            for fields in grouped.values():
                reason = self._differ(fields, same=same)
                if reason is not None:
                    return reason
                work.extend(self._within(fields, same=same))
        return None

    def _differ(self, fields: Sequence[Selected], *, same: bool) -> GraphQLError | None:
        """Return the first conflict between fields with the same response key; None if there is none."""
        if len(fields) == 1:
            return None
        shaped = [one for one in fields if one.definition is not None]
        for other in shaped[1:]:
            if other.shape() != shaped[0].shape():
                first = shaped[0].definition
                assert first is not None
                assert other.definition is not None
                reason = f"they return conflicting types '{first.type}' and '{other.definition.type}'"
                return _conflict(shaped[0], other, reason)
        for group in _of_one_parent(fields) if same else ():
            first_of = group[0]
            for other in group[1:]:
                names = (first_of.node.name.value, other.node.name.value)
                if names[0] != names[1]:
                    return _conflict(first_of, other, "'{}' and '{}' are different fields".format(*names))
                if self._arguments_of(first_of.node) != self._arguments_of(other.node):
                    return _conflict(first_of, other, "they have differing arguments")
        return None

    def _within(self, fields: Sequence[Selected], *, same: bool) -> Iterator[tuple[Sets, bool]]:
        """Yield the sub-selections of fields with the same response key, to be merged next."""
        groups = list(_of_one_parent(fields)) if same else []
        for group in groups:
            if sets := _sets_of(group):
                yield sets, True
        if len(groups) != 1 and (sets := _sets_of(fields)):
            yield sets, False

    def _arguments_of(self, node: FieldNode) -> str:
        if not node.arguments:
            return ""
        known = self._arguments.get(id(node))
        if known is None:
            given = sorted((one.name.value, print_ast(sort_value_node(one.value))) for one in node.arguments)
            known = self._arguments[id(node)] = repr(given)
        return known

    def _selected(self, sets: Sets) -> Iterator[Selected]:
        """Yield the fields of selections, expanding each fragment once."""
        spread: set[str] = set()
        work: list[tuple[GraphQLNamedType | None, SelectionSetNode]] = list(reversed(sets))
        while work:
            parent, selections = work.pop()
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    yield Selected(parent, node, self._definition(parent, node.name.value))
                elif isinstance(node, InlineFragmentNode):
                    on = node.type_condition
                    work.append((self._type(on.name.value) if on else parent, node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self.fragments.get(node.name.value)
                    if fragment is not None:
                        work.append((self._type(fragment.type_condition.name.value), fragment.selection_set))

    def _type(self, name: str) -> GraphQLNamedType | None:
        return self.schema.type_map.get(name)

    def _definition(self, parent: Any, name: str) -> GraphQLField | None:
        return self.schema.get_field(parent, name) if parent and is_composite_type(parent) else None


def _of_one_parent(fields: Sequence[Selected]) -> Iterator[list[Selected]]:
    """Yield the fields that can apply to one object: those of an object type and of abstract types."""
    concrete: dict[str, list[Selected]] = {}
    others: list[Selected] = []
    for one in fields:
        if one.parent is not None and is_object_type(one.parent):
            concrete.setdefault(one.parent.name, []).append(one)
        else:
            others.append(one)
    if not concrete:
        yield others
    for group in concrete.values():
        yield others + group


def _sets_of(fields: Sequence[Selected]) -> Sets:
    """Return the sub-selections of fields, each with the type that it selects from."""
    return tuple(
        (get_named_type(one.definition.type) if one.definition else None, one.node.selection_set)
        for one in fields
        if one.node.selection_set
    )


def _conflict(one: Selected, other: Selected, reason: str) -> GraphQLError:
    return GraphQLError(
        f"Fields '{one.key}' conflict because {reason}. "
        "Use different aliases on the fields to fetch both if this was intentional.",
        [one.node, other.node],
    )


RULES = tuple(FieldMerging if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules)
