"""Formulas: key results whose value is the sum or the mean of others, recomputed with them in one change."""

import itertools
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.author import Author
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.formula import MAX_FORMULA_PARTS, MAX_FORMULAS_OF_A_KEY_RESULT, FormulaFunction
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.measure import JudgedBy, KeyResultMeasure, Measure
from okr_api.services import cycles, key_results, metrics, objectives
from okr_api.services.formulas import FormulaRequest
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.number_repair import recount_organization
from okr_api.services.references import Ref
from tests.acme import TODAY, Acme, Workplace, at_most, days_ago, increase, ref, said
from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.store.statements import one_connection

SUM, MEAN = FormulaFunction.SUM, FormulaFunction.MEAN


def formula(function: FormulaFunction, *parts: UUID | str) -> FormulaRequest:
    """Return a formula of key results by id or external id, with their places in the input."""
    refs = []
    for place, part in enumerate(parts):
        path = ("formula", "keyResults", place, "externalId" if isinstance(part, str) else "id")
        refs.append(Ref(external_id=part, path=path) if isinstance(part, str) else Ref(part, path=path))
    return FormulaRequest(function, refs)


async def value(acme: Acme, key_result: UUID) -> float | None:
    current: float | None = (await acme.row("key_result", key_result))["current_value"]
    return current


async def counted(
    acme: Acme, name: str, of: FormulaRequest, under: UUID | str = "answer_fast", **more: Any
) -> UUID:
    """Create a key result with a formula, by default from 0 to 100 tickets."""
    measure = more.pop("measure", increase(0, 100, "tickets"))
    return await acme.key_result(name, under, measure, formula=of, external_id=name, **more)


async def edited(acme: Acme, key_result: UUID, **edits: Any) -> UUID:
    measure = edits.pop("measure", {})
    return await acme.done(key_results.edit_key_result, key_result=key_result, edits=edits, measure=measure)


async def restated(acme: Acme, service: Any, **node: Any) -> None:
    await acme.done(service, **node)
    assert await acme.verify() == []


@pytest.fixture
async def north(acme: Acme) -> UUID:
    return await acme.key_result("North", "never_down", increase(0, 50, "tickets"), external_id="north")


@pytest.fixture
async def south(acme: Acme) -> UUID:
    return await acme.key_result("South", "clear_backlog", increase(0, 50, "tickets"), external_id="south")


@pytest.fixture
async def total(acme: Acme, north: UUID, south: UUID) -> UUID:
    """Sum of two key results of other objectives, of an objective that counts its key results."""
    return await counted(acme, "total", formula(SUM, "north", south))


async def test_a_check_in_on_a_part_moves_the_formula_and_both_chains_in_one_change(
    acme: Acme, north: UUID, south: UUID, total: UUID
):
    await acme.check_in(south, 5)
    before = await acme.tables()
    await acme.check_in(north, 20)
    assert (await acme.written(before))["change"] == 1
    assert (await value(acme, total), await acme.progress(total)) == (25, 0.25)
    moved = await acme.moved()
    assert list(moved)[:2] == [north, total]
    assert moved[total] == (0.05, 0.25)
    assert acme.named(list(moved)[2:]) == ["answer_fast", "never_down", "customers_stay"]
    assert await acme.verify() == []


async def test_a_mean_leaves_out_parts_without_a_value(acme: Acme, north: UUID, south: UUID):
    mean = await counted(acme, "mean", formula(MEAN, north, south))
    assert await value(acme, mean) is None
    assert (await acme.row("key_result", mean))["progress_reason"] == "NOT_MEASURED"
    await acme.check_in(north, 20)
    assert await value(acme, mean) == 20
    await acme.check_in(south, 10)
    assert await value(acme, mean) == 15
    row = await acme.row("key_result", mean)
    assert row["latest_check_in_id"] is None
    assert await acme.verify() == []


