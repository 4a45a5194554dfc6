"""Selection: collect the fields that an operation selects of a type, applying fragments and directives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
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

META_FIELDS = {
    "__typename": TypeNameMetaFieldDef,
    "__schema": SchemaMetaFieldDef,
    "__type": TypeMetaFieldDef,
}


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


class Selection:
    """The fields that one operation selects of a type beneath some field nodes."""

    def __init__(
        self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: Any
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

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

    def fields(self, type_name: str, nodes: Iterable[FieldNode]) -> list[SelectedField]:
        """Return the selected fields of an object type, in order, grouped by response key."""
        object_type = self.object_type(type_name)
        grouped: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()  # a fragment counts once for all nodes, as specified by GraphQL
        for node in nodes:
            if node.selection_set:
                for found in self._collect(object_type, node.selection_set, visited):
                    grouped.setdefault(found.alias.value if found.alias else found.name.value, []).append(
                        found
                    )
        selected: list[SelectedField] = []
        for key, found_nodes in grouped.items():
            name = found_nodes[0].name.value
            field = object_type.fields.get(name) or META_FIELDS[name]
            selected.append(SelectedField.of(key, name, field, tuple(found_nodes)))
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

    def possible_types(self, name: str) -> list[str]:
        """Return the object types that a type name stands for: itself, or those of an abstract type."""
        found = self.schema.type_map[name]
        if is_abstract_type(found):
            assert isinstance(found, GraphQLAbstractType)
            return [possible.name for possible in self.schema.get_possible_types(found)]
        return [name]
