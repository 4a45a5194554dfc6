"""Values of arguments as they were sent, before they are coerced: literals with the variables put in."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from graphql import ValueNode
from graphql.language import (
    BooleanValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    VariableNode,
)

ITEMS = "items"
Variables = Mapping[str, Any]
Defaults = Mapping[str, ValueNode | None]


@dataclass(frozen=True, slots=True)
class SizeExpression:
    """How much a variable asks for: a number, a list, or the items of an input."""

    variable: str
    usual: int

    def of(self, variables: Variables) -> int:
        """As much as these variables say; those of a wrong kind are refused elsewhere."""
        value = variables.get(self.variable)
        if isinstance(value, dict):
            value = value.get(ITEMS)
        if isinstance(value, list):
            return len(value)
        if isinstance(value, float) and not isfinite(value):
            return self.usual
        return max(int(value), 0) if isinstance(value, int | float) else self.usual


def evaluate_argument(node: ValueNode | None, variables: Variables, defaults: Defaults) -> Any:
    """Return the value of an argument in the form of JSON; None where there is none."""
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