async def test_a_part_that_was_measured_before_counts_at_once(acme: Acme, north: UUID, south: UUID):
    await acme.check_in(north, 20)
    await acme.check_in(south, 7)
    total = await counted(acme, "total", formula(SUM, north, south))
    assert await value(acme, total) == 27
    assert (await acme.moved())[total] == (None, 0.27)


async def test_formulas_of_formulas_move_together_parts_first(
    acme: Acme, north: UUID, south: UUID, total: UUID
):
    double = await counted(acme, "double", formula(SUM, total, north), under="never_down")
    mean = await counted(acme, "mean", formula(MEAN, double, total, south), under="clear_backlog")
    await acme.say(said(north, 10), said(south, 2))
    assert [await value(acme, each) for each in (total, double, mean)] == [12, 22, 12]
    moved = list(await acme.moved())
    assert [each for each in moved if each in (total, double, mean)] == [total, double, mean]
    assert moved.index(north) < moved.index(total)
    assert await acme.verify() == []


async def test_a_correction_a_retraction_and_a_late_reading_count_as_they_do_for_the_part(
    acme: Acme, north: UUID, south: UUID, total: UUID
):
    await acme.check_in(south, 1)
    first = await acme.check_in(north, 20, effective_at=days_ago(3))
    await acme.check_in(north, 30, effective_at=days_ago(5))
    assert await value(acme, total) == 21
    await acme.check_in(None, 25, supersedes=first)
    assert await value(acme, total) == 26
    [latest] = await acme.fetch("select id from check_in where value = 25")
    await acme.retract(latest["id"])
    assert await value(acme, total) == 31
    assert await acme.verify() == []


async def test_a_metric_reading_moves_the_formulas_over_what_is_bound(acme: Acme, south: UUID, north: UUID):
    metric = await acme.done(metrics.add_metric, name="Tickets", unit="tickets")
    for part in (north, south):
        await edited(acme, part, metric=ref(metric))
    total = await counted(acme, "total", formula(SUM, north, south))
    await acme.do(record_readings, items=[MetricReadingRequest(metric=ref(metric), value=9)])
    assert await value(acme, total) == 18
    assert await acme.verify() == []


async def test_dropped_parts_are_left_out_and_paused_ones_count(
    acme: Acme, north: UUID, south: UUID, total: UUID
):
    await acme.say(said(north, 20), said(south, 5))
    await restated(acme, key_results.pause_key_result, key_result=north, reason="Later")
    assert await value(acme, total) == 25
    await restated(acme, key_results.drop_key_result, key_result=north, reason="No more")
    assert await value(acme, total) == 5
    assert (await acme.moved())[total] == (0.25, 0.05)
    await restated(acme, objectives.drop_objective, objective="clear_backlog", reason="No more")
    assert await value(acme, total) is None
    await restated(acme, key_results.restore_key_result, key_result=north)
    assert await value(acme, total) == 20
    await restated(acme, objectives.restore_objective, objective="clear_backlog")
    assert await value(acme, total) == 25


async def test_a_part_of_a_draft_counts_once_it_is_published(acme: Acme, north: UUID):
    draft = await acme.objective("Draft", draft=True)
    part = await acme.key_result("Hidden", draft, increase(0, 50, "tickets"))
    total = await counted(acme, "total", formula(SUM, north, part))
    await acme.check_in(north, 20)
    await acme.fetch("update objective set state = 'PUBLISHED' where id = $1", draft)
    acme.group_commit.trees._trees.clear()
    await acme.check_in(part, 4)
    await acme.fetch("update objective set state = 'DRAFT' where id = $1", draft)
    await recount_organization(acme.database, acme.organization.id, author=Author("tests"))
    assert await value(acme, total) == 20
    await acme.done(objectives.publish_objective, objective=draft)
    assert await value(acme, total) == 24
    assert await acme.verify() == []


