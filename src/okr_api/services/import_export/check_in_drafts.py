"""Import drafts of check-ins, once all objectives and key results of the file are imported."""

from collections.abc import Callable, Sequence
from typing import Any

from okr_api.okr.check_in_draft import CheckInDraft
from okr_api.okr.errors import AlreadyExists
from okr_api.okr.key_result import reading_fits

from .import_row import ImportRow
from .import_session import ImportSession
from .initiatives import require_one


def draft_check(
    session: ImportSession, entries: Sequence[ImportRow[CheckInDraft]]
) -> Callable[[ImportRow[CheckInDraft], CheckInDraft], CheckInDraft]:
    """Return a function that rejects drafts that say nothing or do not fit, and a second for a person."""
    leaving = {entry.id for entry in entries if entry.line.take("removed", None) is True}
    kept = session.kept("check_in_drafts").values()
    places = {_place(each): each.id for each in kept if not each.removed and each.id not in leaving}

    def check(entry: ImportRow[CheckInDraft], draft: CheckInDraft) -> CheckInDraft:
        require_one(draft.objective_id, draft.key_result_id)
        if draft.removed or draft == entry.known:
            return draft
        tree = session.work.tree
        session.takes_changes(tree.cycle_of(tree.owner_of(draft.node_id)))
        key_result = tree.key_results[draft.key_result_id] if draft.key_result_id else None
        draft.as_check_in(session.now, key_result.definition if key_result else 1).checked()
        if key_result:
            reading_fits(key_result.measure, draft.value, draft.milestones_done)
        if places.setdefault(_place(draft), draft.id) != draft.id:
            message = "Another draft for this person is on the same key result or objective"
            raise AlreadyExists(message, path=["assignee_id"])
        return draft

    return check


def _place(draft: CheckInDraft) -> tuple[Any, ...]:
    return draft.assignee_id, draft.node_id
