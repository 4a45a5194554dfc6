"""Cost of reading the past in advance: an organisation is rebuilt for each field that reads it."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import ValueNode

from okr_api.graphql.argument_values import Defaults, Variables, evaluate_argument
from okr_api.query_engine.marked_ids import instants_of
from okr_api.store.table_sizes import TableSizes

PAST_COST = 200
PAST_NODES_PER_COST = 2
PAST_CHECK_INS_PER_COST = 20
AS_OF = "asOf"
BY_ID = {("Query", "node"): "id", ("Query", "nodes"): "ids"}  # an id names the instant as well


def cost_of_past(
    place: tuple[str, str], given: Mapping[str, ValueNode], defaults: Defaults
) -> Callable[[Variables, TableSizes], int] | None:
    """Return the cost of a field that may read the past, by variables and table sizes; None for others."""
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


def _rebuilding(sizes: TableSizes) -> int:
    """Return the cost of rebuilding an organisation."""
    nodes = sizes.rows.get("objective", 0) + sizes.rows.get("key_result", 0)
    check_ins = sizes.rows.get("check_in", 0)
    return PAST_COST + nodes // PAST_NODES_PER_COST + check_ins // PAST_CHECK_INS_PER_COST