async def test_a_limit_is_held_for_the_time_in_which_the_formula_held_it(
    acme: Acme, north: UUID, south: UUID
):
    measure = Measure(KeyResultMeasure.AT_MOST, "tickets", target_value=30, judged_by=JudgedBy.TIME_SHARE)
    guard = await counted(
        acme, "guard", formula(SUM, north, south), measure=measure, role=KeyResultRole.GUARD_RAIL,
        broken_budget=0.1,
    )  # fmt: skip
    at = days_ago(8)
    for days, part, number in ((0, north, 10), (2, south, 15), (4, north, 20), (8, south, 5)):
        await acme.check_in(part, number, effective_at=at + timedelta(days=days))
    row = await acme.row("key_result", guard)
    assert (row["current_value"], row["held_share"], row["holds"]) == (25, 0.5, True)
    await acme.check_in(north, 16, effective_at=at + timedelta(days=6))
    row = await acme.row("key_result", guard)
    assert (row["current_value"], row["held_share"]) == (21, 0.5)
    await acme.check_in(north, 11, effective_at=at + timedelta(days=5))
    assert (await acme.row("key_result", guard))["held_share"] == 0.625
    assert await acme.verify() == []


async def test_a_part_of_a_longer_cycle_counts_until_the_end_of_the_formula_s(acme: Acme, south: UUID):
    yearly = await acme.key_result("Yearly", "customers_stay", increase(0, 500, "tickets"))
    past = await acme.cycle("Past", TODAY - timedelta(days=140), TODAY - timedelta(days=60), parent="year")
    old = await acme.objective("Old", "customers_stay", cycle=past)
    total = await counted(acme, "total", formula(SUM, yearly), under=old)
    await acme.check_in(yearly, 30, effective_at=days_ago(100))
    await acme.check_in(yearly, 40, effective_at=days_ago(3))
    assert (await value(acme, yearly), await value(acme, total)) == (40, 30)
    acme.group_commit.trees._trees.clear()
    await acme.check_in(yearly, 35, effective_at=days_ago(70))
    assert await value(acme, total) == 35
    await acme.done(cycles.begin_review, cycle=past)
    await acme.done(cycles.close_cycle, cycle=past)
    outcome = await acme.row("key_result", total)
    await acme.check_in(yearly, 36, effective_at=days_ago(65))
    assert await acme.row("key_result", total) == outcome, "a graded formula keeps its numbers"
    assert await acme.verify() == []


async def test_readings_of_a_sibling_are_read_again_for_a_formula_that_ends_earlier(acme: Acme):
    """The tree of the transaction before has the sibling as another formula needs it."""
    a, b = [await acme.key_result(name, "customers_stay", increase(0, 500)) for name in "ab"]
    past = await acme.cycle("Past", TODAY - timedelta(days=140), TODAY - timedelta(days=60), parent="year")
    old = await acme.objective("Old", "customers_stay", cycle=past)
    late = await counted(acme, "late", formula(SUM, a, b), under="customers_stay", measure=increase())
    early = await counted(acme, "early", formula(SUM, b), under=old, measure=increase())
    for on, number in ((100, 1), (90, 2), (80, 3), (20, 4), (10, 5)):
        await acme.check_in(b, number, effective_at=days_ago(on))
    acme.group_commit.trees._trees.clear()
    await acme.check_in(a, 10)
    await acme.check_in(b, 6, effective_at=days_ago(5))
    assert (await value(acme, late), await value(acme, early)) == (16, 3)
    assert await acme.verify() == []


async def test_it_takes_check_ins_without_a_value_only(acme: Acme, north: UUID, total: UUID):
    await acme.check_in(north, 10)
    outcome = await acme.say(said(total, 10))
    assert [(each.code, each.path) for each in outcome.item_errors] == [("FORMULA_DOES_NOT_FIT", ("value",))]
    await acme.check_in(total, confidence=0.4, status=ReportedStatus.AT_RISK, note="Unsure")
    row = await acme.row("key_result", total)
    assert (row["confidence"], row["reported_status"], row["current_value"]) == (0.4, "AT_RISK", 10)
    assert await acme.verify() == []


async def status_now(acme: Acme, key_result: UUID) -> str:
    row = await acme.row("key_result", key_result)
    status: str = row["statuses"][bisect_right(row["status_turns"], datetime.now(UTC))]
    return status


