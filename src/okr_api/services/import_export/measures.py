"""Read measures: map the types of foreign files to ours, and keep the fields that ours does not hold.

A target against the direction is a limit: if down is good and the target lies above the start, it is a
ceiling. A measure without a target, or with a target equal to the start, is imported as it is and has no
progress; other inconsistent measures are rejected.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from okr_api.okr.errors import NoSpan, NoTarget, WrongDirection
from okr_api.okr.measure import JudgedBy, KeyResultMeasure, Measure, Milestone
from okr_api.okr.numbers import SMALLEST_SPAN, weight_of

from .errors import RowIsUnclear
from .row_parser import ParsedRow

FOREIGN = ("type", "unit", "direction", "start", "target", "milestones")
NUMBERS = {
    "start_value": "start",
    "target_value": "target",
    "lower_bound": "lower",
    "upper_bound": "upper",
    "commit_value": "commit",
    "stretch_value": "stretch",
}
TAKEN_AS_LIMIT = "TAKEN_AS_LIMIT"
TAKEN_AS_FRACTION = "TAKEN_AS_FRACTION"


class ForeignType(StrEnum):
    """Type of a measure in foreign files."""

    METRIC = "metric"
    PERCENT = "percent"
    SCORE = "score"
    MILESTONE = "milestone"
    ORDINAL = "ordinal"


class Direction(StrEnum):
    """Direction in which a value improves."""

    INCREASE = "increase"
    DECREASE = "decrease"


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure, the fields of the row that it does not hold, and the code and message of a note."""

    measure: Measure
    originals: dict[str, Any]
    note: tuple[str, str] | None = None


def read_measure(line: ParsedRow, known: Measure | None, *, fractional: bool = False) -> Measured:
    """Return the measure of a row: ours if it has `measure`, else a foreign one.

    A foreign yes/no measure with readings between 0 and 1 (`fractional`) becomes a fraction, and stays one.
    """
    own = line.line("measure")
    if own is not None:
        return _whatever_it_lacks(own_measure(own), {})
    if known is not None and not line.has(*FOREIGN):
        return Measured(known, {})
    as_fraction = Measure(KeyResultMeasure.INCREASE, line.text("unit") or None, 0.0, 1.0)
    return _foreign(line, as_fraction if fractional or known == as_fraction else None)


def own_measure(line: ParsedRow) -> Measure:
    """Return a measure in the words of the service; raises `RowIsUnclear` without a kind."""
    kind = line.word("kind", KeyResultMeasure)
    if kind is None:
        raise RowIsUnclear("measure.kind is missing", path=["measure", "kind"])
    values: dict[str, Any] = {name: line.number(written) for name, written in NUMBERS.items()}
    values["judged_by"] = line.word("judged_by", JudgedBy)
    return Measure(kind, unit=line.text("unit") or None, milestones=_milestones(line), **values)


def _milestones(line: ParsedRow) -> tuple[Milestone, ...]:
    """Return milestones given as objects or bare names; the default key is the position, from 1."""
    found: list[Milestone] = []
    for place, step in enumerate(line.items("milestones"), start=1):
        named = {"name": step} if isinstance(step, str) else step
        each = line.within_row(named, f"milestones[{place - 1}]")
        each.flag("done", known=False)  # only validated here: which are done is a reading
        weight = each.number("weight")
        found.append(
            Milestone(
                key=each.reference("key") or str(place),
                name=each.text("name") or "",
                weight=1.0 if weight is None else weight_of(weight),
                due_on=each.day("due_on"),
            )
        )
    return tuple(found)


