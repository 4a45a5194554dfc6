"""Formulas: compute the readings of a key result from those of the key results that it sums or averages.

At each instant at which a part was read, the formula has a reading: the sum or the mean of the values that
its parts have then. What follows from readings, such as progress, the share of time within a limit or the
score at the end of a cycle, follows for a formula as for any key result.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import groupby
from uuid import UUID

from okr_api.okr.cycle import CycleState
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.key_result import KeyResult, KeyResultState, Reading
from okr_api.okr.numbers import MAX_VALUE
from okr_api.okr.objective import ObjectiveState
from okr_api.okr.tree import Tree

from .readings import RUN_READINGS, STEP_READINGS, readings_that_count, sorting
from .steps import Steps

SCALE = 1 << 1074  # every double is a whole multiple of 1 / SCALE
Series = Sequence[Reading]


class ExactSum:
    """Sum of doubles without rounding errors, to which values are added and from which they are taken."""

    __slots__ = ("_scaled",)

    def __init__(self) -> None:
        self._scaled = 0

    def add(self, value: float) -> None:
        """Add a value."""
        numerator, denominator = value.as_integer_ratio()
        self._scaled += numerator * (SCALE // denominator)

    def remove(self, value: float) -> None:
        """Take a value away that was added."""
        self.add(-value)

    @property
    def value(self) -> float:
        """Return the double that is nearest to the sum, as `math.fsum` does."""
        return self._scaled / SCALE


def is_left_out(tree: Tree, part: KeyResult) -> bool:
    """Return whether a part counts in no formula: it or its objective is dropped, or was never published."""
    objective = tree.objectives[part.objective_id]
    return (
        part.state is KeyResultState.DROPPED
        or objective.state is ObjectiveState.DROPPED
        or objective.is_unpublished
    )


def is_graded(tree: Tree, key_result: KeyResult) -> bool:
    """Return whether a formula keeps its numbers, whatever its parts do: its cycle is closed."""
    return key_result.has_formula and tree.cycle_of(key_result.objective_id).state is CycleState.CLOSED


def check_ins_of(tree: Tree, key_result: KeyResult, known: Mapping[UUID, Series]) -> list[Reading]:
    """Return the check-ins that decide the standing of a key result; of a formula, also what it computes.

    Values of its own do not count while it has a formula. `known` has the series of formulas.
    """
    own = tree.readings.get(key_result.id, [])
    if not key_result.has_formula:
        return own
    spoken = [replace(each, value=None, milestones_done=None) if each.measures else each for each in own]
    return [*spoken, *known[key_result.id]]


def computing_series(tree: Tree, id: UUID, known: dict[UUID, Series]) -> Steps[None]:
    """Add to `known` the measurements of a key result, and of all that it is computed from, oldest first."""
    waiting, begun = [id], set[UUID]()
    while waiting:
        here = waiting[-1]
        key_result = tree.key_results[here]
        missing = [part for part in key_result.formula_part_ids if part not in known and part not in begun]
        begun.add(here)
        if missing:
            waiting += missing
            continue
        waiting.pop()
        if here not in known:
            known[here] = yield from _series(tree, key_result, known)


def _series(tree: Tree, key_result: KeyResult, known: Mapping[UUID, Series]) -> Steps[Series]:
    ends_at = tree.cycle_of(key_result.objective_id).ends_at(tree.zone)
    if key_result.formula_function is None:
        said = yield from sorting(tree.readings.get(key_result.id, ()))
        counting: list[Reading] = []
        for begin in range(0, len(said), RUN_READINGS):
            run = said[begin : begin + RUN_READINGS]
            counting += readings_that_count(run, definition=key_result.definition, before=ends_at).in_order
            yield
        return counting
    parts = [
        known.get(part, ())
        for part in key_result.formula_part_ids
        if not is_left_out(tree, tree.key_results[part])
    ]
    found: list[Reading] = []
    for reading in combined(key_result.formula_function, parts, definition=key_result.definition):
        if reading.effective_at >= ends_at:
            break
        found.append(reading)
        if len(found) % STEP_READINGS == 0:
            yield
    return found


def values_of_parts(
    tree: Tree, key_result: KeyResult, known: Mapping[UUID, Series]
) -> tuple[float | None, ...]:
    """Return the value of each part of a formula at the end of its cycle; None for what does not count."""
    end = tree.cycle_of(key_result.objective_id).ends_at(tree.zone)
    return tuple(
        None
        if is_left_out(tree, tree.key_results[part])
        else next((one.value for one in reversed(known.get(part, ())) if one.effective_at < end), None)
        for part in key_result.formula_part_ids
    )


def combined(function: FormulaFunction, parts: Sequence[Series], *, definition: int) -> Iterator[Reading]:
    """Yield one reading for each instant at which any part has one, oldest first.

    A part counts from its first reading on. The value is limited to what a value can be.
    """
    in_order = merge(*[_placed(part, place) for place, part in enumerate(parts)], key=_order)
    values: dict[int, float] = {}
    total = ExactSum()
    for effective_at, together in groupby(in_order, key=_instant):
        for reading, place in together:
            if place in values:
                total.remove(values[place])
            values[place] = reading.value or 0.0
            total.add(values[place])
        yield Reading(
            effective_at=effective_at,
            seq=reading.seq,
            place=reading.place,
            check_in_id=None,
            definition=definition,
            value=_value(function, total.value, len(values)),
            by_person=False,
        )


Placed = tuple[Reading, int]


def _placed(part: Series, place: int) -> Iterator[Placed]:
    return ((reading, place) for reading in part)


def _order(placed: Placed) -> tuple[datetime, int, int]:
    return placed[0].order


def _instant(placed: Placed) -> datetime:
    return placed[0].effective_at


def _value(function: FormulaFunction, total: float, count: int) -> float:
    value = total if function is FormulaFunction.SUM else total / count
    return min(MAX_VALUE, max(-MAX_VALUE, value)) + 0.0
