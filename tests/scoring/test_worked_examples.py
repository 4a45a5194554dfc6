"""Worked examples: each row of the tables of docs/scoring.md is a test."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from okr_api.okr.computed_values import KeyResultStanding, Status
from okr_api.okr.cycle import CycleState
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import JudgedBy, Measure
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.okr.target_revision import eases_target
from okr_api.scoring.grading import band_of, graded_by
from okr_api.scoring.pace import expected_progress
from okr_api.scoring.paths import PartShares, largest_paths, reaching
from okr_api.scoring.propagation import Steps
from tests.scoring.sketch import (
    BEGIN,
    CYCLE,
    OBJECTIVE,
    Sketch,
    at_least,
    at_most,
    day,
    decrease,
    due_on,
    increase,
    reading,
    revised_from,
    standing,
    uid,
    within,
    zones,
)
from tests.scoring.tables import (
    ANSWER,
    NOTHING,
    Part,
    Row,
    Table,
    measure,
    number,
    on_day,
    parts,
    readings,
    steps,
    tables,
)

T = TypeVar("T")
Answers = dict[str, object]
Runner = Callable[[Row], Answers]
RUNNERS: dict[str, Runner] = {}


def runs(*headings: str) -> Callable[[Runner], Runner]:
    """Register a function as the runner of the tables under these headings."""

    def registered(runner: Runner) -> Runner:
        RUNNERS.update(dict.fromkeys(headings, runner))
        return runner

    return registered


# ── Key results ──


def answers_of(found: KeyResultStanding) -> Answers:
    """Return what the tables ask of a key result, by column."""
    return {
        "raw": found.raw_progress,
        "progress": found.progress,
        "reason": found.progress_reason,
        "current": found.current_value,
        "holds": found.holds,
        "held share": found.held_share,
        "score": found.score_at_end,
    }


@runs("Increase and decrease")
def travelled(row: Row) -> Answers:
    way = increase if row["measure"] == "INCREASE" else decrease
    return answers_of(standing(way(number(row["start"]), number(row["target"])), readings(row["readings"])))


@runs("Which reading is the current one")
def current(row: Row) -> Answers:
    return answers_of(standing(increase(0, 100), readings(row["readings"])))


@runs("Stay above and stay below")
def kept(row: Row) -> Answers:
    limit = at_least if row["measure"] == "AT_LEAST" else at_most
    return answers_of(standing(limit(number(row["limit"])), readings(row["readings"])))


@runs("Stay within")
def kept_within(row: Row) -> Answers:
    return answers_of(standing(within(number(row["from"]), number(row["to"])), readings(row["readings"])))


@runs("How a limit is judged")
def judged(row: Row) -> Answers:
    judged_by = None if row["judged by"] == NOTHING else JudgedBy(row["judged by"])
    limit = replace(measure(row["key result"]), judged_by=judged_by)
    return answers_of(standing(limit, readings(row["readings"])))


@runs("Revised targets")
def revised(row: Row) -> Answers:
    before, after = measure(row["before"]), measure(row["after"])
    found = standing(after, readings(row["readings"]), target_revisions=revised_from(before, after))
    return answers_of(found) | {
        "eased": eases_target(before, after, start=found.start_value),
        "by the original": found.original_progress,
    }


@runs("Guard-rails")
def guarded(row: Row) -> Answers:
    sketch = Sketch()
    sketch.objective("objective")
    sketch.key_result("driver", "objective", readings=[reading(2, number(row["progress"]))])
    sketch.key_result(
        "guard-rail",
        "objective",
        at_most(5.0),
        readings=readings(row["guard-rail"]),
        role=KeyResultRole.GUARD_RAIL,
        weight=0.0,
        broken_budget=number(row["budget"]),
    )
    sketch.count_all()
    found = sketch["objective"]
    sketch.tree.objectives[uid("objective")] = replace(
        sketch.tree.objectives[uid("objective")], state=ObjectiveState.CLOSED
    )
    sketch.count_all()
    return {
        "progress": found.progress,
        "derived": found.derived.at(day(float(row["day"]))),
        "broken": found.guard_rail_broken,
        "outcome": sketch["objective"].outcome,
    }


@runs("Yes or no")
def yes_or_no(row: Row) -> Answers:
    return answers_of(standing(measure("BOOLEAN"), readings(row["readings"])))


@runs("Milestones")
def stepped(row: Row) -> Answers:
    return answers_of(standing(steps(row["milestones"]), readings(row["readings"])))


@runs("Zones")
def zoned(row: Row) -> Answers:
    values = [number(row[name]) for name in ("start", "commit", "target", "stretch")]
    return answers_of(standing(zones(*values), readings(row["readings"])))


def add_part(sketch: Sketch, name: str, cell: str) -> None:
    """Add a part of a formula with an objective of its own, such as `objective paused: day 10: 20`."""
    said = re.fullmatch(r"(?:(objective )?(paused|dropped|draft): )?(.*)", cell)
    assert said is not None
    of_objective, state, read = said[1] or said[2] == "draft", (said[2] or "").upper(), said[3]
    published = ObjectiveState(state) if of_objective else ObjectiveState.PUBLISHED
    sketch.objective(f"of {name}", state=published)
    own = KeyResultState(state) if state and not of_objective else KeyResultState.ACTIVE
    sketch.key_result(name, f"of {name}", increase(0, 100), readings=readings(read), state=own)


def with_formula(row: Row, names: str, function: str, how: Measure, own: str) -> KeyResultStanding:
    """Return the standing of a formula over the parts in the row's columns."""
    sketch = Sketch()
    sketch.objective("top")
    for name in names:
        add_part(sketch, name, row[name])
    sketch.key_result(
        "formula",
        "top",
        how,
        readings=readings(own),
        formula_function=FormulaFunction(function),
        formula_part_ids=tuple(uid(name) for name in names),
    )
    sketch.count_all()
    return sketch.key("formula")


