"""Lineage scoring: the table of docs/review.md, and which objective of a lineage a longer cycle counts."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.objective import ObjectiveState
from okr_api.scoring.explained_parts import Metric, PartReason
from okr_api.scoring.explanation import explaining
from okr_api.scoring.pace import expected_progress
from tests.scoring.sketch import (
    BEGIN,
    CYCLE,
    END,
    Sketch,
    decrease,
    increase,
    key_result,
    reading,
    standing,
    uid,
    zones,
)
from tests.scoring.tables import ANSWER, Row, number, readings, tables
from tests.scoring.test_review import REVIEW, grade_of
from tests.scoring.test_worked_examples import agrees

[TABLE] = [table for table in tables(REVIEW) if table.heading == "Lineages in a longer cycle"]
YEAR = Cycle(uid("year"), None, "Year", date(2026, 1, 1), date(2026, 12, 31), state=CycleState.ACTIVE)
SUMMER = Cycle(
    uid("summer"), None, "Summer", date(2026, 4, 11), date(2026, 7, 19), YEAR.id, state=CycleState.ACTIVE
)


def measure_of(row: Row) -> Measure:
    start, target = number(row["start"]), number(row["target"])
    match KeyResultMeasure(row["measure"]):
        case KeyResultMeasure.INCREASE:
            return increase(start, target)
        case KeyResultMeasure.DECREASE:
            return decrease(start, target)
        case _:
            return zones(start, 300, target, 100)


@pytest.mark.parametrize("row", TABLE.rows)
def test_a_worked_example_is_true(row: Row):
    known = key_result(
        measure_of(row), lineage_start_value=number(row["first start"]), grade=grade_of(row["grade"])
    )
    sketch = Sketch()
    sketch.objective("top")
    sketch.key_result("part", "top", known.measure, readings=readings(row["readings"]))
    part = sketch.tree.key_results[uid("part")]
    sketch.tree.key_results[part.id] = replace(
        part, lineage_start_value=known.lineage_start_value, grade=known.grade
    )
    sketch.count_all()
    found = sketch.key("part")
    lineage = found.lineage
    values = {
        "progress": found.progress,
        "from first start": lineage and lineage.progress,
        "share behind": lineage and lineage.share,
        "score": lineage and lineage.score_at_end,
        "final score": lineage and lineage.final_score,
    }
    said = {column.removeprefix(ANSWER): cell for column, cell in row.items() if column.startswith(ANSWER)}
    assert {name: (cell, values[name]) for name, cell in said.items() if not agrees(cell, values[name])} == {}


def lineage(*values: float | None, second: ObjectiveState = ObjectiveState.PUBLISHED) -> Sketch:
    """Return a year with a first objective at 6 of 10, and its successor with a key result from 6 to 10."""
    sketch = Sketch(replace(CYCLE, parent_id=YEAR.id))
    sketch.tree.cycles[YEAR.id] = YEAR
    sketch.tree.cycles[SUMMER.id] = SUMMER
    for name, cycle in (("year", YEAR), ("quarter", SUMMER)):
        sketch.objective(name)
        sketch.tree.objectives[uid(name)] = replace(sketch.tree.objectives[uid(name)], cycle_id=cycle.id)
    sketch.objective("first", state=ObjectiveState.CLOSED)
    sketch.key_result("sold", "first", increase(0, 10), readings=[reading(10, 6)])
    sketch.objective("second", state=second, carried_from_id=uid("first"), lineage_id=uid("first"))
    sketch.tree.objectives[uid("second")] = replace(sketch.tree.objectives[uid("second")], cycle_id=SUMMER.id)
    sketch.key_result(
        "again", "second", increase(6, 10), readings=[reading(110, value) for value in values if value]
    )
    again = sketch.tree.key_results[uid("again")]
    sketch.tree.key_results[again.id] = replace(again, lineage_start_value=0.0)
    for child in ("first", "second"):
        sketch.align(child, "year")
    sketch.align("second", "quarter")
    sketch.count_all()
    return sketch


def parts_of(sketch: Sketch, metric: Metric) -> dict[UUID, tuple[float | None, PartReason | None, bool]]:
    steps = explaining(sketch.tree, sketch.tree.objectives[uid("year")], metric, END, lambda _: False)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return {part.id: (part.value, part.reason, part.from_first_start) for part in end.value.parts}


def test_a_longer_cycle_counts_a_lineage_once_and_the_cycle_itself_from_its_own_start():
    sketch = lineage(8)
    assert (sketch["first"].progress, sketch["second"].progress) == (0.6, 0.5)
    assert (sketch["quarter"].progress, sketch["year"].progress) == (0.5, 0.8)
    assert sketch["year"].score_at_end == 0.8
    assert parts_of(sketch, Metric.PROGRESS) == {
        uid("second"): (0.8, None, True),
        uid("first"): (None, PartReason.SUCCEEDED, False),
    }
    begin = SUMMER.starts_at(sketch.tree.zone)
    assert expected_progress(sketch["quarter"].expected, begin) == 0
    assert expected_progress(sketch["year"].expected, begin) == pytest.approx(0.6)
    assert expected_progress(sketch["year"].expected, SUMMER.ends_at(sketch.tree.zone)) == 1
    assert begin > BEGIN


def test_a_successor_without_a_reading_stands_where_the_first_one_ended():
    assert lineage()["year"].progress == 0.6


@pytest.mark.parametrize("state", (ObjectiveState.DRAFT, ObjectiveState.PAUSED, ObjectiveState.DROPPED))
def test_the_first_one_counts_while_its_successor_does_not(state: ObjectiveState):
    sketch = lineage(8, second=state)
    assert sketch["year"].progress == 0.6
    assert parts_of(sketch, Metric.PROGRESS)[uid("first")] == (0.6, None, False)


def test_other_measures_have_no_numbers_from_a_first_start():
    assert standing(increase()).lineage is None