async def test_it_is_as_fresh_as_the_newest_reading_of_its_parts(acme: Acme, north: UUID, total: UUID):
    await acme.check_in(north, 50, effective_at=days_ago(11))
    assert await status_now(acme, total) == "STALE"
    await acme.check_in(north, 50, note="Still", effective_at=days_ago(1))
    assert await status_now(acme, total) == "ON_TRACK"
    assert await acme.verify() == []


async def test_values_of_its_own_count_again_once_the_formula_is_removed(
    acme: Acme, north: UUID, south: UUID
):
    await acme.say(said(north, 10), said(south, 3))
    await edited(acme, north, formula=formula(MEAN, south))
    assert await value(acme, north) == 3
    await edited(acme, north, formula=None)
    assert await value(acme, north) == 10
    assert [row["formula_function"] for row in await acme.versions("key_result", north)] == [
        None, "MEAN", None
    ]  # fmt: skip
    assert await acme.verify() == []


async def test_a_changed_formula_is_recomputed_with_what_is_over_it(
    acme: Acme, north: UUID, south: UUID, total: UUID
):
    over = await counted(acme, "over", formula(SUM, total), under="never_down")
    await acme.say(said(north, 10), said(south, 3))
    await edited(acme, total, formula=formula(MEAN, north, south))
    assert (await value(acme, total), await value(acme, over)) == (6.5, 6.5)
    assert await acme.verify() == []


@pytest.mark.parametrize("steps", (0, 1, 5))
async def test_a_loop_of_any_length_is_refused(acme: Acme, north: UUID, steps: int):
    last = north
    for step in range(steps):
        last = await counted(acme, f"step {step}", formula(SUM, last))
    refused = await acme.refused(
        key_results.edit_key_result,
        key_result=north,
        edits={"formula": formula(SUM, "backlog", last)},
        measure={},
    )
    assert (refused.code(), refused.path) == ("FORMULA_LOOPS", ("formula", "keyResults", "1"))


async def test_what_does_not_fit_is_refused_at_its_place(acme: Acme, north: UUID, total: UUID):
    many = [f"n{number}" for number in range(MAX_FORMULA_PARTS + 1)]
    place = ("formula", "keyResults")
    for parts, code, path in (
        ((), "INVALID_INPUT", place),
        (many, "TOO_MANY", place),
        (("north", "nobody"), "NOT_FOUND", (*place, "1", "externalId")),
        (("north", "north"), "INVALID_INPUT", (*place, "1")),
        (("north", "macros"), "UNIT_DIFFERS", (*place, "1")),
        (("failover",), "FORMULA_DOES_NOT_FIT", (*place, "0")),
        (("rollout",), "FORMULA_DOES_NOT_FIT", (*place, "0")),
    ):
        refused = await acme.refused(
            key_results.define_key_result,
            objective="answer_fast",
            title="No",
            measure=increase(0, 100, "tickets"),
            formula=formula(SUM, *parts),
        )
        assert (refused.code(), refused.path) == (code, path)
    metric = await acme.done(metrics.add_metric, name="Tickets", unit="tickets")
    for on, edits, measure, code, field in (
        (total, {"metric": ref(metric)}, {}, "FORMULA_DOES_NOT_FIT", "metric"),
        (total, {}, {"kind": KeyResultMeasure.BOOLEAN}, "FORMULA_DOES_NOT_FIT", "measure"),
        (total, {}, {"unit": "%"}, "UNIT_DIFFERS", "unit"),
        (north, {}, {"kind": KeyResultMeasure.BOOLEAN}, "FORMULA_DOES_NOT_FIT", "measure"),
        (north, {}, {"unit": "%"}, "UNIT_DIFFERS", "unit"),
    ):
        refused = await acme.refused(key_results.edit_key_result, key_result=on, edits=edits, measure=measure)
        assert (refused.code(), refused.path) == (code, (field,))