@runs("Formulas")
def computed(row: Row) -> Answers:
    how = measure(row["key result"])
    return answers_of(with_formula(row, "ABC", row["formula"], how, row["own check-ins"]))


@runs("How fresh a formula is")
def fresh(row: Row) -> Answers:
    found = with_formula(row, "AB", "SUM", increase(0, 100), row["own check-ins"])
    return {"status": found.status.at(day(float(row["day"])))}


@runs("Formulas of formulas")
def nested(row: Row) -> Answers:
    """Return the values of a formula and of one over it."""
    sketch = Sketch()
    sketch.objective("top")
    for name in "AB":
        add_part(sketch, name, row[name])
    for name in ("outer", "inner"):
        function, _, over = row[name].partition(" of ")
        sketch.key_result(
            name,
            "top",
            increase(0, 100),
            formula_function=FormulaFunction(function),
            formula_part_ids=tuple(uid(part) for part in over.split(" and ")),
        )
    sketch.count_all()
    return {f"{name} value": sketch.key(name).current_value for name in ("inner", "outer")}


@runs("Score of a key result")
def scored(row: Row) -> Answers:
    return answers_of(standing(measure(row["key result"]), readings(row["readings"])))


# ── Objectives ──


def add_objective(sketch: Sketch, name: str, beneath: tuple[Part, ...], **fields: object) -> None:
    """Add an objective with all its parts; if they are of both kinds, both count."""
    mixed = {part.beneath is None for part in beneath} == {True, False}
    sketch.objective(name, **({"progress_source": ProgressSource.BOTH} if mixed else {}) | fields)
    for place, part in enumerate(beneath):
        part_name = f"{name}.{place}"
        if part.beneath is None:
            add_key_result(sketch, part_name, name, part)
            continue
        supports = part.state == "supports"
        state = ObjectiveState.PUBLISHED if supports or not part.state else ObjectiveState(part.state.upper())
        add_objective(sketch, part_name, part.beneath, state=state)
        sketch.align(part_name, name, part.weight, supports=supports)


