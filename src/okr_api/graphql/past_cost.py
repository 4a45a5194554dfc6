"""Cost in advance of reading the past and of simulating: an organisation is rebuilt or copied for each."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import ValueNode

from okr_api.graphql.argument_values import Defaults, Variables, evaluate_argument
from okr_api.query_engine.marked_ids import instants_of
from okr_api.store.table_sizes import TableSizes

PAST_COST = 200
SIMULATED_CHANGE_COST = 10
PAST_NODES_PER_COST = 2
PAST_CHECK_INS_PER_COST = 20
AS_OF, SIMULATE, CHANGES = "asOf", ("Query", "simulate"), "changes"
BY_ID = {("Query", "node"): "id", ("Query", "nodes"): "ids"}  # an id names the instant as well


def cost_of_past(
    place: tuple[str, str], given: Mapping[str, ValueNode], defaults: Defaults
) -> Callable[[Variables, TableSizes], int] | None:
    """Return the cost of a field that may rebuild an organisation, by variables and sizes; else None."""
    if place == SIMULATE:
        return lambda variables, sizes: _rebuilding(sizes) + _simulating(given, defaults, variables)
    if AS_OF not in given and place not in BY_ID:
        return None

    def cost(variables: Variables, sizes: TableSizes) -> int:
        return _rebuilding(sizes) if _reads_past(place, given, defaults, variables) else 0

    return cost


def _reads_past(
    place: tuple[str, str], given: Mapping[str, ValueNode], defaults: Defaults, variables: Variables
) -> bool:
    if AS_OF in given:
        return evaluate_argument(given[AS_OF], variables, defaults) is not None
    value: Any = evaluate_argument(given.get(BY_ID[place]), variables, defaults)
    texts = value if isinstance(value, list) else [value]
    return bool(instants_of([text for text in texts if isinstance(text, str)]))


def _simulating(given: Mapping[str, ValueNode], defaults: Defaults, variables: Variables) -> int:
    """Return the cost of the changes of a simulation."""
    changes: Any = evaluate_argument(given.get(CHANGES), variables, defaults)
    return SIMULATED_CHANGE_COST * (len(changes) if isinstance(changes, list) else 1)


def _rebuilding(sizes: TableSizes) -> int:
    """Return the cost of rebuilding an organisation."""
    nodes = sizes.rows.get("objective", 0) + sizes.rows.get("key_result", 0)
    check_ins = sizes.rows.get("check_in", 0)
    return PAST_COST + nodes // PAST_NODES_PER_COST + check_ins // PAST_CHECK_INS_PER_COST
