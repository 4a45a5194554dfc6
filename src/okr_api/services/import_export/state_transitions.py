"""States in an import: only reachable ones, objectives closed with their cycle; notes and warnings."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from okr_api.okr.cycle import FOLLOWING, Cycle, CycleState
from okr_api.okr.errors import CycleTransition, StateDoesNotFit
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.objective import Objective, ObjectiveState

from .import_row import ImportRow
from .import_session import ImportSession
from .plurals import listed, quantity

State = TypeVar("State", bound=StrEnum)
STEPS, FOLLOWS = "STATE_STEPS", "STATE_FOLLOWS"

# By publish, pause, drop and restore, and by closing and reopening the cycle.
OBJECTIVE_STEPS: Mapping[ObjectiveState, set[ObjectiveState]] = {
    ObjectiveState.DRAFT: {ObjectiveState.PUBLISHED, ObjectiveState.DROPPED},
    ObjectiveState.PUBLISHED: {ObjectiveState.PAUSED, ObjectiveState.DROPPED, ObjectiveState.CLOSED},
    ObjectiveState.PAUSED: {ObjectiveState.PUBLISHED, ObjectiveState.DROPPED},
    ObjectiveState.DROPPED: {ObjectiveState.PUBLISHED},
    ObjectiveState.CLOSED: {ObjectiveState.PUBLISHED},
}
DROPPED_DRAFT_STEPS: Mapping[ObjectiveState, set[ObjectiveState]] = {
    ObjectiveState.DROPPED: {ObjectiveState.DRAFT},
}
KEY_RESULT_STEPS: Mapping[KeyResultState, set[KeyResultState]] = {
    KeyResultState.ACTIVE: {KeyResultState.PAUSED, KeyResultState.DROPPED},
    KeyResultState.PAUSED: {KeyResultState.ACTIVE, KeyResultState.DROPPED},
    KeyResultState.DROPPED: {KeyResultState.ACTIVE},
}


def steps_between(steps: Mapping[State, set[State]], before: State, after: State) -> list[State] | None:
    """Return the states on the shortest path between two, without its ends; None if there is no path."""
    ways: deque[list[State]] = deque([[before]])
    seen = {before}
    while ways:
        way = ways.popleft()
        if way[-1] is after:
            return way[1:-1]
        for state in sorted(steps[way[-1]] - seen):
            seen.add(state)
            ways.append([*way, state])
    return None


def _report_steps(
    session: ImportSession, place: str, name: str, states: tuple[str, str], by: list[State]
) -> None:
    if by:
        way = listed([str(state) for state in by])
        session.report.note(place, STEPS, f"{name} goes from {states[0]} to {states[1]} by {way}")


def fit_cycle(session: ImportSession, entry: ImportRow[Cycle], cycle: Cycle) -> Cycle:
    """Return the cycle in an allowed state; a new one without a state is closed if its parent is.

    Raises:
        CycleTransition: no mutations lead to the state.
        CycleIsClosed: its new parent was closed before this import.
    """
    known, place = entry.known, entry.line.place
    parent = session.work.tree.cycles[cycle.parent_id] if cycle.parent_id else None
    if parent and (known is None or known.parent_id != cycle.parent_id):
        session.takes_changes(parent)
    if known is None:
        closed_with_parent = parent is not None and parent.state is CycleState.CLOSED
        if closed_with_parent and parent and not entry.line.gives("state"):
            session.report.note(place, FOLLOWS, f"{cycle.name} is CLOSED, as {parent.name} around it is")
            return replace(cycle, state=CycleState.CLOSED)
        return cycle
    if steps_between(FOLLOWING, known.state, cycle.state) is None:
        raise CycleTransition(f"{cycle.name} is {known.state}; it cannot become {cycle.state}")
    return cycle


def settle_cycle_states(session: ImportSession, entries: list[ImportRow[Cycle]]) -> None:
    """Reject closing cycles around open ones, innermost first: they stay open. Report skipped steps."""
    cycles = session.work.tree.cycles
    within: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for inner in cycles.values():
        if inner.parent_id:
            within[inner.parent_id].append(inner.id)
    for entry in reversed(entries):
        cycle = cycles.get(entry.id)
        if cycle is None or not _closes(session, cycle):
            continue
        still_open = [cycles[id] for id in within[cycle.id] if cycles[id].state is not CycleState.CLOSED]
        if still_open:
            _keep_open(session, entry, cycle)
            first = still_open[0]
            with session.row("cycles", entry.line.place):
                raise CycleTransition(
                    f"{cycle.name} cannot be CLOSED: {first.name} lies within it and is {first.state}"
                )
    for entry in entries:
        if entry.known and (by := steps_between(FOLLOWING, entry.known.state, cycles[entry.id].state)):
            states = (entry.known.state, cycles[entry.id].state)
            _report_steps(session, entry.line.place, cycles[entry.id].name, states, by)


def _closes(session: ImportSession, cycle: Cycle) -> bool:
    """Return whether the import closes the cycle or creates it closed."""
    before = session.work.tree.cycles.before(cycle.id)
    return cycle.state is CycleState.CLOSED and (before is None or before.state is not CycleState.CLOSED)


def _keep_open(session: ImportSession, entry: ImportRow[Cycle], cycle: Cycle) -> None:
    known = entry.known
    kept = replace(cycle, state=known.state if known else CycleState.REVIEW, rules=None)
    if known and replace(kept, version=known.version) == known:
        kept = known
        session.report.of("cycles").updated -= 1
    session.work.tree.cycles[cycle.id] = kept


def fit_objective(session: ImportSession, entry: ImportRow[Objective], objective: Objective) -> Objective:
    """Return the objective in an allowed state: PUBLISHED becomes CLOSED in a closed cycle.

    Raises:
        StateDoesNotFit: it would be closed in an open cycle, or no mutations lead to the state.
    """
    cycle = session.work.tree.cycles[objective.cycle_id]
    known, place, state = entry.known, entry.line.place, objective.state
    closed = cycle.state is CycleState.CLOSED
    if closed and state is ObjectiveState.PUBLISHED:
        state = ObjectiveState.CLOSED
    elif not closed and state is ObjectiveState.CLOSED and not entry.line.gives("state"):
        state = ObjectiveState.PUBLISHED
    elif not closed and state is ObjectiveState.CLOSED:
        raise StateDoesNotFit(f"{objective.title!r} cannot be CLOSED: {cycle.name} is {cycle.state}")
    if state is not objective.state and not (known and known.state is state):
        message = f"{objective.title!r} is {state}, as {cycle.name} is {cycle.state}"
        session.report.note(place, FOLLOWS, message)
    if known is not None:
        steps = {**OBJECTIVE_STEPS, **(DROPPED_DRAFT_STEPS if known.is_dropped_draft else {})}
        by = steps_between(steps, known.state, state)
        if by is None:
            raise StateDoesNotFit(f"{objective.title!r} is {known.state}; it cannot become {state}")
        _report_steps(session, place, repr(objective.title), (known.state, state), by)
    return replace(objective, state=state)


def report_key_result_steps(
    session: ImportSession, entry: ImportRow[KeyResult], key_result: KeyResult
) -> None:
    """Report the steps that a key result skips; every state can be reached from every other."""
    if entry.known is None:
        return
    states = (entry.known.state, key_result.state)
    by = steps_between(KEY_RESULT_STEPS, *states) or []
    _report_steps(session, entry.line.place, repr(key_result.title), states, by)


def close_objectives(session: ImportSession, entries: list[ImportRow[Cycle]]) -> None:
    """Close the published objectives of cycles that the file closes, including those not in the file."""
    tree = session.work.tree
    closing = {cycle.id for cycle in tree.cycles.changed() if _closes(session, cycle)}
    closed: Counter[UUID] = Counter()
    for objective in list(tree.objectives.values()):
        if objective.cycle_id in closing and objective.state is ObjectiveState.PUBLISHED:
            tree.objectives[objective.id] = replace(
                objective, state=ObjectiveState.CLOSED, version=objective.version + 1
            )
            closed[objective.cycle_id] += 1
    for entry in entries:
        if closed[entry.id]:
            are = "is" if closed[entry.id] == 1 else "are"
            message = f"{quantity(closed[entry.id], 'objective')} of {tree.cycles[entry.id].name} {are}"
            session.report.note(entry.line.place, "OBJECTIVES_CLOSED", f"{message} closed with it")


def report_not_graded(session: ImportSession, entries: list[ImportRow[Cycle]]) -> None:
    """Warn about key results without a score in cycles that the file closes, once all is recomputed."""
    tree = session.work.tree
    missing: Counter[UUID] = Counter()
    for key_result in tree.key_results.values():
        objective = tree.objectives[key_result.objective_id]
        standing = tree.key_result_standings.get(key_result.id)
        if (
            key_result.counts
            and objective.state is ObjectiveState.CLOSED
            and key_result.grade is None
            and standing
            and standing.score_at_end is None
        ):
            missing[objective.cycle_id] += 1
    for entry in entries:
        cycle = tree.cycles.get(entry.id)
        if cycle and missing[cycle.id] and _closes(session, cycle):
            has = "has" if missing[cycle.id] == 1 else "have"
            message = f"{quantity(missing[cycle.id], 'key result')} of {cycle.name} {has} no score"
            session.report.warn(entry.line.place, "NOT_ALL_GRADED", message)


def report_check_ins_in_drafts(session: ImportSession) -> None:
    """Warn about check-ins imported into DRAFT cycles, where mutations record none yet."""
    tree = session.work.tree
    drafts: Counter[UUID] = Counter()
    for check_in in session.work.check_ins:
        cycle = tree.cycle_of(tree.owner_of(check_in.about_id))
        if cycle.state is CycleState.DRAFT:
            drafts[cycle.id] += 1
    for id, count in drafts.items():
        message = f"{quantity(count, 'check-in')} came into {tree.cycles[id].name}, which is still a DRAFT"
        session.report.warn("check_ins", "CYCLE_IS_DRAFT", message)
