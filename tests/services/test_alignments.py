"""Alignments: which edges exist, what they move, and rejected loops."""

import asyncio

import pytest

from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.cycle import CycleState
from okr_api.okr.objective import ProgressSource
from okr_api.services import alignments, cycles, key_results
from tests.acme import TODAY, Acme

ALIGNED = {"alignment": 1, "alignment_version": 1, "change": 1, "feed_head": 1}
OF_THE_CHILD = {"objective": 1, "objective_version": 1}


@pytest.fixture
async def half(acme: Acme) -> Acme:
    """Return Acme with `macros` half done: clear_backlog 0.25, answer_fast 0.25, customers_stay 0.0625."""
    await acme.check_in(acme.macros, 5)
    return acme


async def edges(acme: Acme) -> list[tuple[str, str, str, float]]:
    rows = await acme.fetch(
        "select child_id, parent_id, kind, weight from alignment order by child_id, parent_id"
    )
    return [(*acme.named([row["child_id"], row["parent_id"]]), row["kind"], row["weight"]) for row in rows]


FOUNDED = [
    ("answer_fast", "customers_stay", "CONTRIBUTES", 1.0),
    ("clear_backlog", "answer_fast", "CONTRIBUTES", 1.0),
    ("never_down", "customers_stay", "CONTRIBUTES", 3.0),
]


async def test_moving_a_subtree_moves_old_and_new_ancestors_in_one_change(half: Acme):
    other = await half.objective("Other root")
    middle = await half.objective("Middle", other)
    before = await half.tables()
    await half.move(half.answer_fast, middle)
    assert await half.written(before) == ALIGNED | {
        "alignment_version": 2, "objective": 4, "objective_version": 1,
    }  # fmt: skip
    assert half.named(await half.moved()) == {
        "customers_stay": (0.0625, 0.0),
        middle: (None, 0.25),
        other: (None, 0.25),
    }
    change = await half.change()
    assert (change["kind"], change["node_id"], change["fields"]) == (
        "OBJECTIVE_MOVED", half.answer_fast, ["parents"],
    )  # fmt: skip
    assert await half.progress(half.clear_backlog) == 0.25
    assert await half.verify() == []


async def test_moving_to_nothing_makes_a_root(half: Acme):
    await half.move(half.answer_fast, None)
    assert half.named(await half.moved()) == {"customers_stay": (0.0625, 0.0)}
    assert await edges(half) == FOUNDED[1:]


async def test_moving_to_where_it_is_keeps_one_edge_with_the_new_weight(half: Acme):
    await half.move("answer_fast", "customers_stay", weight=3.0)
    assert half.named(await half.moved()) == {"customers_stay": (0.0625, 0.125)}
    assert await edges(half) == [("answer_fast", "customers_stay", "CONTRIBUTES", 3.0), *FOUNDED[1:]]


async def test_weighing_anew_moves_the_parent_and_all_above_it(half: Acme):
    before = await half.tables()
    await half.align("never_down", "customers_stay", 1.0)
    assert await half.written(before) == ALIGNED | {"objective": 2, "objective_version": 1}
    assert half.named(await half.moved()) == {"customers_stay": (0.0625, 0.125)}


async def test_a_weight_of_nought_counts_nowhere(half: Acme):
    await half.align("never_down", "customers_stay", 0.0)
    assert await half.progress(half.customers_stay) == 0.25
    await half.align("answer_fast", "customers_stay", 0.0)
    row = await half.row("objective", half.customers_stay)
    assert (row["progress"], row["progress_reason"]) == (None, "NOTHING_COUNTS")


async def test_unaligning_takes_the_part_out_and_the_last_one_leaves_no_number(half: Acme):
    before = await half.tables()
    await half.done(alignments.unalign, objective="never_down", parent="customers_stay")
    assert await half.written(before) == {
        "alignment gone": 1, "alignment_version": 1, "change": 1, "feed_head": 1, "objective": 2,
        "objective_version": 1,
    }  # fmt: skip
    assert half.named(await half.moved()) == {"customers_stay": (0.0625, 0.25)}
    await half.done(alignments.unalign, objective="answer_fast", parent="customers_stay")
    assert half.named(await half.moved()) == {"customers_stay": (0.25, None)}
    row = await half.row("objective", half.customers_stay)
    assert row["progress_reason"] == "NOTHING_COUNTS"
    assert await half.verify() == []


