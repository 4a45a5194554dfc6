"""The number of statements of a write depends neither on the tree's depth nor on the size of a batch."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from okr_api.services import alignments, cycles, objectives
from tests.acme import Acme, World, said
from tests.store.statements import one_connection


@pytest.fixture
async def logged(acme_url: str, acme_template: tuple[str, World]) -> AsyncIterator[tuple[Acme, list[str]]]:
    async with one_connection(acme_url) as (database, wakeups, sent):
        yield Acme(database, wakeups, acme_template[1]), sent


async def chain(acme: Acme, top: UUID, depth: int) -> UUID:
    for number in range(depth):
        top = await acme.objective(f"{number} down", top)
    return top


async def test_a_check_in_costs_the_same_at_any_depth(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    counted = []
    for depth in (0, 1, 5, 25):
        leaf = await acme.key_result("Leaf", await chain(acme, await acme.objective("Root"), depth))
        sent.clear()
        await acme.check_in(leaf, 1)
        counted.append(list(sent))
        assert len(await acme.moved()) == depth + 2
    assert counted[1:] == counted[:1] * 3
    assert len(counted[0]) <= 16  # BEGIN and COMMIT included


async def test_a_thousand_check_ins_cost_as_many_statements_as_one(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    leaves = [await acme.key_result(f"Leaf {n}", "clear_backlog") for n in range(20)]
    counted = []
    for items in (1, 20, 1000):
        await acme.objective("An edit, so that no tree is kept")
        sent.clear()
        outcome = await acme.say(*(said(leaves[n % 20], n) for n in range(items)))
        assert not outcome.item_errors
        counted.append(list(sent))
    assert counted[1:] == counted[:1] * 2


async def test_corrections_and_external_ids_cost_the_same_for_one_as_for_many(
    logged: tuple[Acme, list[str]],
):
    acme, sent = logged
    counted = []
    for items in (1, 200):
        first = await acme.say(*(said("macros", n, external_id=f"{items}-{n}") for n in range(items)))
        assert not first.item_errors
        await acme.objective("An edit, so that no tree is kept")
        sent.clear()
        second = await acme.say(
            *(said(None, n, supersedes=f"{items}-{n}", external_id=f"{items}-{n}+") for n in range(items))
        )
        assert not second.item_errors
        counted.append(list(sent))
    assert counted[0] == counted[1]


async def test_moving_costs_the_same_whatever_lies_above_and_beneath(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    counted = []
    for depth in (1, 12):
        old, new = await acme.objective("Old"), await acme.objective("New")
        moved = await acme.objective("Moved", await chain(acme, old, depth))
        await acme.check_in(await acme.key_result("Leaf", await chain(acme, moved, depth)), 50)
        target = await chain(acme, new, depth)
        sent.clear()
        await acme.done(alignments.move, objective=moved, parent=target)
        counted.append(list(sent))
    assert counted[0] == counted[1]


async def test_editing_an_objective_and_a_cycle_cost_the_same_for_few_parts_as_for_many(
    logged: tuple[Acme, list[str]],
):
    acme, sent = logged
    counted = []
    for parts in (2, 20):
        cycle = await acme.cycle(f"{parts} parts")
        parent = await acme.objective("Parent")
        for number in range(parts):
            child = await acme.objective(f"Child {number}", parent)
            await acme.check_in(await acme.key_result("Leaf", child), number)
            await acme.check_in(await acme.key_result("Own", parent), number)
        sent.clear()
        await acme.done(objectives.pause_objective, objective=parent, reason="Rest")
        await acme.done(
            cycles.edit_cycle, cycle=cycle, edits={"ends_on": (await acme.row("cycle", cycle))["starts_on"]}
        )
        counted.append(list(sent))
    assert counted[0] == counted[1]