def add_key_result(sketch: Sketch, name: str, objective: str, part: Part) -> None:
    """Add a key result; one that is named by its measure is read on day 5, or on the day that it names."""
    state = KeyResultState(part.state.upper()) if part.state else KeyResultState.ACTIVE
    value: float | None = 0.5
    on, due = 5.0, None
    match part.what:
        case "?":
            how, value = increase(), None
        case "no target":
            how = increase(0, None)
        case "no way":
            how = increase(3, 3)
        case text if text[0] in "-0123456789":
            how, value = increase(), float(text)
        case text:
            how, due, on = described(text)
    read = [] if value is None and part.sure is None else [reading(on, value, confidence=part.sure)]
    sketch.key_result(
        name, objective, how, readings=read, weight=part.weight, state=state, due_on=due and due_on(due)
    )


def described(text: str) -> tuple[Measure, int | None, float]:
    """Parse a measure, due day and first day: `INCREASE due day 50`, `AT_MOST first read on day 20`."""
    said = re.fullmatch(r"(.*?)(?: due day (\d+))?(?: first read on day (-?\d+))?", text)
    assert said is not None
    return measure(said[1]), int(said[2]) if said[2] else None, float(said[3] or 5)


def sketch_of(beneath: tuple[Part, ...], **fields: object) -> Sketch:
    """Return a sketch with an objective named `top` with these parts, computed."""
    sketch = Sketch()
    add_objective(sketch, "top", beneath, **fields)
    sketch.count_all()
    return sketch


@runs("The mean of key results", "The mean of objectives", "Confidence", "Score of an objective")
def resolve(row: Row) -> Answers:
    found = sketch_of(parts(row["parts"]))["top"]
    return {
        "progress": found.progress,
        "coverage": found.coverage,
        "reason": found.progress_reason,
        "confidence": found.confidence,
        "lowest": found.lowest_confidence,
        "score": found.score_at_end,
        "partial": found.partial,
        "floor": found.score_floor,
    }


@runs("Where the parts come from")
def sourced(row: Row) -> Answers:
    both = parts(row["key results"]) + parts(row["objectives"])
    found = sketch_of(both, progress_source=ProgressSource(row["progress from"]))["top"]
    return {"progress": found.progress, "counted from": found.progress_from}


@runs("Aligned to a key result")
def aligned(row: Row) -> Answers:
    sketch = Sketch()
    add_objective(
        sketch, "top", parts(row["key result"]), progress_source=ProgressSource(row["progress from"])
    )
    add_objective(sketch, "child", parts(row["child"]))
    for edge in row["aligned to"].split(", "):
        kind, _, weight = edge.removeprefix("supports ").rpartition(" ")
        parent = {"objective": "top", "key result": "top.0"}[kind]
        sketch.align("child", parent, float(weight), supports=edge.startswith("supports "))
    sketch.count_all()
    return {"objective": sketch["top"].progress, "key result": sketch.key("top.0").progress}


@runs("Several parents")
def diamond(row: Row) -> Answers:
    sketch = Sketch()
    sketch.objective("company")
    add_objective(sketch, "C", parts(row["C"]))
    for name in "AB":
        add_objective(sketch, name, parts(row[f"{name}'s own"]), progress_source=ProgressSource.BOTH)
        sketch.align("C", name)
        sketch.align(name, "company")
    sketch.count_all()
    return {name: sketch[name].progress for name in ("A", "B", "company")}


@runs("Shares of an ancestor")
def shares_of_an_ancestor(row: Row) -> Answers:
    sketch = Sketch()
    sketch.objective("company")
    add_objective(sketch, "C", parts(row["C"]))
    for name, weight in (("A", 1.0), ("B", float(row["weight of B"]))):
        add_objective(sketch, name, parts(row[f"{name}'s own"]), progress_source=ProgressSource.BOTH)
        sketch.align("C", name)
        sketch.align(name, "company", weight)
    sketch.count_all()
    sketch.tree.countable.update(sketch.tree.objectives)
    shares = PartShares(sketch.tree)
    found = finished(reaching(shares, uid("C")))
    paths = finished(largest_paths(shares, found, uid("C"), uid("company")))
    by = {path.steps[-1].node_id: path.share for path in paths}
    total = found[uid("company")].share if paths else 0.0
    return {"by A": by.get(uid("A"), 0.0), "by B": by.get(uid("B"), 0.0), "total share": total}


