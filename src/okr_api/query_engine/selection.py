"""Selection: the fields that an operation selects of a type, with fragments and directives applied."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_directive_values

from .field_sources import READ, VIEW, Kind, View

META_FIELDS = {
    "__typename": TypeNameMetaFieldDef,
    "__schema": SchemaMetaFieldDef,
    "__type": TypeMetaFieldDef,
}
Nodes = Sequence[FieldNode]


@dataclass(frozen=True, slots=True)
class SelectedField:
    """Selected field with its response key and field nodes.

    `__typename` is selected like any other field, with graphql-core's definition of it.
    """

    key: str
    name: str
    field: GraphQLField
    nodes: tuple[FieldNode, ...]
    type_name: str

    @classmethod
    def of(cls, key: str, name: str, field: GraphQLField, nodes: tuple[FieldNode, ...]) -> "SelectedField":
        """Return a selected field; `type_name` is that of its type without lists and non-nulls."""
        return cls(key, name, field, nodes, get_named_type(field.type).name)

    @property
    def source(self) -> Kind:
        """Return the field source that the field declares."""
        kind: Kind = self.field.extensions["strawberry-definition"].metadata[READ]
        return kind


class Selection:
    """The fields that one operation selects of a type beneath some field nodes, collected once."""

    def __init__(
        self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: Any
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables
        self._fields: dict[tuple[str, tuple[int, ...]], list[SelectedField]] = {}

    @classmethod
    def of(cls, info: GraphQLResolveInfo[Any]) -> "Selection":
        """Return the selection of the operation being executed."""
        # Strawberry passes plain values; graphql-core expects them with their sources.
        values: Any = info.variable_values
        if not isinstance(values, VariableValues):
            values = VariableValues({}, values)
        return cls(info.schema, info.fragments, values)

    def object_type(self, name: str) -> GraphQLObjectType:
        """Return the object type of that name."""
        found = self.schema.type_map[name]
        assert isinstance(found, GraphQLObjectType)
        return found

    def view(self, type_name: str) -> View:
        """Return the view of the type of that name."""
        definition = self.object_type(type_name).extensions["strawberry-definition"]
        view = getattr(definition.origin, VIEW, None)
        assert isinstance(view, View), f"{type_name} does not say what it is a view of"
        return view

    def root_fields(self, type_name: str, selection_set: SelectionSetNode) -> list[SelectedField]:
        """Return the fields that an operation selects of its root type."""
        return self._grouped(type_name, [selection_set])

    def fields(self, type_name: str, nodes: Nodes) -> list[SelectedField]:
        """Return the fields that nodes of the operation select of an object type, by response key."""
        key = (type_name, tuple(map(id, nodes)))
        found = self._fields.get(key)
        if found is None:
            sets = [node.selection_set for node in nodes if node.selection_set]
            found = self._fields[key] = self._grouped(type_name, sets)
        return found

    def _grouped(self, type_name: str, sets: Iterable[SelectionSetNode]) -> list[SelectedField]:
        """Return the selected fields in order, grouped by response key."""
        object_type = self.object_type(type_name)
        grouped: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()  # a fragment counts once for all sets, as specified by GraphQL
        for selection_set in sets:
            for found in self._collect(object_type, selection_set, visited):
                grouped.setdefault(found.alias.value if found.alias else found.name.value, []).append(found)
        selected: list[SelectedField] = []
        for key, nodes in grouped.items():
            name = nodes[0].name.value
            field = object_type.fields.get(name) or META_FIELDS[name]
            selected.append(SelectedField.of(key, name, field, tuple(nodes)))
        return selected

    def _collect(
        self, object_type: GraphQLObjectType, selected: SelectionSetNode, visited: set[str]
    ) -> Iterator[FieldNode]:
        for node in selected.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                if self._applies(condition, object_type):
                    yield from self._collect(object_type, node.selection_set, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, object_type):
                    yield from self._collect(object_type, fragment.selection_set, visited)

    def _included(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        if skip and skip["if_" if "if_" in skip else "if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not include or bool(include["if_" if "if_" in include else "if"])

    def _applies(self, condition: str | None, object_type: GraphQLObjectType) -> bool:
        if condition is None or condition == object_type.name:
            return True
        abstract = self.schema.type_map[condition]
        return is_abstract_type(abstract) and self.schema.is_sub_type(abstract, object_type)
