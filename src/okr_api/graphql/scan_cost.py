"""Scan cost: estimate the table rows that filters, sorting and `totalCount` make PostgreSQL read."""

from collections.abc import Callable, Mapping, Set
from typing import Any

from graphql import ValueNode
from graphql.language import ListValueNode, ObjectValueNode, VariableNode

from okr_api.graphql.argument_values import Defaults, Variables, evaluate_argument
from okr_api.query_engine.change_queries import MAX_CHANGES_SCANNED
from okr_api.query_engine.table_sizes import TableSizes

ROWS_PER_COST = 40
TREE_ROWS_PER_COST = 20
CHANGES_PER_COST = 10
COMPARISONS_PER_LOOK = 20  # so many comparisons of a row cost as much as reading it
TEXT_COMPARISON = 3  # a substring search costs as much as so many comparisons
STATUS_COMPARISON = 10
CYCLE_COMPARISON = 25  # needs a subselect: a key result's cycle is its objective's

TREE, CHANGES = "objectiveTree", "changes"
FILTER, ORDER, TOTAL_COUNT = "filter", "orderBy", "totalCount"
Dependency = Callable[[Variables, TableSizes], int]

# Root fields that are pages of a table, and filter fields whose comparisons cost more than one.
TABLES = {
    "objectives": "objective",
    "keyResults": "key_result",
    "people": "person",
    "teams": "team",
    "cycles": "cycle",
}
DEAR_FIELDS: Mapping[tuple[str, str], int] = {
    ("objectives", "status"): STATUS_COMPARISON,
    ("keyResults", "status"): STATUS_COMPARISON,
    ("keyResults", "cycle"): CYCLE_COMPARISON,
}
DEAR_OPERATORS = {"contains": TEXT_COMPARISON}
COMBINING = ("and", "or", "not")


def scan_of_root(
    name: str, given: Mapping[str, ValueNode], defaults: Defaults, selected: Set[str]
) -> Dependency | None:
    """Return a root field's scan cost as a function of variables and table sizes; None if it scans nothing.

    A page scans its table once to filter or sort, and once for `totalCount`. A table of unknown size costs
    nothing in advance.
    """
    if name == CHANGES and FILTER in given:
        return _changes(given, defaults)
    counts = TOTAL_COUNT in selected
    if name not in TABLES or not (counts or FILTER in given or ORDER in given):
        return None

    filter, order = given.get(FILTER), given.get(ORDER)
    fixed = comparisons_in(name, evaluate_argument(filter, {}, {})) if _is_fixed(filter) else None

    def scan(variables: Variables, sizes: TableSizes) -> int:
        comparisons = (
            comparisons_in(name, evaluate_argument(filter, variables, defaults)) if fixed is None else fixed
        )
        orders = order is not None and evaluate_argument(order, variables, defaults) is not None
        looks = counts + (orders or comparisons > 0)
        each = COMPARISONS_PER_LOOK + comparisons
        return sizes.rows.get(TABLES[name], 0) * looks * each // (COMPARISONS_PER_LOOK * ROWS_PER_COST)

    return scan


def _is_fixed(filter: ValueNode | None) -> bool:
    """Return whether a filter's comparisons do not depend on variables, which are only compared values."""
    match filter:
        case VariableNode():
            return False
        case ListValueNode():
            return all(map(_is_fixed, filter.values))
        case ObjectValueNode():
            return all(
                _is_fixed(one.value)
                if one.name.value in COMBINING
                else not isinstance(one.value, VariableNode)
                for one in filter.fields
            )
    return True


def _changes(given: Mapping[str, ValueNode], defaults: Defaults) -> Dependency:
    def changes(variables: Variables, sizes: TableSizes) -> int:
        after = evaluate_argument(given.get("after"), variables, defaults)
        found = sizes.changes_after(after if isinstance(after, int) else 0)
        return min(found, MAX_CHANGES_SCANNED) // CHANGES_PER_COST

    return changes


def tree_size(given: Mapping[str, ValueNode], defaults: Defaults) -> Dependency:
    """Return the number of objects that a tree counts as, as a function of variables and table sizes."""

    def size(variables: Variables, sizes: TableSizes) -> int:
        of = evaluate_argument(given.get("cycleId"), variables, defaults)
        of = of or evaluate_argument(given.get("rootId"), variables, defaults)
        depth = evaluate_argument(given.get("depth"), variables, defaults)
        if not isinstance(of, str) or not isinstance(depth, int | None):
            return 1
        return max(sizes.tree((of, depth)) // TREE_ROWS_PER_COST, 1)

    return size


def comparisons_in(name: str, filter: Any) -> int:
    """Return the number of comparisons in a filter as sent; expensive ones count several times."""
    found, waiting = 0, [filter]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            for key, value in one.items():
                if key in COMBINING:
                    waiting.append(value)
                elif isinstance(value, dict):
                    dear = DEAR_FIELDS.get((name, key), 1)
                    found += dear * sum(DEAR_OPERATORS.get(operator, 1) for operator in value)
    return found
