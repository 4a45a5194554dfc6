"""Build a part of an organisation in a few lines: days, readings, key results, objectives, alignments.

The cycle has exactly 100 days, so that day 50 is half of it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from okr_api.okr.alignment import Alignment, AlignmentKind
from okr_api.okr.change import Delta
from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.key_result import KeyResult, KeyResultState, Reading
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from okr_api.okr.objective import Objective
from okr_api.okr.people import Organization
from okr_api.okr.target_revision import TargetRevision, eases_target
from okr_api.okr.tree import Tree
from okr_api.scoring.key_result import standing_of_key_result
from okr_api.scoring.propagation import propagate

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


def day(number: float) -> datetime:
    """Return the instant at which this many days of the cycle have passed."""
    return BEGIN + timedelta(days=number)


END = day(100)


def due_on(number: int) -> date:
    """Return the local day that ends at `day(number)`."""
    return (day(number) - timedelta(days=1)).date()


def uid(name: str) -> UUID:
    """Return the id that belongs to a name."""
    return uuid5(NAMESPACE_URL, name)


CYCLE = Cycle(uid("cycle"), None, "Spring", date(2026, 1, 1), date(2026, 4, 10), state=CycleState.ACTIVE)
OBJECTIVE = Objective(uid("objective"), None, CYCLE.id, "Objective")


def increase(start: float | None = 0.0, target: float | None = 1.0) -> Measure:
    return Measure(KeyResultMeasure.INCREASE, start_value=start, target_value=target)


def decrease(start: float | None = 1.0, target: float | None = 0.0) -> Measure:
    return Measure(KeyResultMeasure.DECREASE, start_value=start, target_value=target)


def at_least(limit: float | None) -> Measure:
    return Measure(KeyResultMeasure.AT_LEAST, target_value=limit)


def at_most(limit: float | None) -> Measure:
    return Measure(KeyResultMeasure.AT_MOST, target_value=limit)


def within(lower: float | None, upper: float | None) -> Measure:
    return Measure(KeyResultMeasure.WITHIN, lower_bound=lower, upper_bound=upper)


YES_NO = Measure(KeyResultMeasure.BOOLEAN)


def zones(*values: float | None) -> Measure:
    """Return a measure from start, commit, target and stretch; by default 0, 0.3, 0.7 and 1."""
    start, commit, target, stretch = values or (0.0, 0.3, 0.7, 1.0)
    return Measure(
        KeyResultMeasure.ZONES,
        start_value=start,
        commit_value=commit,
        target_value=target,
        stretch_value=stretch,
    )


def milestones(**weights: float | tuple[float, int]) -> Measure:
    """Return milestones by key: with their weight, or their weight and the day by which they are due."""
    steps = []
    for key, given in weights.items():
        weight, due = given if isinstance(given, tuple) else (given, None)
        steps.append(Milestone(key, key, weight, None if due is None else due_on(due)))
    return Measure(KeyResultMeasure.MILESTONES, milestones=tuple(steps))


def reading(
    on: float,
    value: float | None = None,
    *,
    seq: int = 1,
    place: int = 0,
    done: tuple[str, ...] | None = None,
    definition: int = 1,
    **said: Any,
) -> Reading:
    """Return a reading that was checked in on that day."""
    check_in_id = uid(f"check-in {seq} {place}")
    return Reading(
        day(on), seq, place, check_in_id, definition=definition, value=value, milestones_done=done, **said
    )


def in_order(*readings: Reading) -> list[Reading]:
    """Return the readings as recorded one after the other."""
    return [
        replace(each, seq=seq, check_in_id=uid(f"check-in {seq}"))
        for seq, each in enumerate(readings, start=1)
    ]


def values(*pairs: tuple[float, float]) -> list[Reading]:
    """Return readings from (day, value), recorded in this order."""
    return in_order(*(reading(on, value) for on, value in pairs))


def key_result(measure: Measure, **fields: Any) -> KeyResult:
    """Return a key result of `OBJECTIVE`."""
    given = {"id": uid("key result"), "objective_id": OBJECTIVE.id, "title": "Key result", **fields}
    return KeyResult(external_id=None, measure=measure, **given)


def revised_from(before: Measure, after: Measure) -> tuple[TargetRevision, ...]:
    """Return the revisions of a target that was changed once."""
    return (TargetRevision(BEGIN, "tests", None, None, before, after, eases_target(before, after)),)


def standing(
    measure: Measure,
    readings: Iterable[Reading] = (),
    *,
    objective: Objective = OBJECTIVE,
    cycle: Cycle = CYCLE,
    zone: ZoneInfo = ZONE,
    **fields: Any,
) -> KeyResultStanding:
    """Return the standing of a key result with that measure, computed from the readings."""
    return standing_of_key_result(key_result(measure, **fields), objective, cycle, zone, list(readings))


class Sketch:
    """A tree that is built name by name."""

    def __init__(self, cycle: Cycle = CYCLE) -> None:
        self.tree = Tree(Organization(uid("organization"), "Acme", "UTC"))
        self.tree.cycles[cycle.id] = cycle
        self.cycle = cycle

    def objective(self, name: str, **fields: Any) -> UUID:
        """Add an objective; return its id."""
        self.tree.objectives[uid(name)] = Objective(uid(name), None, self.cycle.id, name, **fields)
        return uid(name)

    def key_result(
        self,
        name: str,
        objective: str,
        measure: Measure | None = None,
        *,
        readings: Iterable[Reading] = (),
        **fields: Any,
    ) -> UUID:
        """Add a key result, by default from 0 to 1; return its id."""
        self.tree.put_key_result(
            KeyResult(uid(name), None, uid(objective), name, measure or increase(), **fields)
        )
        self.tree.readings[uid(name)] = list(readings)
        return uid(name)

    def measured(self, name: str, objective: str, value: float, **fields: Any) -> UUID:
        """Add a key result from 0 to 1 with one reading, of day 10; return its id."""
        return self.key_result(name, objective, readings=[reading(10, value)], **fields)

    def align(self, child: str, parent: str, weight: float = 1.0, *, supports: bool = False) -> Alignment:
        """Align an objective with another, or with a key result."""
        through = uid(parent) in self.tree.key_results
        edge = Alignment(
            uid(child),
            None if through else uid(parent),
            uid(parent) if through else None,
            AlignmentKind.SUPPORTS if supports else AlignmentKind.CONTRIBUTES,
            weight,
        )
        self.tree.put_alignment(edge)
        return edge

    def read(self, name: str, on: float, value: float | None, *, seq: int = 2, **said: Any) -> None:
        self.tree.readings[uid(name)].append(reading(on, value, seq=seq, **said))

    def count_all(self, at: datetime = END) -> tuple[Delta, ...]:
        """Compute everything from scratch."""
        return propagate(self.tree, key_results=self.tree.key_results, objectives=self.tree.objectives, at=at)

    def recount(
        self,
        *,
        key_results: Iterable[str] = (),
        objectives: Iterable[str] = (),
        at: datetime = END,
        by_check_in: bool = False,
    ) -> tuple[Delta, ...]:
        """Recompute what is named and all above it."""
        ids, above = map(uid, key_results), map(uid, objectives)
        return propagate(self.tree, key_results=ids, objectives=above, at=at, by_check_in=by_check_in)

    def __getitem__(self, name: str) -> ObjectiveStanding:
        return self.tree.objective_standings[uid(name)]

    def key(self, name: str) -> KeyResultStanding:
        """Return the standing of a key result."""
        return self.tree.key_result_standings[uid(name)]

    def pause(self, name: str) -> None:
        paused = replace(self.tree.key_results[uid(name)], state=KeyResultState.PAUSED)
        self.tree.put_key_result(paused)
