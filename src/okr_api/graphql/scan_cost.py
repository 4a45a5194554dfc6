"""Scan cost of fields in advance: filters, sorting, `totalCount` and the feed; sizes of trees."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from graphql import ValueNode

from okr_api.graphql.argument_values import Defaults, Variables, evaluate_argument
from okr_api.graphql.discussion_cost import DISCUSSION_PAGES
from okr_api.graphql.field_cost import FIXED
from okr_api.graphql.filter_cost import SUBSELECT_COMPARISON, FilterCost, is_fixed
from okr_api.graphql.past_cost import cost_of_past
from okr_api.okr.entities import BY_SECTION
from okr_api.query_engine.change_pages import MAX_CHANGES_SCANNED
from okr_api.query_engine.tree_query import MAX_TREE_NODES
from okr_api.store.table_sizes import TableSizes, TreeKey

ROWS_PER_COST = 40
TREE_ROWS_PER_COST = 20
CHANGES_PER_COST = 10
COMPARISONS_PER_LOOK = 20  # so many comparisons of a row cost as much as reading it

TREE, CHANGES = "objectiveTree", "changes"
_TREES_OF = ("cycle", "root", "team", "person", "priority")
TREE_SCOPE = tuple(f"{of}{how}" for of in _TREES_OF for how in ("Id", "ExternalId"))
FILTER, ORDER, TOTAL_COUNT = "filter", "orderBy", "totalCount"
NODE, SCANNED_FOR = "nodeId", {"kinds", "nodeTypes"}  # of a filter for changes
STORED_ORDER = "CREATED_AT"  # the order of the ids, which needs no sorting
Dependency = Callable[[Variables, TableSizes], int]


@dataclass(frozen=True, slots=True)
class Pages:
    """Field of pages of a table: of all its rows, or of those of each row of a `parent` table.

    A field within another entity whose pages are of all rows has `ALL_OF_THEM` as its parent.
    """

    table: str
    parent: str | None = None

    def rows(self, sizes: TableSizes) -> int:
        """Return the number of rows that a page is taken from; for a nested one, the average."""
        rows = sizes.rows.get(self.table, 0)
        return rows if self.parent is None else rows // max(sizes.rows.get(self.parent, 0), 1)


ALL_OF_THEM = "organization"  # of which there is one
# Fields that list records, and the tables of the types, beside Query, that have these fields.
RECORDS = ("initiatives", "dependencies", "roadblocks", "decisions", "lessons")
WITH_RECORDS = {
    "Objective": "objective",
    "KeyResult": "key_result",
    "Measured": "objective",
    "Person": "person",
}
# Fields by parent type and name.
PAGES = {
    ("Query", "objectives"): Pages("objective"),
    ("Simulation", "objectives"): Pages("objective"),
    ("Query", "keyResults"): Pages("key_result"),
    ("Query", "checkIns"): Pages("check_in"),
    ("Query", "people"): Pages("person"),
    ("Query", "teams"): Pages("team"),
    ("Query", "absences"): Pages("absence"),
    ("Person", "absences"): Pages("absence", "person"),
    ("Query", "metrics"): Pages("metric"),
    ("Query", "cycles"): Pages("cycle"),
    ("Query", "priorities"): Pages("priority"),
    ("Objective", "checkInDrafts"): Pages("check_in_draft", "objective"),
    ("KeyResult", "checkInDrafts"): Pages("check_in_draft", "key_result"),
    ("Measured", "checkInDrafts"): Pages("check_in_draft", "objective"),
    ("Person", "checkInDrafts"): Pages("check_in_draft", "person"),
    **{
        (of, name): Pages(BY_SECTION[name].table, WITH_RECORDS.get(of))
        for of in ("Query", *WITH_RECORDS)
        for name in RECORDS
    },
    ("Query", "experiments"): Pages("experiment"),
    ("KeyResult", "experiments"): Pages("experiment", "key_result"),
    ("Person", "experiments"): Pages("experiment", "person"),
    ("Experiment", "lessons"): Pages("lesson", "experiment"),
    ("Query", "reviewRecords"): Pages("review_record"),
    ("ReviewRecord", "lessons"): Pages("lesson", "review_record"),
    ("Team", "dependencies"): Pages("dependency", "team"),
    ("Meeting", "decisions"): Pages("decision", "meeting"),
    ("Query", "meetings"): Pages("meeting"),
    ("Team", "meetings"): Pages("meeting", "team"),
    ("Cycle", "meetings"): Pages("meeting", "cycle"),
    ("Cycle", "objectives"): Pages("objective", "cycle"),
    ("Cycle", "adjustments"): Pages("key_result", "cycle"),
    ("CycleSummary", "celebrations"): Pages("objective", "cycle"),
    ("CycleSummary", "lessons"): Pages("key_result", "cycle"),
    ("Team", "objectives"): Pages("objective", "team"),
    ("Person", "objectives"): Pages("objective", "person"),
    ("Person", "keyResults"): Pages("key_result", "person"),
    ("Priority", "objectives"): Pages("objective", "priority"),
    ("CycleAlignment", "unaligned"): Pages("objective", "cycle"),
    ("CycleAlignment", "prioritiesWithoutObjectives"): Pages("objective", "cycle"),
    ("CycleAlignment", "teamsWithoutObjectives"): Pages("team", ALL_OF_THEM),
    ("Person", "teams"): Pages("team_membership", "person"),
    ("Team", "members"): Pages("team_membership", "team"),
    ("Metric", "keyResults"): Pages("key_result", "metric"),
    ("Metric", "readings"): Pages("metric_reading", "metric"),
    ("MetricReading", "checkIns"): Pages("check_in", "metric_reading"),
    ("Objective", "checkIns"): Pages("check_in", "objective"),
    ("KeyResult", "checkIns"): Pages("check_in", "key_result"),
    ("Measured", "checkIns"): Pages("check_in", "objective"),
    **{place: Pages(*of) for place, of in DISCUSSION_PAGES.items()},
}
# Arguments that narrow pages beside a filter, each as dear as a comparison that reads another table.
NARROWED = {
    ("Query", "lessons"): {"search", "tags", "teamId", "teamExternalId", "cycleId", "cycleExternalId"},
}


def scan_of_field(
    place: tuple[str, str], given: Mapping[str, ValueNode], defaults: Defaults, selected: Set[str]
) -> Dependency | None:
    """Return a field's scan cost as a function of variables and table sizes; None if it scans nothing.

    It includes the cost of rebuilding the past, see `past_cost.py`.
    """
    scan = _scan_of_rows(place, given, defaults, selected)
    past = cost_of_past(place, given, defaults)
    if scan is None or past is None:
        return scan or past
    return lambda variables, sizes: scan(variables, sizes) + past(variables, sizes)


def _scan_of_rows(
    place: tuple[str, str], given: Mapping[str, ValueNode], defaults: Defaults, selected: Set[str]
) -> Dependency | None:
    """Return the cost of the rows that a field scans; None if it scans none.

    A page scans its table once to filter or sort, and once for `totalCount`; a nested page scans the rows of
    its parent in any case. A table of unknown size costs nothing in advance.
    """
    if place == ("Query", CHANGES) and FILTER in given:
        return _changes(given, defaults)
    if place in FIXED:
        return _fixed(*FIXED[place])
    pages, counts = PAGES.get(place), TOTAL_COUNT in selected
    narrowed = SUBSELECT_COMPARISON * len(NARROWED.get(place, set()) & given.keys())
    if pages is None or not (counts or pages.parent or narrowed or FILTER in given or ORDER in given):
        return None

    filter, order = given.get(FILTER), given.get(ORDER)
    fixed = FilterCost.of(pages.table, evaluate_argument(filter, {}, {})) if is_fixed(filter) else None

    def scan(variables: Variables, sizes: TableSizes) -> int:
        known = fixed or FilterCost.of(pages.table, evaluate_argument(filter, variables, defaults))
        comparisons = known.comparisons + narrowed
        sorts = _sorts(evaluate_argument(order, variables, defaults))
        looks = counts + (pages.parent is not None or sorts or comparisons > 0)
        each = COMPARISONS_PER_LOOK + comparisons
        rows = min([pages.rows(sizes), *[Pages(pages.table, of).rows(sizes) for of in known.narrowed_to]])
        return rows * looks * each // (COMPARISONS_PER_LOOK * ROWS_PER_COST)

    return scan


def _fixed(cost: int, looks: int) -> Dependency:
    """Return the cost of a field that looks so often at every objective of a cycle, beside a fixed cost."""
    pages = PAGES["Cycle", "objectives"]
    return lambda variables, sizes: cost + looks * pages.rows(sizes) // ROWS_PER_COST


def _sorts(order: Any) -> bool:
    """Return whether an `orderBy` as sent needs sorting."""
    return isinstance(order, dict) and order.get("field") != STORED_ORDER


def _changes(given: Mapping[str, ValueNode], defaults: Defaults) -> Dependency:
    def changes(variables: Variables, sizes: TableSizes) -> int:
        filter = evaluate_argument(given.get(FILTER), variables, defaults)
        if isinstance(filter, dict) and NODE in filter and not filter.keys() & SCANNED_FOR:
            return 0  # a node's changes are listed
        after = evaluate_argument(given.get("after"), variables, defaults)
        found = sizes.changes_after(after if isinstance(after, int) else 0)
        return min(found, MAX_CHANGES_SCANNED) // CHANGES_PER_COST

    return changes


def tree_key(scope: Mapping[str, str], depth: int | None, *, subteams: bool = False) -> TreeKey:
    """Return the key of a tree's size: the arguments that say what it has, the depth, and the subteams."""
    return (tuple(sorted(scope.items())), subteams), depth


def tree_size(given: Mapping[str, ValueNode], defaults: Defaults) -> Dependency:
    """Return the number of objects that a tree counts as, as a function of variables and table sizes."""

    def size(variables: Variables, sizes: TableSizes) -> int:
        depth, subteams = (
            evaluate_argument(given.get(name), variables, defaults) for name in ("depth", "includeSubteams")
        )
        values = {name: evaluate_argument(given.get(name), variables, defaults) for name in TREE_SCOPE}
        scope = {name: value for name, value in values.items() if isinstance(value, str)}
        if not scope or not isinstance(depth, int | None):
            return 1
        key = tree_key(scope, depth, subteams=subteams is True)
        return max(sizes.tree(key, MAX_TREE_NODES) // TREE_ROWS_PER_COST, 1)

    return size
