"""Import objectives; their alignments are imported after all key results."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from okr_api.okr.cycle import CycleState
from okr_api.okr.errors import InvalidInput, StateDoesNotFit
from okr_api.okr.objective import (
    MAX_CONTRIBUTORS,
    Objective,
    ObjectiveKind,
    ObjectiveState,
    ProgressSource,
)
from okr_api.services.references import long_text
from okr_api.store.import_history import Version

from .errors import RowIsUnclear
from .import_row import ImportRow, named
from .import_session import ImportSession
from .row_parser import ParsedRow
from .state_transitions import fit_objective

Owners = tuple[UUID | None, tuple[UUID, ...]]


def take_objectives(session: ImportSession) -> list[ImportRow[Objective]]:
    """Import the objectives; return the rows that were not rejected."""
    taken: list[ImportRow[Objective]] = []
    tree = session.work.tree
    for entry in session.entries("objectives"):
        with session.row("objectives", entry.line.place):
            objective = fit_objective(session, entry, read_objective(session, entry))
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
    return taken


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
    cycle_id = session.refer(line, "cycles", "cycle_id", known.cycle_id if known else None)
    if cycle_id is None:
        raise RowIsUnclear("cycle_id is missing", path=["cycle_id"])
    closed = session.work.tree.cycles[cycle_id].state is CycleState.CLOSED
    state = known.state if known else ObjectiveState.CLOSED if closed else ObjectiveState.PUBLISHED
    kind = known.kind if known else ObjectiveKind.COMMITTED
    state = line.word("state", ObjectiveState, state) or state
    source = known.progress_source if known else ProgressSource.AUTO
    owner_id, contributor_ids = read_owners(
        session, line, (known.owner_id, known.contributor_ids) if known else (None, ())
    )
    return Objective(
        id=entry.id,
        external_id=entry.external_id,
        cycle_id=cycle_id,
        title=named(line, "title", known.title if known else None),
        description=long_text(line.text("description", known.description if known else None)),
        kind=line.word("kind", ObjectiveKind, kind) or kind,
        state=state,
        progress_source=line.word("progress_source", ProgressSource, source) or source,
        owner_id=owner_id,
        team_id=session.refer(line, "teams", "team_id", known.team_id if known else None),
        contributor_ids=contributor_ids,
        imported_score=line.number("published_score", known.imported_score if known else None),
        version=entry.version,
        is_dropped_draft=_is_dropped_draft(line, known, state),
    )


def read_owners(session: ImportSession, line: ParsedRow, known: Owners) -> Owners:
    """Return owner and contributors, given separately or as `owner_ids` with the owner first."""
    owner_id, contributor_ids = known
    if line.has("owner_ids"):
        people = [session.resolve("people", name, "owner_ids") for name in line.references("owner_ids")]
        owner_id = people[0] if people else None
        contributor_ids = tuple(dict.fromkeys(id for id in people[1:] if id != owner_id))
    owner_id = session.refer(line, "people", "owner_id", owner_id)
    if line.has("contributor_ids"):
        named_ones = line.references("contributor_ids")
        people = [session.resolve("people", name, "contributor_ids") for name in named_ones]
        contributor_ids = tuple(dict.fromkeys(people))
    if len(contributor_ids) > MAX_CONTRIBUTORS:
        raise InvalidInput(
            f"An objective has at most {MAX_CONTRIBUTORS} contributors", path=["contributor_ids"]
        )
    return owner_id, contributor_ids
