"""GraphQL enums of reviews: kinds of grades, described."""

from okr_api.graphql.enums import describe
from okr_api.okr.grade import GradeKind

__all__ = ["GradeKind"]

describe(
    GradeKind,
    "How a score was graded in the review of a cycle.",
    COMPUTED="The computed score was confirmed, and stands, also where a late check-in moves it.",
    OVERRIDE="Another score was given, with a reason.",
    NOT_MEASURED="There is no score, for a reason: it is left out of `finalScore` above, and is 0 in "
    "`finalScoreFloor`.",
)
