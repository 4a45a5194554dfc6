"""GraphQL types of calibrations, and the field of people, teams and the organisation that has theirs."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any

import strawberry

from okr_api.graphql.fields import column, documents, gathered_by, view_of
from okr_api.okr.entity import NodeType
from okr_api.query_engine.calibrations import load_calibrations

Since = Annotated[
    date | None,
    strawberry.argument(description="Only of cycles that end on this day or later; by default of all."),
]
Until = Annotated[
    date | None,
    strawberry.argument(description="Only of cycles that end on this day or earlier; by default of all."),
]


@view_of()
@strawberry.type(description="Key results whose confidence lay in a tenth of the range from 0 to 1.")
class CalibrationDecile:
    lower: float = column("lower", "Lowest confidence, 0 to 0.9, included.")
    upper: float = column("upper", "Highest confidence, 0.1 to 1, excluded; 1 is included.")
    case_count: int = column("case_count", "Number of these key results, at least 1.")
    mean_confidence: float = column("mean_confidence", "Mean of their confidences, 0 to 1.")
    achieved_share: float = column(
        "achieved_share",
        "Share of them that was achieved, 0 to 1: about `meanConfidence` of whoever is well calibrated.",
    )


@view_of()
@strawberry.type(description="How well the confidence of one check-in of each key result foretold outcomes.")
class CalibrationMoment:
    brier_score: float = column(
        "brier_score",
        "Brier score, 0 to 1, less is better: the mean of the squared differences between confidence and "
        "outcome, which is 1 for ACHIEVED and 0 for MISSED. Whoever always says 0.5 has 0.25.",
    )
    deciles: list[CalibrationDecile] = documents(
        lambda deciles: deciles,
        "deciles",
        description="Reliability: what came of each tenth of confidences; without those with no key results, "
        "the lowest first.",
    )


def _moment(name: str, description: str) -> Any:
    return documents(lambda moment: moment, name, description=description)


@view_of()
@strawberry.type(
    description="How well confidence foretold outcomes, over key results of closed cycles with a final "
    "outcome and at least one check-in with a confidence before the end of the cycle. What was not measured "
    "does not count, nor does what the reader does not see."
)
class Calibration:
    case_count: int = column("case_count", "Number of these key results, at least 10.")
    achieved_share: float = column("achieved_share", "Share of them that was achieved, 0 to 1.")
    first: CalibrationMoment = _moment("first", "At the first check-in with a confidence of each.")
    middle: CalibrationMoment = _moment(
        "middle", "At the check-in in the middle; of two in the middle, at the earlier one."
    )
    last: CalibrationMoment = _moment("last", "At the last check-in with a confidence before the end.")


WHEN = (
    "How well confidence foretold outcomes {of}. {who} Null with fewer than 10 key results, and for "
    "everybody else. At most 20,000 key results; above it: TOO_MANY."
)


def _calibration(node_type: NodeType, of: str, who: str) -> Callable[[Any], Any]:
    return gathered_by(partial(load_calibrations, node_type), WHEN.format(of=of, who=who))


@strawberry.type
class CalibratedPerson:
    """Base of the type of people: their calibration."""

    @_calibration(
        NodeType.PERSON,
        "of the key results that the person owns, or of whose objective if nobody owns the key result",
        "Only the person, leads of a team that the person is in or of a team above it, and admins see it.",
    )
    def calibration(self, since: Since = None, until: Until = None) -> Calibration | None:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CalibratedTeam:
    """Base of the type of teams: their calibration."""

    @_calibration(
        NodeType.TEAM,
        "of the key results of its objectives, without those of teams under it",
        "Only leads of the team or of a team above it, and admins see it.",
    )
    def calibration(self, since: Since = None, until: Until = None) -> Calibration | None:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CalibratedOrganization:
    """Base of the type of the organisation: its calibration."""

    @_calibration(NodeType.ORGANIZATION, "of all key results", "Only admins see it.")
    def calibration(self, since: Since = None, until: Until = None) -> Calibration | None:
        raise AssertionError("It is read by its declaration")
