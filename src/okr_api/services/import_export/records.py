"""Import roadblocks, meetings, decisions and reviews, once what they are about is imported."""

from collections.abc import Callable, Sequence

from okr_api.okr.decision import Decision
from okr_api.okr.meeting import Meeting
from okr_api.okr.review_record import ReviewRecord
from okr_api.okr.roadblock import Roadblock

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession
from .initiatives import require_one


def check_roadblock(_: ImportRow[Roadblock], roadblock: Roadblock) -> Roadblock:
    """Return a roadblock; reject what mutations reject, and a state that its other fields contradict."""
    require_one(roadblock.objective_id, roadblock.key_result_id)
    if roadblock.is_resolved != (roadblock.resolved_at is not None):
        raise RowIsUnclear(
            "A roadblock has resolved_at exactly if its state is RESOLVED", path=["resolved_at"]
        )
    if roadblock.resolution is not None and not roadblock.is_resolved:
        raise RowIsUnclear("A roadblock that is OPEN has no resolution", path=["resolution"])
    if roadblock.escalation_reason is not None and roadblock.escalated_to_id is None:
        raise RowIsUnclear(
            "The row has an escalation_reason without escalated_to_id", path=["escalated_to_id"]
        )
    return roadblock.checked()


def check_decision(_: ImportRow[Decision], decision: Decision) -> Decision:
    """Return a decision; reject what mutations reject."""
    if decision.objective_id is not None and decision.key_result_id is not None:
        raise RowIsUnclear("The row has both objective_id and key_result_id", path=["objective_id"])
    return decision.checked()


def meeting_check(
    session: ImportSession, entries: Sequence[ImportRow[Meeting]]
) -> Callable[[ImportRow[Meeting], Meeting], Meeting]:
    """Return a function that rejects meetings that lie ahead."""
    del entries
    return lambda _, meeting: meeting.checked(session.now)


def review_check(
    session: ImportSession, entries: Sequence[ImportRow[ReviewRecord]]
) -> Callable[[ImportRow[ReviewRecord], ReviewRecord], ReviewRecord]:
    """Return a function that rejects reviews in cycles that were closed before.

    Scores are computed once all is imported: what closing needs of a review is checked then, by mutations.
    """
    del entries
    tree = session.work.tree

    def check(entry: ImportRow[ReviewRecord], review: ReviewRecord) -> ReviewRecord:
        for each in (entry.known, review) if review != entry.known else ():
            if each is not None:
                session.takes_changes(tree.cycle_of(each.objective_id))
        return review

    return check
