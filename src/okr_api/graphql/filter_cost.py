"""Cost of filters in advance: their comparisons of a row, and the rows to which an index narrows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from graphql import ValueNode
from graphql.language import ListValueNode, ObjectValueNode, VariableNode

TEXT_COMPARISON = 3  # a substring search costs as much as so many comparisons
STATUS_COMPARISON = 10
SUBSELECT_COMPARISON = 25  # reads another table for each row: a key result's cycle is its objective's

# Filter fields whose comparisons cost more than one, by table.
DEAR_FIELDS: Mapping[tuple[str, str], int] = {
    ("objective", "status"): STATUS_COMPARISON,
    ("objective", "parent"): SUBSELECT_COMPARISON,
    ("objective", "isOrphan"): SUBSELECT_COMPARISON,
    ("objective", "priority"): SUBSELECT_COMPARISON,
    ("key_result", "status"): STATUS_COMPARISON,
    ("key_result", "cycle"): SUBSELECT_COMPARISON,
    ("key_result", "label"): TEXT_COMPARISON,
    ("check_in", "objective"): SUBSELECT_COMPARISON,
    ("initiative", "objective"): SUBSELECT_COMPARISON,
    **dict.fromkeys(
        product(("roadblock", "decision", "experiment", "lesson"), ("objective", "team")),
        SUBSELECT_COMPARISON,
    ),
    **dict.fromkeys(product(("experiment", "lesson", "review_record"), ("cycle",)), SUBSELECT_COMPARISON),
    ("review_record", "team"): SUBSELECT_COMPARISON,
    ("lesson", "tag"): TEXT_COMPARISON,
    ("dependency", "needingObjective"): SUBSELECT_COMPARISON,
    ("dependency", "needingTeam"): SUBSELECT_COMPARISON,
    ("dependency", "givingObjective"): SUBSELECT_COMPARISON,
    ("check_in", "isCurrent"): SUBSELECT_COMPARISON,
}
# Filter fields by which an index leaves the rows of one parent: by table, with the parent's table.
NARROWING: Mapping[str, Mapping[str, str]] = {
    "objective": {"cycle": "cycle"},
    "key_result": {"objective": "objective"},
    "check_in": {"keyResult": "key_result"},
}
DEAR_OPERATORS = {"contains": TEXT_COMPARISON}
COMBINING = ("and", "or", "not")


@dataclass(frozen=True, slots=True)
class FilterCost:
    """What a filter as sent costs: its comparisons, and the tables of the parents to which it narrows."""

    comparisons: int
    narrowed_to: tuple[str, ...]

    @classmethod
    def of(cls, table: str, filter: Any) -> "FilterCost":
        narrowed = tuple(
            parent
            for field, parent in NARROWING.get(table, {}).items()
            if isinstance(filter, dict) and _names_one(filter.get(field))
        )
        return cls(comparisons_in(table, filter), narrowed)


def _names_one(condition: Any) -> bool:
    """Return whether a condition on a parent, as sent, is that it has a certain id or external id."""
    if not isinstance(condition, dict):
        return False
    by_id = condition.get("id")
    return "externalId" in condition or (isinstance(by_id, dict) and "eq" in by_id)


def is_fixed(filter: ValueNode | None) -> bool:
    """Return whether a filter's comparisons do not depend on variables, which are only compared values."""
    match filter:
        case VariableNode():
            return False
        case ListValueNode():
            return all(map(is_fixed, filter.values))
        case ObjectValueNode():
            return all(
                is_fixed(one.value)
                if one.name.value in COMBINING
                else not isinstance(one.value, VariableNode)
                for one in filter.fields
            )
    return True


def comparisons_in(table: str, filter: Any) -> int:
    """Return the number of comparisons in a filter as sent; expensive ones count several times."""
    found, waiting = 0, [filter]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            for key, value in one.items():
                dear = DEAR_FIELDS.get((table, key), 1)
                if key in COMBINING:
                    waiting.append(value)
                elif isinstance(value, dict):
                    found += dear * sum(DEAR_OPERATORS.get(operator, 1) for operator in value)
                elif isinstance(value, bool):
                    found += dear
    return found
