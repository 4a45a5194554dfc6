"""GraphQL type `Grade`, and bases of objectives and key results: their grade and their final score."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from okr_api.graphql import values_at_time
from okr_api.graphql.fields import column, derived, documents, same, view_of
from okr_api.graphql.review_enums import GradeKind
from okr_api.graphql.types.people import Actor

GRADE = (
    "How its score was graded in the review of its cycle; null if it was not, so that the computed score "
    "stands."
)
FINAL_SCORE = (
    "Score as it was graded, 0 to 1: `score` unless `grade` overrides it. Null before the cycle ends or is "
    "in review, if it was graded NOT_MEASURED, and without a score."
)


@view_of()
@strawberry.type(
    description="What a review says of a score. It stands beside the computed score and replaces it in "
    "`finalScore` alone."
)
class Grade:
    kind: GradeKind = column("kind", "Whether the computed score was confirmed, overridden or set aside.")
    score: float | None = column("score", "Score of an OVERRIDE, 0 to 1; otherwise null.")
    computed_score: float | None = column(
        "computed_score",
        "Computed score when it was graded, 0 to 1; null if there was none. `score` of the node is the "
        "present one.",
    )
    reason: str | None = column(
        "reason", "Why, as CommonMark, at most 10,000 characters; null only with COMPUTED."
    )
    at: datetime = column("at", "When it was given.")
    actor: Actor = same("Person or service that gave it.")


def grade_of(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a stored grade as its type reads it: with an instant, and ids as hex digits."""
    if stored is None:
        return None
    person = stored["author_person_id"]
    return {
        **stored,
        "at": datetime.fromisoformat(stored["at"]),
        "author_person_id": person and UUID(person).hex,
    }


@strawberry.type
class GradeOfMeasured:
    """Base of the types of objectives and key results."""

    grade: Grade | None = documents(grade_of, "grade", description=GRADE)
    final_score: float | None = derived(
        values_at_time.score_at, "final_score", "cycle_ends_at", clock=True, description=FINAL_SCORE
    )


@strawberry.type
class GradeOfObjective(GradeOfMeasured):
    """Base of the type of objectives."""

    final_score: float | None = derived(
        values_at_time.score_at,
        "final_score",
        "cycle_ends_at",
        clock=True,
        description="Score as it was graded, 0 to 1: that of `grade` if it overrides, otherwise the weighted "
        "mean of the parts' `finalScore`. Null before the cycle ends or is in review, if it was graded "
        "NOT_MEASURED, and if no part has one.",
    )
    final_score_floor: float | None = derived(
        values_at_time.score_at,
        "final_floor",
        "cycle_ends_at",
        clock=True,
        description="`finalScore` with parts without one counted as 0, 0 to 1; `band` and ACHIEVED follow "
        "it. Null before the cycle ends or is in review, or if nothing counts.",
    )
