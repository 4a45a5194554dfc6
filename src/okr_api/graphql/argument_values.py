"""Evaluate argument nodes to JSON values before coercion, with variables substituted."""

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