async def test_fifty_parts_are_allowed(acme: Acme):
    parts = [
        await acme.key_result(f"p{number}", "clear_backlog", increase(0, 10, "tickets"))
        for number in range(MAX_FORMULA_PARTS)
    ]
    total = await counted(acme, "total", formula(SUM, *parts))
    await acme.say(*(said(part, 1) for part in parts))
    assert await value(acme, total) == MAX_FORMULA_PARTS


async def test_a_key_result_is_in_at_most_fifty_formulas(acme: Acme, north: UUID):
    for number in range(MAX_FORMULAS_OF_A_KEY_RESULT):
        last = await counted(acme, f"sum {number}", formula(SUM, north))
    refused = await acme.refused(
        key_results.define_key_result,
        objective="answer_fast",
        title="One more",
        measure=increase(0, 100, "tickets"),
        formula=formula(SUM, "backlog", north),
    )
    assert (refused.code(), refused.path) == ("TOO_MANY", ("formula", "keyResults", "1"))
    await edited(acme, last, formula=formula(MEAN, north, "backlog"))
    await acme.check_in(north, 10)
    rows = await acme.fetch("select current_value from key_result where formula_function is not null")
    assert [row["current_value"] for row in rows] == [10] * MAX_FORMULAS_OF_A_KEY_RESULT


async def test_the_number_of_statements_does_not_depend_on_how_deep_formulas_are(acme: Acme, north: UUID):
    async with one_connection(acme.database.dsn) as (database, wakeups, sent):
        place = Workplace(database, wakeups, acme.organization, acme.actor)

        async def statements(number: float) -> int:
            place.group_commit.trees._trees.clear()
            sent.clear()
            await place.check_in(north, number)
            return len(sent)

        alone = await statements(1)
        last = await counted(acme, "first", formula(SUM, north))
        few = await statements(2)
        for step in range(12):
            last = await counted(acme, f"step {step}", formula(SUM, last, north), under="never_down")
        assert await statements(3) == few
        assert few - alone <= 8
    assert await value(acme, last) == 39
    assert await acme.verify() == []


def by_hand(
    formulas: dict[int, tuple[FormulaFunction, Sequence[int]]], values: dict[int, float], node: int
) -> Fraction | None:
    """Return the value of a node with exact fractions, rounded at each formula as stored values are."""
    if node not in formulas:
        return Fraction(values[node]) if node in values else None
    function, parts = formulas[node]
    found = [known for part in parts if (known := by_hand(formulas, values, part)) is not None]
    if not found:
        return None
    total = Fraction(float(sum(found)))
    return total if function is SUM else Fraction(float(total) / len(found))


@pytest.mark.parametrize("seed", range(4))
async def test_random_formulas_are_what_exact_fractions_give(acme: Acme, seed: int):
    rng = random.Random(seed)
    nodes: list[UUID] = []
    formulas: dict[int, tuple[FormulaFunction, Sequence[int]]] = {}
    for place in range(14):
        under = rng.choice(("answer_fast", "clear_backlog", "never_down", "customers_stay"))
        of = None
        if place >= 5:
            parts = rng.sample(range(place), rng.randint(1, 4))
            formulas[place] = (rng.choice((SUM, MEAN)), parts)
            of = formula(formulas[place][0], *(nodes[part] for part in parts))
        nodes.append(await acme.key_result(f"n{place}", under, increase(0, 1000), formula=of))
    values: dict[int, float] = {}
    for _ in range(12):
        said_now = {
            part: rng.choice((0.1, 1e9 + 0.1, -0.3, rng.uniform(-50, 50))) for part in rng.sample(range(5), 2)
        }
        before = {place: await value(acme, node) for place, node in enumerate(nodes)}
        await acme.say(*(said(nodes[part], number) for part, number in said_now.items()))
        values |= said_now
        moved = await acme.moved()
        for place, node in enumerate(nodes):
            expected = by_hand(formulas, values, place)
            current = await value(acme, node)
            assert current == (None if expected is None else float(expected))
            if current != before[place]:
                assert node in moved
            elif place not in said_now:
                assert node not in moved or place in formulas
    assert await acme.verify() == []
    acme.group_commit.trees._trees.clear()
    assert await acme.verify() == []


