"""Record a mutation: recompute what it affects and append one change to the feed, unless nothing changes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change import Change, Delta, related_nodes
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.check_in import CheckIn
from okr_api.okr.entity import NodeType
from okr_api.okr.notice import Notice
from okr_api.store.delta_documents import DeltaDocuments
from okr_api.store.time_slicing import STEPS_BETWEEN_CHECKS, collect
from okr_api.store.unit_of_work import Work

from .assignment_notices import notices_of_assignments
from .mutation_runner import MutationResult
from .notices import notices_of_switches
from .recompute import recompute_touched


def is_unchanged(known: Any, edited: Any) -> bool:
    """Return whether the next version of an entity has the values of the one before."""
    return bool(replace(edited, version=known.version) == known)


def unchanged(work: Work, node_id: UUID, notices: tuple[Notice, ...] = (), **more: Any) -> MutationResult:
    """Return the result of an edit to what is stored already, with `more` fields: no change, at the head."""
    return MutationResult(
        seq=work.next_seq - 1, ids={"node": node_id}, notices=notices, is_unchanged=True, **more
    )


async def record_change(
    work: Work,
    actor: Actor,
    kind: ChangeKind,
    node_type: NodeType,
    node_id: UUID,
    *,
    fields: tuple[str, ...] = (),
    reason: str | None = None,
    check_ins: Sequence[CheckIn] = (),
    notices: tuple[Notice, ...] = (),
    **more: Any,
) -> MutationResult:
    """Recompute what the work has touched, append one change and return its result with `more` fields."""
    deltas = await recompute_touched(work, by_check_in=bool(check_ins))
    checked_in = [made.about_id for made in check_ins]
    change = Change(
        seq=work.next_seq,
        recorded_at=work.now,
        kind=kind,
        author=actor.author,
        node_type=node_type,
        node_id=node_id,
        fields=fields,
        reason=reason,
        deltas=deltas,
        check_in_ids=tuple(made.id for made in check_ins),
        related_ids=related_nodes(work.tree, work.plain, checked_in, beside=node_id, parts=work.parts),
        token_id=actor.token_id,
        request_id=work.request_id,
    )
    work.changes.append(change)
    notices += tuple(notices_of_switches(work.tree, filter(work.shows, work.touched_objectives)))
    notices += tuple(notices_of_assignments(work, actor.author.person_id))
    work.touched_key_results.clear()
    work.touched_objectives.clear()
    shown = DeltaDocuments(await _seen(work, deltas))
    more = {"ids": {"node": node_id}, **more}
    return MutationResult(seq=change.seq, deltas=shown, notices=notices, rows=work.saved, **more)


async def _seen(work: Work, deltas: Sequence[Delta]) -> Sequence[Delta]:
    """Return the deltas of what the actor may see; the change in the feed has all of them."""
    if work.visibility.is_everything:
        return deltas
    if len(deltas) <= STEPS_BETWEEN_CHECKS:
        return [delta for delta in deltas if work.shows(delta.node_id)]
    return await collect(delta for delta in deltas if work.shows(delta.node_id))
