"""Argument values: JSON before coercion, sizes by variables, coerced for nested fields, one of several."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from graphql import GraphQLSchema, ValueNode
from graphql.execution.values import get_argument_values
from graphql.language import (
    BooleanValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    VariableNode,
)
from strawberry.types.arguments import convert_arguments
from strawberry.utils.str_converters import to_camel_case

from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.selection import SelectedField

ITEMS = "items"
Variables = Mapping[str, Any]
Defaults = Mapping[str, ValueNode | None]


@dataclass(frozen=True, slots=True)
class SizeExpression:
    """Size that a variable requests: a number, the length of a list, or the number of an input's items."""

    variable: str
    usual: int

    def of(self, variables: Variables) -> int:
        """Return the size for these variables; `usual` if the value has a wrong type, rejected elsewhere."""
        value = variables.get(self.variable)
        if isinstance(value, dict):
            value = value.get(ITEMS)
        if isinstance(value, list):
            return len(value)
        if isinstance(value, float) and not isfinite(value):
            return self.usual
        return max(int(value), 0) if isinstance(value, int | float) else self.usual


def evaluate_argument(node: ValueNode | None, variables: Variables, defaults: Defaults) -> Any:
    """Return the value of an argument as JSON; None if it is absent or null."""
    match node:
        case None | NullValueNode():
            return None
        case VariableNode():
            name = node.name.value
            return variables[name] if name in variables else evaluate_argument(defaults.get(name), {}, {})
        case ListValueNode():
            return [evaluate_argument(one, variables, defaults) for one in node.values]
        case ObjectValueNode():
            return {one.name.value: evaluate_argument(one.value, variables, defaults) for one in node.fields}
        case IntValueNode():
            return int(node.value)
        case FloatValueNode():
            return float(node.value)
        case BooleanValueNode():
            return node.value
    return getattr(node, "value", None)


def nested_arguments(core: GraphQLSchema, selected: SelectedField, variables: Any) -> dict[str, Any]:
    """Return the arguments of a nested field by Python name, coerced, inputs as objects of their types.

    Those of introspection are returned as graphql-core coerces them.
    """
    given = get_argument_values(selected.field, selected.nodes[0], variables)
    definition = selected.field.extensions.get("strawberry-definition")
    if definition is None:
        return given
    schema = core._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001  set by Strawberry
    registry = schema.schema_converter.scalar_registry
    return convert_arguments(given, definition.arguments, registry, schema.config)


def only_one_of(**given: str | None) -> tuple[str, str]:
    """Return the name and the value of the only argument that is given; the names are Python's.

    Raises:
        InvalidInput: none or several are given.
    """
    found = [(name, value) for name, value in given.items() if value is not None]
    if len(found) != 1:
        names = [to_camel_case(name) for name in given]
        raise InvalidInput(f"Give exactly one of {', '.join(names)}", path=[names[0]])
    return found[0]