async def test_a_formula_by_hand_edited_numbers_is_found_and_repaired(acme: Acme, north: UUID, total: UUID):
    await acme.check_in(north, 10)
    await acme.fetch("update key_result set current_value = 11, progress = 0.11 where id = $1", total)
    assert {each.field for each in await acme.verify()} == {"current_value", "progress"}
    await recount_organization(acme.database, acme.organization.id, author=Author("tests"))
    assert await value(acme, total) == 10
    assert await acme.verify() == []


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_the_stored_numbers_follow_from_the_facts(acme: Acme, seed: int):
    """Back-dated values, other cycles, limits and states, with the tree of the transaction before."""
    rng, now = random.Random(seed), datetime.now(UTC)
    past = await acme.cycle("Past", TODAY - timedelta(days=140), TODAY - timedelta(days=60), parent="year")
    old = await acme.objective("Old", "customers_stay", cycle=past)
    nodes: list[UUID] = []
    made: list[UUID] = []
    homes = ("answer_fast", "clear_backlog", "customers_stay", old)
    for place in range(12):
        limit = rng.random() < 0.3
        measure = at_most(40) if limit else increase(rng.choice((0, None)), 100)
        if limit and rng.random() < 0.5:
            measure = replace(measure, judged_by=JudgedBy.TIME_SHARE)
        of = None
        if place >= 5:
            of = formula(rng.choice((SUM, MEAN)), *rng.sample(nodes, rng.randint(1, 3)))
        nodes.append(await acme.key_result(f"n{place}", rng.choice(homes), measure, formula=of))
        if of:
            made.append(nodes[-1])
    said_before: list[UUID] = []
    for _ in range(30):
        node = rng.choice(nodes)
        action = rng.choice(("say",) * 6 + ("retract", "correct", "restate", "edit", "forget"))
        if action == "say" and node not in made:
            said_before.append(
                await acme.check_in(
                    node,
                    rng.uniform(-9, 60),
                    effective_at=now - timedelta(days=rng.choice((0, 5, 70, 100, 145))),
                )
            )
        elif action in ("retract", "correct") and said_before:
            earlier = said_before.pop(rng.randrange(len(said_before)))
            more: dict[str, Any] = {"retraction_reason": "Wrong"} if action == "retract" else {"value": 7}
            await acme.say(said(None, supersedes=earlier, **more))
        elif action == "restate":
            service = rng.choice((key_results.pause_key_result, key_results.drop_key_result))
            await acme.do(service, key_result=node, reason="For now")
            if rng.random() < 0.7:
                await acme.done(key_results.restore_key_result, key_result=node)
        elif action == "edit":
            changed = formula(rng.choice((SUM, MEAN)), *rng.sample(nodes, rng.randint(1, 3)))
            edits = {"formula": None if rng.random() < 0.2 else changed}
            outcome = await acme.do(key_results.edit_key_result, key_result=node, edits=edits, measure={})
            assert {error.code() for error in outcome.errors} <= {"FORMULA_LOOPS"}
            rows = await acme.fetch("select id from key_result where formula_function is not null")
            made = [row["id"] for row in rows]
        elif action == "forget":
            acme.group_commit.trees._trees.clear()
        assert await acme.verify() == []


async def test_a_check_in_below_many_levels_of_formulas_takes_short_steps(acme: Acme):
    for place in range(3):
        measure = increase(0, 50, "tickets")
        await acme.key_result(f"0 {place}", "never_down", measure, external_id=f"0 {place}")
    for level in range(1, 60):
        for place in range(3):
            parts = formula(SUM, *(f"{level - 1} {part}" for part in range(3)))
            await counted(
                acme, f"{level} {place}", parts, under="never_down" if level < 30 else "answer_fast"
            )
    values = itertools.count()
    block = await least_block(lambda: acme.check_in("0 0", 1e-30 * next(values)))
    assert block.seconds < MAX_BLOCK_S, block
