"""Notices of mutations: parts that do not count, switched progress sources, check-ins without effect."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from okr_api.okr.alignment import Alignment
from okr_api.okr.check_in import CheckIn
from okr_api.okr.cycle import Cycle
from okr_api.okr.key_result import KeyResult
from okr_api.okr.notice import Notice, NoticeCode
from okr_api.okr.objective import Objective, ProgressSource
from okr_api.okr.tree import Tree
from okr_api.scoring.rollup import contributions_to, counting_in
from okr_api.scoring.tree_order import BY_ID

COUNT_BOTH = "with progressSource BOTH it counts key results and objectives"


def notices_of_alignments(
    tree: Tree, edges: Iterable[Alignment], path: Sequence[str | int] = ()
) -> tuple[Notice, ...]:
    """Return a notice for each contribution that the parent does not count."""
    return tuple(
        Notice(NoticeCode.OBJECTIVE_NOT_COUNTED, message, tuple(map(str, path)), (edge.parent_id,))
        for edge in edges
        if edge.counts and (message := _why_not_counted(tree, edge)) is not None
    )


def _why_not_counted(tree: Tree, edge: Alignment) -> str | None:
    """Return why the parent of a contribution does not count it; None if it does."""
    parent = tree.objectives[tree.owner_of(edge.parent_id)]
    if counting_in(tree, parent).source is ProgressSource.KEY_RESULTS:
        return (
            f"{parent.title!r} counts {_counted(tree, parent)} and not this objective: "
            f"its progressSource is {parent.progress_source}; {COUNT_BOTH}"
        )
    through = edge.parent_key_result_id and tree.key_results[edge.parent_key_result_id]
    if through and not through.counts:
        state = "has no weight" if through.weight == 0 else f"is {through.state}"
        return f"{through.title!r} {state}, so that {parent.title!r} counts nothing aligned to it"
    return None


def notices_of_key_result(
    tree: Tree, key_result: KeyResult, path: Sequence[str | int] = ()
) -> tuple[Notice, ...]:
    """Return a notice if a key result could count but its objective does not count it."""
    objective = tree.objectives[key_result.objective_id]
    if not key_result.counts or key_result.id in counting_in(tree, objective).key_results:
        return ()
    message = (
        f"{objective.title!r} counts {_counted(tree, objective)} and not this key result: "
        f"its progressSource is {objective.progress_source}; {COUNT_BOTH}"
    )
    return (Notice(NoticeCode.KEY_RESULT_NOT_COUNTED, message, tuple(map(str, path)), (objective.id,)),)


def notices_of_switches(tree: Tree, objectives: Iterable[UUID]) -> Iterator[Notice]:
    """Yield a notice for each objective whose progress source switched and that has parts of another kind."""
    for id in sorted(objectives, key=BY_ID):
        before, after = tree.objective_standings.before(id), tree.objective_standings.get(id)
        if before is None or after is None or before.progress_from is after.progress_from:
            continue
        objective = tree.objectives[id]
        own = any(key_result.counts for key_result in tree.key_results_of(id))
        if contributions_to(tree, id) or (own and after.progress_from is ProgressSource.OBJECTIVES):
            message = f"{objective.title!r} now counts {_counted(tree, objective)}: "
            reason = f"its progressSource is {objective.progress_source}"
            if objective.progress_source is not ProgressSource.BOTH:
                reason += f"; {COUNT_BOTH}"
            yield Notice(NoticeCode.PROGRESS_SOURCE_SWITCHED, message + reason, about=(id,))


def _counted(tree: Tree, objective: Objective) -> str:
    """Return a phrase that names the parts which an objective counts."""
    counting = counting_in(tree, objective)
    own = _number_of(len(counting.key_results), "key result")
    aligned = _number_of(len(counting.objectives), "contributing objective")
    match counting.source:
        case ProgressSource.KEY_RESULTS:
            return f"its {own}"
        case ProgressSource.OBJECTIVES:
            return f"its {aligned}"
        case _:
            return f"its {own} and {aligned}"


def _number_of(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def notice_of_late_readings(
    tree: Tree, cycle: Cycle, key_result: KeyResult, path: Sequence[str | int]
) -> Notice | None:
    """Return a notice if a key result has been measured after the last day of its cycle.

    At least its latest check-in is loaded.
    """
    readings = tree.readings.get(key_result.id, ())
    if not any(reading.measures and reading.effective_at >= cycle.ends_at(tree.zone) for reading in readings):
        return None
    message = (
        f"{key_result.title!r} has values from after the last day of {cycle.name}, {cycle.ends_on}: they are "
        "history and count nowhere"
    )
    return Notice(NoticeCode.CHECK_IN_NOT_COUNTED, message, tuple(map(str, path)), (key_result.id,))


def notice_of_check_in(
    tree: Tree, cycle: Cycle, key_result: KeyResult, check_in: CheckIn, path: Sequence[str]
) -> Notice | None:
    """Return a notice if a measurement counts nowhere; `path` is that of its effective time."""
    if not check_in.reading.measures or check_in.retraction_reason is not None:
        return None
    if check_in.effective_at >= cycle.ends_at(tree.zone):
        message = (
            f"{cycle.name} ended on {cycle.ends_on}: a value from after its last day is history and counts "
            "nowhere; with effectiveOn of a day inside the cycle it counts"
        )
        return Notice(NoticeCode.CHECK_IN_NOT_COUNTED, message, tuple(path))
    if check_in.definition != key_result.definition:
        message = f"It corrects a reading of an earlier definition of {key_result.title!r} and counts nowhere"
        return Notice(NoticeCode.CHECK_IN_NOT_COUNTED, message, tuple(path[:-1]), (key_result.id,))
    return None
