"""GraphQL enums of reviews: kinds of grades, decisions, root causes and what is missing, described."""

from okr_api.graphql.enums import describe
from okr_api.okr.grade import GradeKind
from okr_api.okr.review_gap import ReviewNeed
from okr_api.okr.review_record import ReviewDecision, RootCause

__all__ = ["GradeKind", "ReviewDecision", "ReviewNeed", "RootCause"]

describe(
    GradeKind,
    "How a score was graded in the review of a cycle.",
    COMPUTED="The computed score was confirmed, and stands, also where a late check-in moves it.",
    OVERRIDE="Another score was given, with a reason.",
    NOT_MEASURED="There is no score, for a reason: it is left out of `finalScore` above, and is 0 in "
    "`finalScoreFloor`.",
)
describe(
    ReviewDecision,
    "What is decided about an objective at the end of its cycle.",
    ACHIEVED="It is done, and does not go on.",
    KEEP="It goes on in the next cycle as it is.",
    MODIFY="It goes on in the next cycle, changed.",
    DEFER="It is taken up again in a later cycle.",
    ABANDON="It is given up.",
)
describe(
    RootCause,
    "Why an objective fell short: the one cause that explains most of it.",
    UNCLEAR="The objective or a key result was not clear, or not under anybody's control.",
    TOO_AMBITIOUS="The targets were out of reach from the beginning.",
    CAPACITY="There were too few people, or too little time or money.",
    PRIORITIES_CHANGED="Something else became more important.",
    DEPENDENCY="Another team or a supplier did not deliver.",
    STARTED_LATE="The work began too late in the cycle.",
    TOOK_LONGER="The work was harder than estimated.",
    WRONG_ASSUMPTION="The work was done, and did not have the effect that was expected of it.",
    EXTERNAL="The market, a law or another event outside of the organisation.",
    MEASUREMENT="It could not be measured, or was measured wrongly.",
    OTHER="None of these; `didNot` says what.",
)
describe(
    ReviewNeed,
    "What an objective or a key result needs before its cycle can be closed.",
    GRADE="A score or a grade: check in, or grade it.",
    REVIEW="A review, by `reviewRecord`.",
    ROOT_CAUSE="A root cause in its review, as it fell short.",
)
