"""Calibration: how well confidence foretold outcomes: Brier scores, and what came of each decile."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from okr_api.okr.numbers import TOLERANCE

MIN_CALIBRATION_CASES = 10  # fewer say more about chance than about confidence
DECILES = 10


@dataclass(frozen=True, slots=True)
class CalibrationCase:
    """A key result with an outcome, and its confidence at the first, the middle and the last check-in."""

    first: float
    middle: float
    last: float
    is_achieved: bool


@dataclass(frozen=True, slots=True)
class CalibrationDecile:
    """Cases whose confidence lies in a tenth: from `lower`, included, to `upper`, which only 1 includes."""

    lower: float
    upper: float
    case_count: int
    mean_confidence: float
    achieved_share: float


@dataclass(frozen=True, slots=True)
class CalibrationMoment:
    """Calibration at one of the three check-ins; `deciles` are those with cases, in order."""

    brier_score: float
    deciles: tuple[CalibrationDecile, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration of the same cases at three check-ins of each."""

    case_count: int
    achieved_share: float
    first: CalibrationMoment
    middle: CalibrationMoment
    last: CalibrationMoment


@dataclass(slots=True)
class DecileCases:
    """Confidences in a tenth, and how many of their cases were achieved."""

    confidences: list[float] = field(default_factory=list)
    achieved: int = 0


@dataclass(slots=True)
class Forecasts:
    """Confidences at one check-in of each case, with whether each was achieved; added one by one."""

    errors: list[float] = field(default_factory=list)
    deciles: defaultdict[int, DecileCases] = field(default_factory=partial(defaultdict, DecileCases))

    def add(self, confidence: float, *, is_achieved: bool) -> None:
        """Add a case."""
        self.errors.append((confidence - is_achieved) ** 2)
        cases = self.deciles[decile_of(confidence)]
        cases.confidences.append(confidence)
        cases.achieved += is_achieved

    def moment(self) -> CalibrationMoment:
        """Return the calibration of all cases that were added, of which there is at least one."""
        return CalibrationMoment(
            brier_score=math.fsum(self.errors) / len(self.errors),
            deciles=tuple(_decile(number, self.deciles[number]) for number in sorted(self.deciles)),
        )


@dataclass(slots=True)
class CalibrationTally:
    """Cases of one person, team or organisation, added one by one."""

    achieved: int = 0
    first: Forecasts = field(default_factory=Forecasts)
    middle: Forecasts = field(default_factory=Forecasts)
    last: Forecasts = field(default_factory=Forecasts)

    def add(self, case: CalibrationCase) -> None:
        """Add a case."""
        self.achieved += case.is_achieved
        for moment, confidence in (
            (self.first, case.first),
            (self.middle, case.middle),
            (self.last, case.last),
        ):
            moment.add(confidence, is_achieved=case.is_achieved)

    def calibration(self) -> Calibration | None:
        """Return the calibration of the cases; None if there are fewer than `MIN_CALIBRATION_CASES`."""
        count = len(self.last.errors)
        if count < MIN_CALIBRATION_CASES:
            return None
        moments = (each.moment() for each in (self.first, self.middle, self.last))
        return Calibration(count, self.achieved / count, *moments)


def calibration_of(cases: Iterable[CalibrationCase]) -> Calibration | None:
    """Return the calibration of cases; None if there are fewer than `MIN_CALIBRATION_CASES`."""
    tally = CalibrationTally()
    for case in cases:
        tally.add(case)
    return tally.calibration()


def decile_of(confidence: float) -> int:
    """Return the number of the tenth in which a confidence lies, from 0 to 9; 1.0 lies in the last."""
    return min(int(confidence * DECILES + TOLERANCE), DECILES - 1)


def _decile(number: int, cases: DecileCases) -> CalibrationDecile:
    count = len(cases.confidences)
    return CalibrationDecile(
        lower=number / DECILES,
        upper=(number + 1) / DECILES,
        case_count=count,
        mean_confidence=math.fsum(cases.confidences) / count,
        achieved_share=cases.achieved / count,
    )
