"""What closing a cycle needs: grades of what counts and, where required, a review of each objective."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from okr_api.okr.entity import NodeType
from okr_api.okr.objective import Objective, ObjectiveKind
from okr_api.okr.review_errors import NotAllGraded, NotAllReviewed
from okr_api.okr.review_gap import ReviewGap, ReviewNeed
from okr_api.okr.review_record import RootCause, needs_root_cause
from okr_api.scoring.grading import graded_by
from okr_api.scoring.rollup import counting_in
from okr_api.store.review_lookup import root_causes_of
from okr_api.store.time_slicing import Batches
from okr_api.store.unit_of_work import Work

from .references import Ref

MAX_REVIEW_GAPS_LISTED = 200  # in a refusal; those beyond are counted

Reviews = Mapping[UUID, RootCause | None]  # root causes of the reviews there are, by objective


async def check_closable(work: Work, cycle: Ref, published: Sequence[UUID], *, is_excused: bool) -> None:
    """Check what closing a cycle with these published objectives needs.

    `is_excused` says that there is a reason for what was not measured. Reviews are only needed where the
    organisation requires them; so are grades of objectives beneath which nothing counts.

    Raises:
        NotAllGraded: something has no score and no grade.
        NotAllReviewed: an objective has no review, or one that names no root cause though it fell short.
    """
    reviews: Reviews | None = None
    if work.organization.review_required:
        reviews = await root_causes_of(work.connection, work.organization.id, published)
    gaps: list[ReviewGap] = []
    async for batch in Batches(sorted(published, key=lambda id: id.int)):  # in order of creation
        for id in batch:
            gaps += _gaps_of(work, work.tree.objectives[id], reviews, is_excused=is_excused)
    _refuse(gaps, [gap for gap in gaps if work.shows(gap.node_id)], cycle)


def _refuse(gaps: Sequence[ReviewGap], seen: Sequence[ReviewGap], cycle: Ref) -> None:
    """Raise the error for what is missing, if anything is; it names only what the actor has `seen`."""
    listed = seen[:MAX_REVIEW_GAPS_LISTED]
    more = len(gaps) - len(listed)
    others = f"; {more} more {'is' if more == 1 else 'are'} not listed" if more else ""
    grades = [gap for gap in gaps if gap.need is ReviewNeed.GRADE]
    if grades:
        of_objectives = any(gap.node_type is NodeType.OBJECTIVE for gap in grades)
        noun = "objective" if of_objectives else "key result"  # of a single one
        nouns = "key results and objectives" if of_objectives else "key results"
        is_one = len(grades) == 1
        first = next((f", {gap.title!r} first" for gap in seen if gap.need is ReviewNeed.GRADE), "")
        raise NotAllGraded(
            f"{_have(len(grades), noun, nouns)} no score{first}; grade {'it' if is_one else 'them'}, or say "
            f"in notMeasuredReason why {'it was' if is_one else 'they were'} not measured{others}",
            path=["notMeasuredReason"],
            missing=listed,
        )
    if gaps:
        first = f", {seen[0].title!r} first" if seen else ""
        raise NotAllReviewed(
            f"{_have(len(gaps), 'objective', 'objectives')} no review, or one without the root cause that it "
            f"needs{first}{others}",
            path=cycle.path,
            missing=listed,
        )


def _have(count: int, noun: str, nouns: str) -> str:
    """Return how many have something as the begin of a sentence: `1 key result has`, `2 key results have`."""
    return f"1 {noun} has" if count == 1 else f"{count} {nouns} have"


def _gaps_of(
    work: Work, objective: Objective, reviews: Reviews | None, *, is_excused: bool
) -> Iterator[ReviewGap]:
    """Yield what is missing of an objective and its key results."""
    tree, id = work.tree, objective.id
    for key_result in () if is_excused else tree.key_results_of(id):
        final = tree.key_result_standings[key_result.id].final_score
        if key_result.counts and key_result.grade is None and final is None:
            yield ReviewGap(NodeType.KEY_RESULT, key_result.id, key_result.title, ReviewNeed.GRADE)
    if reviews is None:
        return
    if not is_excused and _is_bare(work, objective):
        yield ReviewGap(NodeType.OBJECTIVE, id, objective.title, ReviewNeed.GRADE)
    standing = tree.objective_standings[id]
    final_score = graded_by(standing.final_score, standing.final_floor)
    if id not in reviews:
        yield ReviewGap(NodeType.OBJECTIVE, id, objective.title, ReviewNeed.REVIEW)
    elif reviews[id] is None and needs_root_cause(objective.kind, final_score):
        yield ReviewGap(NodeType.OBJECTIVE, id, objective.title, ReviewNeed.ROOT_CAUSE)


def _is_bare(work: Work, objective: Objective) -> bool:
    """Return whether nothing counts beneath an objective that is judged, and it is not graded itself."""
    if objective.grade is not None or objective.kind is ObjectiveKind.LEARNING:
        return False
    counting = counting_in(work.tree, objective)
    return not counting.key_results and not counting.objectives
