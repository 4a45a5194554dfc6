"""Measure: the eight ways to measure a key result, milestones, limits; validation of the fields of each."""

import itertools
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from .errors import (
    InvalidInput,
    NoSpan,
    NoTarget,
    WrongDirection,
)
from .numbers import SMALLEST_SPAN, finite_or_none, weight_of

MAX_MILESTONES = 100
MAX_UNIT_LENGTH = 40
MAX_MILESTONE_NAME_LENGTH = 200
MAX_MILESTONE_KEY_LENGTH = 200


class KeyResultMeasure(StrEnum):
    """How readings become progress."""

    INCREASE = "INCREASE"
    DECREASE = "DECREASE"
    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"
    WITHIN = "WITHIN"
    BOOLEAN = "BOOLEAN"
    MILESTONES = "MILESTONES"
    ZONES = "ZONES"


class JudgedBy(StrEnum):
    """How a limit becomes progress: by its latest reading alone, or by the share of time that it held."""

    LATEST = "LATEST"
    TIME_SHARE = "TIME_SHARE"


LIMITS = frozenset({KeyResultMeasure.AT_LEAST, KeyResultMeasure.AT_MOST, KeyResultMeasure.WITHIN})


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step that is either done or not; the key is unique within the key result."""

    key: str
    name: str
    weight: float = 1.0
    due_on: date | None = None

    def check(self) -> None:
        """Raise `InvalidInput` if the name, key or weight is out of bounds."""
        if not 1 <= len(self.name.strip()) <= MAX_MILESTONE_NAME_LENGTH:
            longest = MAX_MILESTONE_NAME_LENGTH
            raise InvalidInput(f"A milestone's name has 1 to {longest} characters", path=["name"])
        if not 1 <= len(self.key) <= MAX_MILESTONE_KEY_LENGTH:
            raise InvalidInput(
                f"A milestone's key has 1 to {MAX_MILESTONE_KEY_LENGTH} characters", path=["key"]
            )
        weight_of(self.weight)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, from which start to which target; fields that the kind does not use are None.

    All values are in `unit`. `target_value` is the limit of AT_LEAST and AT_MOST; WITHIN uses the two
    bounds; ZONES go from start through commit and target to stretch. `judged_by` is for limits alone.
    """

    kind: KeyResultMeasure
    unit: str | None = None
    start_value: float | None = None
    target_value: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    commit_value: float | None = None
    stretch_value: float | None = None
    milestones: tuple[Milestone, ...] = ()
    judged_by: JudgedBy | None = None

    @property
    def judgement(self) -> JudgedBy | None:
        """Return how a limit is judged: as given, else WITHIN by the share of time; None for others."""
        if self.judged_by is not None or not self.is_limit:
            return self.judged_by
        return JudgedBy.TIME_SHARE if self.kind is KeyResultMeasure.WITHIN else JudgedBy.LATEST

    def same_quantity(self, other: "Measure") -> bool:
        """Return whether both measure the same thing, so that readings of one are readings of the other."""
        return (self.kind, self.unit) == (other.kind, other.unit)

    @property
    def is_limit(self) -> bool:
        """Return whether the measure is a limit to keep rather than a target to reach."""
        return self.kind in LIMITS

    def checked(self) -> "Measure":
        """Validate a newly written measure and return it with its numbers as doubles.

        Imported measures may be invalid, and then have no progress.

        Raises:
            NoTarget: the target is missing.
            NoSpan: start and target are the same.
            WrongDirection: the target lies against the direction.
            InvalidInput: a field belongs to another measure, or a number is out of bounds.
        """
        self._numbers_are_finite()
        self._has_only_its_own_fields()
        match self.kind:
            case KeyResultMeasure.INCREASE | KeyResultMeasure.DECREASE:
                self._can_travel()
            case KeyResultMeasure.AT_LEAST | KeyResultMeasure.AT_MOST:
                if self.target_value is None:
                    raise NoTarget("A limit needs targetValue, the limit itself", path=["targetValue"])
            case KeyResultMeasure.WITHIN:
                self._has_a_range()
            case KeyResultMeasure.MILESTONES:
                self._has_milestones()
            case KeyResultMeasure.ZONES:
                self._zones_are_in_order()
            case KeyResultMeasure.BOOLEAN:
                pass
        return self._in_doubles()

    def _numbers_are_finite(self) -> None:
        for name, value in self._numbers().items():
            finite_or_none(value, name)
        if self.unit is not None and not 1 <= len(self.unit) <= MAX_UNIT_LENGTH:
            raise InvalidInput(f"unit has 1 to {MAX_UNIT_LENGTH} characters", path=["unit"])

    def _numbers(self) -> dict[str, float | None]:
        return {
            "startValue": self.start_value,
            "targetValue": self.target_value,
            "lowerBound": self.lower_bound,
            "upperBound": self.upper_bound,
            "commitValue": self.commit_value,
            "stretchValue": self.stretch_value,
        }

    def _in_doubles(self) -> "Measure":
        return replace(
            self,
            start_value=finite_or_none(self.start_value, "startValue"),
            target_value=finite_or_none(self.target_value, "targetValue"),
            lower_bound=finite_or_none(self.lower_bound, "lowerBound"),
            upper_bound=finite_or_none(self.upper_bound, "upperBound"),
            commit_value=finite_or_none(self.commit_value, "commitValue"),
            stretch_value=finite_or_none(self.stretch_value, "stretchValue"),
        )

    def _has_only_its_own_fields(self) -> None:
        for name, value in self._numbers().items():
            if value is not None and name not in FIELDS_OF[self.kind]:
                raise InvalidInput(f"{name} does not apply to {self.kind}", path=[name])
        if self.judged_by is not None and not self.is_limit:
            raise InvalidInput(f"judgedBy does not apply to {self.kind}", path=["judgedBy"])
        if self.milestones and self.kind is not KeyResultMeasure.MILESTONES:
            raise InvalidInput(f"milestones do not apply to {self.kind}", path=["milestones"])

    def _can_travel(self) -> None:
        if self.target_value is None:
            raise NoTarget(f"{self.kind} needs targetValue", path=["targetValue"])
        if self.start_value is None:
            return
        span = self.target_value - self.start_value
        if abs(span) < SMALLEST_SPAN:
            raise NoSpan(
                "startValue and targetValue are equal, so progress cannot be computed", path=["targetValue"]
            )
        if (span > 0) != (self.kind is KeyResultMeasure.INCREASE):
            down = self.kind is KeyResultMeasure.INCREASE
            other, limit = ("DECREASE", "AT_LEAST") if down else ("INCREASE", "AT_MOST")
            raise WrongDirection(
                f"{self.kind} from {self.start_value:g} cannot lead to {self.target_value:g}: "
                f"use {other}, or {limit} if {self.target_value:g} is a limit to keep",
                path=["targetValue"],
            )

    def _has_a_range(self) -> None:
        if self.lower_bound is None or self.upper_bound is None:
            raise NoTarget("WITHIN needs lowerBound and upperBound", path=["lowerBound"])
        if self.upper_bound - self.lower_bound < SMALLEST_SPAN:
            raise NoSpan("upperBound must lie above lowerBound", path=["upperBound"])

    def _has_milestones(self) -> None:
        if not self.milestones:
            raise NoTarget("MILESTONES needs at least one milestone", path=["milestones"])
        if len(self.milestones) > MAX_MILESTONES:
            raise InvalidInput(f"A key result has at most {MAX_MILESTONES} milestones", path=["milestones"])
        for place, milestone in enumerate(self.milestones):
            try:
                milestone.check()
            except InvalidInput as refused:
                raise refused.under("milestones", place) from None
        if len({milestone.key for milestone in self.milestones}) != len(self.milestones):
            raise InvalidInput("Two milestones have the same key", path=["milestones"])
        if not any(milestone.weight > 0 for milestone in self.milestones):
            raise InvalidInput("At least one milestone needs a weight above 0", path=["milestones"])

    def _zones_are_in_order(self) -> None:
        points = self.zone_values
        names = ("startValue", "commitValue", "targetValue", "stretchValue")
        for name, value in zip(names, points, strict=True):
            if value is None:
                raise NoTarget(f"ZONES needs {name}", path=[name])
        if not zones_travel(points):
            raise WrongDirection(
                "start, commit, target and stretch must follow one another in one direction",
                path=["targetValue"],
            )

    @property
    def zone_values(self) -> tuple[float | None, ...]:
        """Return start, commit, target and stretch, in this order."""
        return (self.start_value, self.commit_value, self.target_value, self.stretch_value)


def zones_travel(points: tuple[float | None, ...]) -> bool:
    """Return whether all points exist and follow one another in one direction by at least `SMALLEST_SPAN`."""
    known = [point for point in points if point is not None]
    steps = [after - before for before, after in itertools.pairwise(known)]
    way_up = all(step >= SMALLEST_SPAN for step in steps)
    way_down = all(step <= -SMALLEST_SPAN for step in steps)
    return len(known) == len(points) and (way_up or way_down)


FIELDS_OF: dict[KeyResultMeasure, frozenset[str]] = {
    KeyResultMeasure.INCREASE: frozenset({"startValue", "targetValue"}),
    KeyResultMeasure.DECREASE: frozenset({"startValue", "targetValue"}),
    KeyResultMeasure.AT_LEAST: frozenset({"startValue", "targetValue"}),
    KeyResultMeasure.AT_MOST: frozenset({"startValue", "targetValue"}),
    KeyResultMeasure.WITHIN: frozenset({"startValue", "lowerBound", "upperBound"}),
    KeyResultMeasure.BOOLEAN: frozenset(),
    KeyResultMeasure.MILESTONES: frozenset(),
    KeyResultMeasure.ZONES: frozenset({"startValue", "commitValue", "targetValue", "stretchValue"}),
}
