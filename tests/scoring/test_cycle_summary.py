"""Worked examples of summaries: each row of their tables in docs/review.md is a test."""

import re
from collections import Counter
from random import Random

import pytest

from okr_api.okr.check_in_slots import CheckInSlotState
from okr_api.okr.computed_values import Band, Status
from okr_api.okr.objective import ObjectiveKind
from okr_api.scoring.cycle_summary import (
    CycleSummary,
    EasedFact,
    GuardRailFact,
    ObjectiveFact,
    ScoreDistribution,
    rhythm_of,
)
from tests.scoring.tables import ANSWER, NOTHING, Row, split_parts, tables
from tests.scoring.test_review import REVIEW
from tests.scoring.test_worked_examples import agrees

SCORE = r"(?P<score>[\d.]+|\?)(?: / (?P<floor>[\d.]+))?"
OBJECTIVE = re.compile(rf"(?P<kind>[a-z]+) {SCORE}(?P<broken> broken)?(?: (?P<coverage>\d+) %)?")


def listed(cell: str) -> list[str]:
    return [] if cell == NOTHING else split_parts(cell)


def score_of(text: str | None) -> float | None:
    return None if text in (None, "?", NOTHING) else float(text)


def parsed(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    assert found is not None, f"cannot be read: {text!r}"
    return found


def distribution(row: Row) -> dict[str, object]:
    found = ScoreDistribution()
    for text in listed(row["final scores"]):
        said = parsed(re.compile(SCORE), text)
        found.add(score_of(said["score"]), score_of(said["floor"] or said["score"]))
    return {
        "tenths": " ".join(map(str, found.tenths)),
        "red": found.bands[Band.RED],
        "yellow": found.bands[Band.YELLOW],
        "green": found.bands[Band.GREEN],
        "not measured": found.not_measured_count,
        "share at 1": found.at_one_share,
        "too safe": found.is_too_safe,
    }


def fact_of(text: str) -> ObjectiveFact:
    said = parsed(OBJECTIVE, text)
    return ObjectiveFact(
        ObjectiveKind(said["kind"].upper()),
        score_of(said["score"]),
        score_of(said["floor"] or said["score"]) or 0.0,
        float(said["coverage"] or 100) / 100,
        guard_rail_broken=said["broken"] is not None,
    )


def objectives(row: Row) -> dict[str, object]:
    found = CycleSummary()
    for text in listed(row["objectives"]):
        found.add_objective(fact_of(text))
    return {
        "committed": found.committed.total(),
        "met": found.committed[Status.ACHIEVED],
        "missed": found.committed[Status.MISSED],
        "not measured": found.committed[None],
        "aspirational": found.aspirational.total(),
        "reached": found.aspirational[Status.ACHIEVED],
        "mean": found.aspirational_mean,
        "learning": found.learning_count,
        "coverage": found.coverage,
    }


def eased(row: Row) -> dict[str, object]:
    found = CycleSummary()
    for text in listed(row["key results"]):
        score, _, original = text.partition(" of ")
        found.add_eased(EasedFact(score_of(score), score_of(original)))
    return {"eased": found.eased_count, "mean": found.eased_mean, "by the original": found.original_mean}


def guard_rails(row: Row) -> dict[str, object]:
    found = CycleSummary()
    for text in listed(row["guard-rails"]):
        said = parsed(re.compile(r"held (\S+) budget (\S+)"), text)
        found.add_guard_rail(GuardRailFact(score_of(said[2]), score_of(said[1])))
    return {"all": found.guard_rail_count, "broken": found.broken_count}


def rhythm(row: Row) -> dict[str, object]:
    states: Counter[CheckInSlotState] = Counter()
    for text in listed(row["check-ins"]):
        count, _, state = text.partition(" ")
        states[CheckInSlotState(state.upper().replace(" ", "_"))] += int(count)
    return {"share on time": rhythm_of(states)["on_time_share"]}


RUNNERS = {
    "Distribution of final scores": distribution,
    "What objectives came to": objectives,
    "Eased targets": eased,
    "Guard-rails": guard_rails,
    "Rhythm": rhythm,
}
TABLES = [table for table in tables(REVIEW) if table.heading in RUNNERS]


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        pytest.param(table.heading, row, id=f"line {table.line + 2 + place}")
        for table in TABLES
        for place, row in enumerate(table.rows)
    ],
)
def test_a_worked_example_of_a_summary_is_true(heading: str, row: Row):
    found = RUNNERS[heading](row)
    said = {column.removeprefix(ANSWER): cell for column, cell in row.items() if column.startswith(ANSWER)}
    assert said
    assert {name: (cell, found[name]) for name, cell in said.items() if not agrees(cell, found[name])} == {}


def test_every_runner_of_a_summary_has_a_table():
    assert {table.heading for table in TABLES} == set(RUNNERS)


def test_equal_facts_together_are_as_each_alone_in_any_order():
    random = Random(1)
    kinds, scores = list(ObjectiveKind), (None, 0.0, 0.1, 0.2, 0.3, 0.7, 1.0)
    facts = [
        ObjectiveFact(random.choice(kinds), random.choice(scores), random.choice((0.1, 0.7)), 0.1)
        for _ in range(300)
    ]
    alone, together = CycleSummary(), CycleSummary()
    for fact in facts:
        alone.add_objective(fact)
    grouped = list(Counter(facts).items())
    random.shuffle(grouped)
    for fact, count in grouped:
        together.add_objective(fact._replace(times=count))
    assert together.aspirational_mean == alone.aspirational_mean
    assert together.coverage == alone.coverage
    for name in ("objective_scores", "committed", "aspirational", "learning_count"):
        assert getattr(together, name) == getattr(alone, name)
