"""Import cycles: read rows, the state by date if none is given, check days; `state_transitions` fits it."""

from dataclasses import replace

from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.errors import CycleLoops

from .errors import RowIsUnclear
from .frozen_rules import read_rules
from .import_row import ImportRow
from .import_session import ImportSession
from .parents import parents_first, refuse_loop, take_history
from .row_fields import read_entity
from .state_transitions import fit_cycle, settle_cycle_states


def take_cycles(session: ImportSession) -> list[ImportRow[Cycle]]:
    """Import the cycles, enclosing ones first; return their rows."""

    def read(entry: ImportRow[Cycle]) -> Cycle:
        return read_cycle(session, entry)

    cycles = session.work.tree.cycles
    entries = parents_first(session, "cycles", CycleLoops)
    for entry in entries:
        with session.row("cycles", entry.line.place):
            cycle = read(entry).checked()
            if cycle != entry.known:
                session.takes_changes(cycle)
            refuse_loop(cycle.id, cycle.parent_id, lambda id: cycles[id].parent_id, CycleLoops)
            _fits(session, cycle)
            cycle = fit_cycle(session, entry, cycle)
            if put := session.settle("cycles", entry, cycle):
                cycles[entry.id] = put
            session.leave_the_rest("cycles", entry.line)
    settle_cycle_states(session, entries)
    take_history(session, "cycles", entries, read)
    return entries


def read_cycle(session: ImportSession, entry: ImportRow[Cycle]) -> Cycle:
    """Return the cycle of a row."""
    line, known = entry.line, entry.known
    starts_on = line.day("start", known.starts_on if known else None)
    ends_on = line.day("end", known.ends_on if known else None)
    if starts_on is None or ends_on is None:
        raise RowIsUnclear("A cycle needs start and end, its first and its last day", path=["start"])
    days = {"starts_on": starts_on, "ends_on": ends_on}
    cycle: Cycle = read_entity(session, Cycle, entry, **days, state=CycleState.DRAFT, rules=None)
    state = line.word("state", CycleState, known.state if known else None)
    state, rules = state or _state_by_now(session, cycle), read_rules(entry)
    return replace(cycle, state=state, rules=rules if state is CycleState.CLOSED else None)


def _state_by_now(session: ImportSession, cycle: Cycle) -> CycleState:
    zone = session.work.tree.zone
    if cycle.ends_at(zone) <= session.now:
        return CycleState.REVIEW
    return CycleState.ACTIVE if cycle.starts_at(zone) <= session.now else CycleState.DRAFT


def _fits(session: ImportSession, cycle: Cycle) -> None:
    """Raise if days exceed the enclosing cycle, or exclude a nested cycle not in the file or any due day."""
    tree = session.work.tree
    if cycle.parent_id is not None:
        cycle.within(tree.cycles[cycle.parent_id])
    if tree.cycles.get(cycle.id) in (None, cycle):
        return
    of_this_file = set(session.ids["cycles"].values())
    for other in tree.cycles.values():
        if other.parent_id == cycle.id and other.id not in of_this_file:
            other.within(cycle)
    in_this_cycle = {objective.id for objective in tree.objectives.values() if objective.cycle_id == cycle.id}
    for key_result in tree.key_results.values():
        if key_result.objective_id in in_this_cycle:
            key_result.due_within(cycle)
