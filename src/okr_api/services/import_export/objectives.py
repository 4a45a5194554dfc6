"""Import objectives: read rows, owners, states and dropped drafts; `alignments` imports the edges later."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.okr.cycle import CycleState
from okr_api.okr.entities import BY_MODEL
from okr_api.okr.errors import StateDoesNotFit
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.tree import Tree
from okr_api.services.edits import limited
from okr_api.store.import_history import Version

from .errors import RowIsUnclear
from .grades import read_grade
from .import_row import ImportRow
from .import_session import ImportSession
from .lineages import carried_first, refuse_carried_circle, set_lineages
from .parents import parents_first, refuse_loop
from .row_fields import read_entity, read_field
from .row_parser import ParsedRow
from .served_priorities import keep_served_priorities, refuse_removed_priorities
from .state_transitions import fit_objective

REPLACES = "replaces_id"


def take_objectives(session: ImportSession) -> list[ImportRow[Objective]]:
    """Import the objectives; return the rows that were not rejected."""
    taken: list[ImportRow[Objective]] = []
    tree = session.work.tree
    entries = parents_first(session, "objectives", RowIsUnclear, REPLACES, "replaces")
    for entry in carried_first(session, "objectives", entries, REPLACES):
        with session.row("objectives", entry.line.place):
            objective = fit_objective(session, entry, read_objective(session, entry))
            _refuse_circle(tree, objective)
            refuse_carried_circle(objective.id, objective.carried_from_id, tree.objectives)
            refuse_removed_priorities(session, objective)
            if objective != entry.known:
                for each in filter(None, (entry.known, objective)):
                    session.takes_changes(tree.cycles[each.cycle_id])
            earlier = session.history(entry, lambda then: read_objective(session, then))
            if not entry.line.has("is_dropped_draft"):
                objective = _dropped_as_its_history_says(objective, earlier)
            if put := session.settle("objectives", entry, objective, earlier):
                tree.objectives[entry.id] = put
                tree.whole.add(entry.id)
            taken.append(entry)
    set_lineages(tree, set(tree.objectives.changed_keys()))
    keep_served_priorities(session)
    return taken


def _refuse_circle(tree: Tree, objective: Objective) -> None:
    """Raise `RowIsUnclear` if an objective would replace itself."""

    def replaced(id: UUID) -> UUID | None:
        return tree.objectives[id].replaces_id

    refuse_loop(objective.id, objective.replaces_id, replaced, RowIsUnclear, REPLACES, "replace")


def _dropped_as_its_history_says(objective: Objective, earlier: Sequence[Version[Objective]]) -> Objective:
    """Set `is_dropped_draft` from the history, for exports that are older than the field."""
    states = [each.word.state for each in earlier if each.word.state is not ObjectiveState.DROPPED]
    if objective.state is ObjectiveState.DROPPED and states[-1:] == [ObjectiveState.DRAFT]:
        return replace(objective, is_dropped_draft=True)
    return objective


def _is_dropped_draft(line: ParsedRow, known: Objective | None, state: ObjectiveState) -> bool:
    """Return the row's value; without one, whether a known unpublished objective is dropped.

    Raises:
        RowIsUnclear: it is true of an objective that is not dropped.
        StateDoesNotFit: it is true of an objective that was published here.
    """
    dropped = state is ObjectiveState.DROPPED
    said = line.flag("is_dropped_draft", dropped and known is not None and known.is_unpublished)
    if said and not dropped:
        raise RowIsUnclear("is_dropped_draft is only true of a DROPPED objective", path=["is_dropped_draft"])
    if said and known is not None and not known.is_unpublished:
        raise StateDoesNotFit(f"{known.title!r} was published; it cannot be a dropped draft")
    return said


def read_objective(session: ImportSession, entry: ImportRow[Objective]) -> Objective:
    """Return the objective of a row."""
    line, known = entry.line, entry.known
    cycle_id = read_field(session, Objective, entry, "cycle_id")
    closed = session.work.tree.cycles[cycle_id].state is CycleState.CLOSED
    state = known.state if known else ObjectiveState.CLOSED if closed else ObjectiveState.PUBLISHED
    state = line.word("state", ObjectiveState, state) or state
    given = {
        "cycle_id": cycle_id,
        "state": state,
        "is_dropped_draft": False,
        "grade": read_grade(session, entry),
    }
    objective: Objective = read_entity(session, Objective, entry, **given, **_owners(session, entry))
    return replace(objective, is_dropped_draft=_is_dropped_draft(line, known, state))


def _owners(session: ImportSession, entry: ImportRow[Objective]) -> dict[str, Any]:
    """Return owner and contributors, by field, as far as `owner_ids` gives them: it has the owner first."""
    line = entry.line
    if not line.has("owner_ids"):
        return {}
    people = [session.resolve("people", name, "owner_ids") for name in line.references("owner_ids")]
    owner_id = people[0] if people else None
    contributors = tuple(dict.fromkeys(id for id in people[1:] if id != owner_id))
    found: dict[str, Any] = {} if line.has("owner_id") else {"owner_id": owner_id}
    if not line.has("contributor_ids"):
        entity, name = BY_MODEL[Objective], "contributor_ids"
        found[name] = limited(entity, entity.field(name), contributors, name)
    return found