def _foreign(line: ParsedRow, as_fraction: Measure | None) -> Measured:
    """Return the measure of a foreign row; `as_fraction` replaces a yes/no measure, if given."""
    kind = line.word("type", ForeignType) or ForeignType.METRIC
    unit = line.text("unit") or None
    start, target = line.number("start"), line.number("target")
    direction = line.word("direction", Direction)
    kept: dict[str, Any] = {} if kind is ForeignType.METRIC else {"type": str(kind)}
    match kind:
        case ForeignType.SCORE:
            if (start, target) not in ((0.0, 1.0), (None, None)):
                kept |= {"start": start, "target": target}
            return _whatever_it_lacks(Measure(KeyResultMeasure.INCREASE, unit, 0.0, 1.0), kept)
        case ForeignType.ORDINAL:
            return _whatever_it_lacks(_zones(line, unit, start, target), kept)
        case ForeignType.MILESTONE:
            steps = _milestones(line)
            if steps:
                return _whatever_it_lacks(Measure(KeyResultMeasure.MILESTONES, milestones=steps), kept)
            if start in (None, 0.0) and target in (None, 1.0):
                if as_fraction:
                    message = "yes or no with readings between 0 and 1 is taken as a fraction from 0 to 1"
                    return Measured(as_fraction, kept, (TAKEN_AS_FRACTION, message))
                return _whatever_it_lacks(Measure(KeyResultMeasure.BOOLEAN, unit), kept)
            start = start or 0.0
        case ForeignType.PERCENT:
            unit = unit or "%"
            whole = (100.0, 0.0) if direction is Direction.DECREASE else (0.0, 100.0)
            start = whole[0] if start is None else start
            target = whole[1] if target is None else target
        case ForeignType.METRIC:
            pass
    return _travelling(line, unit, start, target, kept)


def _zones(line: ParsedRow, unit: str | None, start: float | None, target: float | None) -> Measure:
    """Return a ZONES measure; in some files `stretch` is a boolean and no point."""
    points = {
        name: None if isinstance(line.fields.get(name), bool) else line.number(name)
        for name in ("commit", "stretch")
    }
    return Measure(
        KeyResultMeasure.ZONES,
        unit,
        start,
        target,
        commit_value=points["commit"],
        stretch_value=points["stretch"],
    )


def _travelling(
    line: ParsedRow, unit: str | None, start: float | None, target: float | None, kept: dict[str, Any]
) -> Measured:
    """Return a measure from start to target, or a limit if the target lies against the direction."""
    span = None if start is None or target is None else target - start
    default = Direction.DECREASE if span is not None and span < 0 else Direction.INCREASE
    direction = line.word("direction", Direction) or default
    up = direction is Direction.INCREASE
    if span is None or abs(span) < SMALLEST_SPAN or (span > 0) == up:
        kind = KeyResultMeasure.INCREASE if up else KeyResultMeasure.DECREASE
        return _whatever_it_lacks(Measure(kind, unit, start, target), kept)
    limit = KeyResultMeasure.AT_LEAST if up else KeyResultMeasure.AT_MOST
    originals = {name: line.fields.get(name) for name in ("type", "direction", "start", "target")}
    made = _whatever_it_lacks(Measure(limit, unit, start, target), kept | originals)
    message = f"{direction} from {start:g} to {target:g} is taken as a limit, {limit} {target:g}"
    return replace(made, note=(TAKEN_AS_LIMIT, message))


def _whatever_it_lacks(measure: Measure, kept: dict[str, Any]) -> Measured:
    """Return the measure; if it lacks what progress needs, add a note instead of raising."""
    try:
        return Measured(measure.checked(), kept)
    except NoTarget:
        return Measured(measure, kept, (NoTarget.code(), "It has no target, and so it has no progress"))
    except NoSpan:
        return Measured(measure, kept, (NoSpan.code(), "Its values span no range, and so it has no progress"))
    except WrongDirection:
        if measure.kind is not KeyResultMeasure.ZONES:
            raise
        return Measured(
            measure, kept, (NoSpan.code(), "Its points follow no direction, and so it has no progress")
        )


def value_of(line: ParsedRow, measure: Measure, field: str) -> float | None:
    """Return a number for the measure; BOOLEAN also takes true and false."""
    value = line.take(field)
    if isinstance(value, bool) and measure.kind is KeyResultMeasure.BOOLEAN:
        return float(value)
    return line.number(field)


def scored_from_0_to_1(measure: Measure) -> bool:
    """Return whether a score is a value of the measure: INCREASE from 0 to 1."""
    ends = (measure.start_value, measure.target_value)
    return measure.kind is KeyResultMeasure.INCREASE and ends == (0.0, 1.0)