async def test_support_changes_no_number(half: Acme):
    before = await half.tables()
    await half.supports("never_down", "answer_fast")
    assert await half.written(before) == ALIGNED | OF_THE_CHILD
    assert await half.moved() == {}
    await half.supports("answer_fast", "customers_stay")
    assert half.named(await half.moved()) == {"customers_stay": (0.0625, 0.0)}


async def test_several_parents_each_count_the_child_with_its_weight_there(half: Acme):
    second = await half.objective("Second root")
    await half.align("answer_fast", second, 2.0)
    await half.key_result("Own", await half.objective("Sibling", second))
    assert await half.progress(second) == 0.5 / 3
    await half.check_in("macros", 10)
    assert half.named(await half.moved()) == {
        "macros": (0.5, 1.0),
        "clear_backlog": (0.25, 0.5),
        "answer_fast": (0.25, 0.5),
        "customers_stay": (0.0625, 0.125),
        second: (0.5 / 3, 1.0 / 3),
    }
    assert await half.verify() == []


async def test_a_diamond_is_recounted_once_and_children_come_before_parents(half: Acme):
    left, right = (
        await half.objective("Left", "customers_stay"),
        await half.objective("Right", "customers_stay"),
    )
    for side in (left, right):
        await half.align("clear_backlog", side)
    await half.check_in("macros", 10)
    assert half.named(list(await half.moved())) == [
        "macros",
        "clear_backlog",
        "answer_fast",
        left,
        right,
        "customers_stay",
    ]
    assert await half.progress(half.customers_stay) == 0.25
    assert await half.verify() == []


async def test_ties_are_in_the_order_of_their_ids(half: Acme):
    parents = [await half.objective(f"Parent {n}") for n in range(5)]
    for parent in reversed(parents):
        await half.align("clear_backlog", parent)
    await half.check_in("macros", 10)
    moved = list(await half.moved())
    assert moved[2:-1] == sorted([half.answer_fast, *parents])


async def test_an_alignment_to_a_key_result_counts_where_objectives_do_and_never_rewrites_it(half: Acme):
    goal = await half.objective("Goal", progress_source=ProgressSource.BOTH)
    measured = await half.key_result("Measured", goal)
    await half.align("clear_backlog", measured)
    assert half.named(await half.moved()) == {goal: (0.0, 0.125)}
    assert await half.progress(measured) is None
    await half.align("clear_backlog", goal, 3.0)
    assert await half.progress(goal) == 0.75 / 4
    await half.done(key_results.drop_key_result, key_result=measured, reason="No")
    assert await half.progress(goal) == 0.25
    assert await half.verify() == []


@pytest.mark.parametrize(
    ("child", "parent"),
    (
        ("customers_stay", "customers_stay"),
        ("customers_stay", "answer_fast"),
        ("customers_stay", "clear_backlog"),
        ("customers_stay", "macros"),
        ("clear_backlog", "macros"),
        ("answer_fast", "backlog"),
    ),
)
@pytest.mark.parametrize("kind", AlignmentKind)
async def test_a_loop_is_refused_over_every_kind_of_edge(
    resting: Acme, child: str, parent: str, kind: AlignmentKind
):
    for service in (alignments.align, alignments.move):
        refusal = await resting.refused(service, objective=child, parent=parent, kind=kind)
        assert (refusal.code(), refusal.path) == ("ALIGNMENT_LOOPS", ("id",))


async def test_a_loop_through_support_alone_is_refused(acme: Acme):
    vision = await acme.objective("Vision")
    await acme.supports("customers_stay", vision)
    assert (
        await acme.refused(alignments.align, objective=vision, parent="macros")
    ).code() == "ALIGNMENT_LOOPS"


async def test_moving_a_parent_under_its_former_child_is_fine_once_that_is_free(acme: Acme):
    await acme.move("clear_backlog", None)
    await acme.move("answer_fast", "clear_backlog")
    assert (await acme.refused(alignments.move, objective="clear_backlog", parent="answer_fast")).code() == (
        "ALIGNMENT_LOOPS"
    )


async def test_two_moves_at_once_that_together_make_a_loop_leave_exactly_one(acme: Acme):
    for round in range(8):
        one, two = await acme.objective(f"One {round}"), await acme.objective(f"Two {round}")
        below_one, below_two = await acme.objective("Below one", one), await acme.objective("Below two", two)
        outcomes = await asyncio.gather(
            acme.do(alignments.move, objective=one, parent=below_two),
            acme.do(alignments.move, objective=two, parent=below_one),
        )
        assert sorted(e.code() for outcome in outcomes for e in outcome.errors) == ["ALIGNMENT_LOOPS"]
    assert await acme.verify() == []
    loops = await acme.fetch(
        "with recursive up as (select child_id as start, child_id, parent_objective_id as at from alignment "
        "union select start, edge.child_id, edge.parent_objective_id from up join alignment edge "
        "on edge.child_id = up.at) select 1 from up where start = at"
    )
    assert loops == []