def finished(steps: Steps[T]) -> T:
    """Return the result of a computation."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


# ── Pace and status ──


@runs("Expected progress of a key result")
def expected(row: Row) -> Answers:
    how, _, first = described(row["key result"])
    never_read = how.is_limit and "first read" not in row["key result"]
    due = on_day(row["due"])
    found = standing(
        how,
        [] if never_read else [reading(first, 0.0)],
        objective=replace(OBJECTIVE, kind=ObjectiveKind(row["under"])),
        due_on=due and due_on(due),
    )
    return {"expected": expected_progress(found.expected, day(float(row["day"])))}


@runs("Expected progress of an objective")
def expected_of_an_objective(row: Row) -> Answers:
    curve = sketch_of(parts(row["parts"]))["top"].expected
    return {"expected": expected_progress(curve, day(float(row["day"])))}


def at_progress(row: Row) -> KeyResultStanding:
    """Return a key result from 0 to 1, read once, at the beginning."""
    due = on_day(row.get("due", NOTHING))
    read = [] if row["progress"] == "?" else [reading(0, float(row["progress"]))]
    return standing(increase(), read, due_on=due and due_on(due))


@runs("Gap and derived status")
def gap(row: Row) -> Answers:
    found, at = at_progress(row), day(float(row["day"]))
    foreseen = expected_progress(found.expected, at)
    assert foreseen is not None
    return {
        "expected": foreseen,
        "gap": None if found.progress is None else foreseen - found.progress,
        "derived": found.derived.at(at),
    }


@runs("Status of limits")
def limit_status(row: Row) -> Answers:
    found = standing(measure(row["key result"]), readings(row["readings"]))
    return {"derived": found.derived.at(day(float(row["day"])))}


@runs("When a status will turn")
def turn(row: Row) -> Answers:
    derived, at = at_progress(row).derived, day(float(row["day"]))
    turns = derived.next_turn(at)
    return {"derived": derived.at(at), "turns on day": turns, "to": turns and derived.at(turns)}


@runs("Reported, derived, stale")
def said(row: Row) -> Answers:
    found, at = standing(increase(), readings(row["check-ins"])), day(float(row["day"]))
    still = found.reported_until is not None and at < found.reported_until
    return {
        "reported": found.reported_status if still else None,
        "derived": found.derived.at(at),
        "status": found.status.at(at),
        "confidence": found.confidence,
    }


@runs("Reported of an objective")
def reported_of_objective(row: Row) -> Answers:
    sketch, at = Sketch(), day(float(row["day"]))
    sketch.objective("objective")
    sketch.key_result("key result", "objective", readings=[reading(45, 0.4, confidence=0.9)])
    sketch.tree.readings[uid("objective")] = readings(row["check-ins on the objective"])
    sketch.count_all()
    found = sketch["objective"]
    still = found.reported_until is not None and at < found.reported_until
    return {
        "reported": found.reported_status if still else None,
        "derived": found.derived.at(at),
        "status": found.status.at(at),
        "reported confidence": found.reported_confidence,
        "confidence": found.confidence,
    }


@runs("Objectives of which nothing has been measured")
def unmeasured(row: Row) -> Answers:
    found, at = sketch_of(parts(row["parts"]))["top"], day(float(row["day"]))
    return {"derived": found.derived.at(at), "status": found.status.at(at)}


@runs("Drafts, paused, dropped, closed")
def set_aside(row: Row) -> Answers:
    sketch = Sketch(replace(CYCLE, state=CycleState(row["cycle"])))
    sketch.objective("objective", state=ObjectiveState(row["objective"]))
    state = KeyResultState(row["key result"])
    sketch.key_result("key result", "objective", state=state, readings=[reading(45, 0.4)])
    sketch.count_all()
    return {
        "key result shows": sketch.key("key result").status.at(day(50)),
        "objective shows": sketch["objective"].status.at(day(50)),
    }


# ── Grades ──


@runs("Bands")
def band(row: Row) -> Answers:
    return {"band": band_of(number(row["score"]), ObjectiveKind(row["kind"]))}


@runs("Outcomes")
def outcome(row: Row) -> Answers:
    sketch = Sketch(replace(CYCLE, state=CycleState.CLOSED))
    sketch.objective("top", kind=ObjectiveKind(row["kind"]), state=ObjectiveState.CLOSED)
    score = number(row["score"])
    how = measure("INCREASE" if row["of"] == "objective" else row["of"])
    sketch.key_result("part", "top", how, readings=[] if score is None else [reading(10, score)])
    sketch.count_all()
    if row["of"] == "objective":
        return {"outcome": sketch["top"].outcome}
    return {"outcome": sketch.key("part").outcome}


@runs("What was never measured does not help")
def graded(row: Row) -> Answers:
    kind = ObjectiveKind(row["kind"])
    found = sketch_of(parts(row["parts"]), kind=kind, state=ObjectiveState.CLOSED)["top"]
    return {
        "score": found.score_at_end,
        "floor": found.score_floor,
        "band": band_of(graded_by(found.score_at_end, found.score_floor), kind),
        "outcome": found.outcome,
    }


# ── The tests ──

TABLES = tables()
ROWS = [
    pytest.param(table, place, id=f"line {table.line + 2 + place}")
    for table in TABLES
    for place in range(len(table.rows))
]
CLOSE = 1e-9
TURN_TOLERANCE = timedelta(milliseconds=20)
"""More than two billionths of 100 days."""


def agrees(cell: str, found: object) -> bool:
    """Return whether a result is what the cell says."""
    match found:
        case None:
            return cell == NOTHING
        case bool():
            return cell == ("yes" if found else "no")
        case datetime():
            return abs(found - BEGIN - timedelta(days=float(cell))) <= TURN_TOLERANCE
        case float():
            return cell != NOTHING and abs(found - float(cell)) <= CLOSE
        case _:
            return cell == str(found)


@pytest.mark.parametrize(("table", "place"), ROWS)
def test_a_worked_example_is_true(table: Table, place: int):
    row = table.rows[place]
    asked = [column for column in table.columns if column.startswith(ANSWER)]
    found = RUNNERS[table.heading](row)
    answers = {column: (row[column], found[column.removeprefix(ANSWER)]) for column in asked}
    assert {column: both for column, both in answers.items() if not agrees(*both)} == {}, (
        f"{table.heading}: {row}: (said, found)"
    )


def test_every_table_has_a_runner_and_every_runner_a_table():
    assert [table.heading for table in TABLES] == list(dict.fromkeys(table.heading for table in TABLES))
    assert {table.heading for table in TABLES} == set(RUNNERS)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.heading)
def test_a_table_asks_and_gives_reasons(table: Table):
    assert len(table.rows) >= 4
    assert any(column.startswith(ANSWER) for column in table.columns)
    assert table.columns[-1] == "because"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.heading)
def test_no_example_is_told_twice(table: Table):
    given = [tuple(value for name, value in row.items() if name != "because") for row in table.rows]
    assert len(set(given)) == len(given)


def test_the_tables_tell_answers_apart():
    """A cell that differs from the result is a failure, whatever its type."""
    assert not agrees("0.5", 0.6)
    assert not agrees("0.5", None)
    assert not agrees(NOTHING, 0.0)
    assert not agrees("yes", False)
    assert not agrees("5", day(6))
    assert not agrees("AT_RISK", Status.ON_TRACK)
