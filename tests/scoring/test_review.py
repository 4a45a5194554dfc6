"""Worked examples of reviews: each row of the tables of docs/review.md is a test."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from okr_api.okr.cycle import CycleState
from okr_api.okr.grade import Grade, GradeKind
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.scoring.grading import band_of, graded_by
from tests.scoring.sketch import CYCLE, Sketch, increase, reading, uid
from tests.scoring.tables import ANSWER, DOCUMENT, NOTHING, Row, number, split_parts, tables
from tests.scoring.test_worked_examples import agrees

REVIEW = DOCUMENT.with_name("review.md")
AT = datetime(2026, 10, 1, tzinfo=UTC)
GRADED = re.compile(
    r"(?:(?P<weight>[\d.]+) × )?(?P<what>\[.*\]|[\d.]+|\?)(?: (?P<grade>(?:COMPUTED|OVERRIDE|NOT).*))?"
)


def grade_of(cell: str | None) -> Grade | None:
    """Parse a grade such as `OVERRIDE 0.7`."""
    if cell in (None, NOTHING):
        return None
    kind, _, score = cell.partition(" ")
    return Grade(GradeKind(kind), float(score) if score else None, None, "Why", AT, "Ann", uid("ann"))


def add(sketch: Sketch, name: str, cell: str, grade: Grade | None) -> None:
    """Add a closed objective with the parts in a cell; both kinds of parts count."""
    sketch.objective(name, state=ObjectiveState.CLOSED, grade=grade, progress_source=ProgressSource.BOTH)
    for place, text in enumerate([] if cell == NOTHING else split_parts(cell)):
        said = GRADED.fullmatch(text)
        assert said is not None, f"not a graded part: {text!r}"
        part, weight = f"{name}.{place}", float(said["weight"] or 1)
        if said["what"].startswith("["):
            add(sketch, part, said["what"][1:-1], grade_of(said["grade"]))
            sketch.align(part, name, weight)
        else:
            read = [] if said["what"] == "?" else [reading(10, float(said["what"]))]
            sketch.key_result(
                part, name, increase(), readings=read, weight=weight, grade=grade_of(said["grade"])
            )


def sketched(cell: str, grade: str) -> Sketch:
    """Return a sketch of a closed cycle with the objective `top`, computed."""
    sketch = Sketch(replace(CYCLE, state=CycleState.CLOSED))
    add(sketch, "top", cell, grade_of(grade))
    sketch.count_all()
    return sketch


def key_result(row: Row) -> dict[str, object]:
    score = row["computed"] if number(row["computed"]) is not None else "?"
    found = sketched(score if row["grade"] == NOTHING else f"{score} {row['grade']}", NOTHING).key("top.0")
    band = band_of(found.final_score, ObjectiveKind.COMMITTED)
    return {"final score": found.final_score, "band": band, "outcome": found.outcome}


def objective(row: Row) -> dict[str, object]:
    found = sketched(row["parts"], row["grade"])["top"]
    return {
        "score": found.score_at_end,
        "floor": found.score_floor,
        "final score": found.final_score,
        "final floor": found.final_floor,
        "band": band_of(graded_by(found.final_score, found.final_floor)),
        "outcome": found.outcome,
    }


RUNNERS = {"Final score of a key result": key_result, "Final score of an objective": objective}
TABLES = tables(REVIEW)


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        pytest.param(table.heading, row, id=f"line {table.line + 2 + place}")
        for table in TABLES
        for place, row in enumerate(table.rows)
        if table.heading in RUNNERS
    ],
)
def test_a_worked_example_is_true(heading: str, row: Row):
    found = RUNNERS[heading](row)
    said = {column.removeprefix(ANSWER): cell for column, cell in row.items() if column.startswith(ANSWER)}
    assert said
    assert {name: (cell, found[name]) for name, cell in said.items() if not agrees(cell, found[name])} == {}


def test_every_runner_has_a_table():
    assert set(RUNNERS) <= {table.heading for table in TABLES}


def test_grades_move_no_progress_and_no_computed_score():
    plain, graded = (
        sketched("0.5, [0.6, ?]", NOTHING),
        sketched("0.5 OVERRIDE 1, [0.6, ?] OVERRIDE 0", "OVERRIDE 1"),
    )
    for name in ("progress", "coverage", "confidence", "score_at_end", "score_floor", "partial", "expected"):
        assert getattr(plain["top"], name) == getattr(graded["top"], name)
        if name not in ("score_floor", "partial"):
            assert getattr(plain.key("top.0"), name) == getattr(graded.key("top.0"), name)
    assert graded["top"].final_score == 1