async def test_a_child_contributes_within_its_cycle_or_to_an_enclosing_one(acme: Acme):
    await acme.cycle("Other quarter", parent="year")
    elsewhere = await acme.objective("Elsewhere")
    refusal = await acme.refused(alignments.align, objective=elsewhere, parent="answer_fast")
    assert (refusal.code(), refusal.message) == (
        "CYCLE_DOES_NOT_ENCLOSE", "An objective of Other quarter cannot contribute to one of Quarter",
    )  # fmt: skip
    assert (await acme.refused(alignments.align, objective="customers_stay", parent=elsewhere)).code() == (
        "CYCLE_DOES_NOT_ENCLOSE"
    )
    await acme.supports(elsewhere, "answer_fast")
    await acme.align(elsewhere, "customers_stay")
    refusal = await acme.refused(
        alignments.align, objective=elsewhere, parent="answer_fast", kind=AlignmentKind.CONTRIBUTES
    )
    assert refusal.code() == "CYCLE_DOES_NOT_ENCLOSE"


@pytest.mark.parametrize("weight", (float("nan"), float("inf"), -1.0, 1e-7, 1e6 + 1))
async def test_a_weight_out_of_bounds_is_refused(resting: Acme, weight: float):
    refusal = await resting.refused(
        alignments.align, objective="answer_fast", parent="customers_stay", weight=weight
    )
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("weight",))


async def test_what_is_not_there_is_not_found(resting: Acme):
    for service, inputs in (
        (alignments.align, {"objective": "nobody", "parent": "customers_stay"}),
        (alignments.align, {"objective": "answer_fast", "parent": "nobody"}),
        (alignments.align, {"objective": "answer_fast", "parent": resting.ann}),
        (alignments.unalign, {"objective": "answer_fast", "parent": "never_down"}),
        (alignments.unalign, {"objective": "answer_fast", "parent": "nobody"}),
        (alignments.move, {"objective": "answer_fast", "parent": "nobody"}),
    ):
        assert (await resting.refused(service, **inputs)).code() == "NOT_FOUND"


async def test_two_who_move_the_same_objective_cannot_overwrite_each_other_unknowingly(acme: Acme):
    version = (await acme.row("objective", acme.answer_fast))["version"]
    outcomes = await asyncio.gather(
        *(acme.do(alignments.move, objective="answer_fast", parent=parent, expected_version=version)
          for parent in ("never_down", None))
    )  # fmt: skip
    [conflict] = [error for outcome in outcomes for error in outcome.errors]
    assert (conflict.code(), conflict.current_version, conflict.path) == (
        "VERSION_CONFLICT", version + 1, ("expectedVersion",),
    )  # fmt: skip
    for service, inputs in (
        (alignments.align, {"parent": "never_down", "weight": 2.0}),
        (alignments.unalign, {"parent": "never_down"}),
    ):
        refusal = await acme.refused(service, objective="answer_fast", expected_version=version, **inputs)
        assert refusal.code() == "VERSION_CONFLICT"


async def test_edges_are_not_edited_in_a_review_of_either_end(acme: Acme):
    await acme.done(cycles.begin_review, cycle="year")
    for service, inputs in (
        (alignments.align, {"objective": "clear_backlog", "parent": "customers_stay"}),
        (alignments.align, {"objective": "answer_fast", "parent": "customers_stay", "weight": 9.0}),
        (alignments.unalign, {"objective": "answer_fast", "parent": "customers_stay"}),
        (alignments.move, {"objective": "answer_fast", "parent": None}),
        (alignments.move, {"objective": "customers_stay", "parent": None}),
    ):
        assert (await acme.refused(service, **inputs)).code() == "CYCLE_IS_IN_REVIEW"
    await acme.move("clear_backlog", "never_down")


async def test_a_support_of_what_is_over_does_not_hold_an_objective_where_it_is(acme: Acme):
    await acme.cycle("Past", TODAY, TODAY)
    past = await acme.objective("Past", external_id="past")
    await acme.supports("answer_fast", past)
    await acme.done(cycles.begin_review, cycle=acme.current_cycle)
    await acme.done(cycles.close_cycle, cycle=acme.current_cycle)
    await acme.move("answer_fast", None)
    assert (await acme.row("cycle", acme.current_cycle or acme.year))["state"] == CycleState.CLOSED
