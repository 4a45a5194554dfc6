"""Laws of formulas: their readings are the sum or the mean of what the parts are at each instant, exactly."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.formula import FormulaFunction
from okr_api.okr.key_result import Reading
from okr_api.okr.numbers import MAX_VALUE
from okr_api.scoring.formula import combined
from tests.scoring.sketch import Sketch, day, increase, reading, uid

NUMBERS = st.floats(-MAX_VALUE, MAX_VALUE) | st.sampled_from((0.1, 0.2, 1e-9, -5e-324, MAX_VALUE))
PARTS = st.lists(st.lists(st.tuples(st.integers(0, 9), NUMBERS), max_size=6), max_size=5)


def series(part: list[tuple[int, float]], seq: int) -> list[Reading]:
    """Return the readings of a part in order; of two at one instant, the second was recorded later."""
    made = [reading(on, value, seq=seq + place) for place, (on, value) in enumerate(part)]
    return sorted(made, key=lambda each: each.order)


def by_hand(function: FormulaFunction, parts: list[list[Reading]], on: int) -> float | None:
    """Return the value on a day, with exact fractions."""
    latest = [part[-1] for each in parts if (part := [r for r in each if r.effective_at <= day(on)])]
    if not latest:
        return None
    total = float(sum(Fraction(each.value or 0.0) for each in latest))
    value = total if function is FormulaFunction.SUM else total / len(latest)
    return min(MAX_VALUE, max(-MAX_VALUE, value))


@given(PARTS, st.sampled_from(FormulaFunction))
def test_it_has_one_reading_for_each_instant_with_the_values_of_its_parts(
    drawn: list[list[tuple[int, float]]], function: FormulaFunction
):
    parts = [series(part, 100 * place) for place, part in enumerate(drawn)]
    found = {each.effective_at: each.value for each in combined(function, parts, definition=1)}
    days = sorted({on for part in drawn for on, _ in part})
    assert found == {day(on): by_hand(function, parts, on) for on in days}
    assert list(found) == sorted(found)


@given(PARTS.filter(len))
def test_the_first_and_the_latest_readings_of_the_parts_decide_a_target(
    drawn: list[list[tuple[int, float]]],
):
    """Those in between change no number of a key result that has a start and is no limit."""
    parts = [series(part, 100 * place) for place, part in enumerate(drawn)]
    standings = []
    for shown in (parts, [part if len(part) < 3 else [part[0], part[-1]] for part in parts]):
        sketch = Sketch()
        sketch.objective("top")
        for place, read in enumerate(shown):
            sketch.key_result(f"part {place}", "top", increase(0, 100), readings=read)
        names = [uid(f"part {place}") for place in range(len(parts))]
        sketch.key_result(
            "sum", "top", increase(0, MAX_VALUE), formula_function=FormulaFunction.SUM,
            formula_part_ids=tuple(names),
        )  # fmt: skip
        sketch.count_all()
        standings.append(sketch.key("sum"))
    assert standings[0] == standings[1]


def test_a_check_in_on_a_part_moves_its_formulas_and_no_other():
    sketch = Sketch()
    for name in ("top", "aside"):
        sketch.objective(name)
    for name in "abc":
        sketch.key_result(name, "aside", increase(0, 100), readings=[reading(10, 1.0)])
    for name, part in (("over a", "a"), ("over b", "b"), ("over over a", "over a")):
        sketch.key_result(
            name, "top", increase(0, 100), formula_function=FormulaFunction.SUM, formula_part_ids=(uid(part),)
        )
    sketch.count_all()
    sketch.tree.readings[uid("a")].append(replace(reading(20, 5.0), seq=2))
    moved = [delta.node_id for delta in sketch.recount(key_results=["a"], by_check_in=True)]
    assert moved[:3] == [uid("a"), uid("over a"), uid("over over a")]
    assert set(moved[3:]) == {uid("top"), uid("aside")}
