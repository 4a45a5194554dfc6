"""Tree cache: a saved tree is kept for the next check-ins, for as long as it is current."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from okr_api.okr.objective import ProgressSource
from okr_api.store import tree_cache
from okr_api.store.tree_cache import TreeCache
from tests.acme import YES_NO, Acme, World, at_least, at_most, decrease, increase, said, within, zones
from tests.store.statements import one_connection

LOADS_A_TREE = "with recursive above"


@pytest.fixture
async def logged(acme_url: str, acme_template: tuple[str, World]) -> AsyncIterator[tuple[Acme, list[str]]]:
    async with one_connection(acme_url) as (database, wakeups, sent):
        yield Acme(database, wakeups, acme_template[1]), sent


def loads(sent: list[str]) -> int:
    return sum(statement.startswith(LOADS_A_TREE) for statement in sent)


async def test_the_next_check_in_loads_no_tree_and_moves_all_above(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    root = await acme.objective("Root")
    leaf = await acme.key_result("Leaf", await acme.objective("Child", root))
    await acme.check_in(leaf, 10)
    sent.clear()
    await acme.check_in(leaf, 60)
    assert loads(sent) == 0
    assert [after for _, after in (await acme.moved()).values()] == [0.6, 0.6, 0.6]
    assert await acme.verify() == []


async def test_what_anybody_has_changed_meanwhile_is_loaded_again(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    objective = await acme.objective("Objective")
    leaf, other = await acme.key_result("Leaf", objective), await acme.key_result("Other", objective)
    await acme.check_in(leaf, 10)
    # Like another process, it has a tree cache of its own.
    elsewhere = Acme(acme.database, acme.notifier, acme.world)
    await elsewhere.check_in(other, 100)
    sent.clear()
    await acme.check_in(leaf, 50)
    assert loads(sent) == 1
    assert [after for _, after in (await acme.moved()).values()] == [0.5, 0.75]
    assert await acme.verify() == []


async def test_a_change_that_scoring_does_not_count_leaves_the_cache_as_it_is(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 10)
    await acme.person("Somebody")
    sent.clear()
    await acme.check_in(leaf, 20)
    assert loads(sent) == 0
    assert await acme.verify() == []


async def test_a_database_that_was_restored_meanwhile_is_loaded_again(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 10)
    await acme.fetch("update feed_head set tree_recorded_at = tree_recorded_at - interval '1 hour'")
    sent.clear()
    await acme.check_in(leaf, 20)
    assert loads(sent) == 1


async def test_corrections_are_counted_from_all_readings_also_in_a_kept_tree(acme: Acme):
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 10)
    latest = await acme.check_in(leaf, 90)
    await acme.say(said(None, 20, supersedes=latest))
    await acme.check_in(leaf, 30)
    assert await acme.verify() == []


async def test_readings_of_one_key_result_are_kept_up_to_fifty(logged: tuple[Acme, list[str]]):
    acme, _ = logged
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.say(*(said(leaf, n % 100) for n in range(tree_cache.MAX_READINGS_KEPT)))
    await acme.check_in(leaf, 7)
    await acme.check_in(leaf, 8)
    [(_, tree)] = acme.group_commit.trees._trees.values()
    assert len(tree.readings[leaf]) <= tree_cache.MAX_READINGS_KEPT
    assert await acme.verify() == []


async def test_a_tree_that_is_too_large_is_not_kept(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 1)
    assert acme.group_commit.trees._trees
    monkeypatch.setattr(tree_cache, "MAX_NODES_KEPT", 1)
    await acme.check_in(leaf, 2)
    assert not acme.group_commit.trees._trees


# ── Parts ──


async def test_of_what_nobody_checks_in_only_the_part_is_loaded(acme: Acme):
    root = await acme.objective("Root")
    child, other = await acme.objective("Child", root), await acme.objective("Other", root)
    leaf, beside = await acme.key_result("Leaf", child), await acme.key_result("Beside", child)
    await acme.check_in(await acme.key_result("Elsewhere", other), 40)
    acme.group_commit.trees = TreeCache()
    await acme.check_in(leaf, 50)
    [(_, tree)] = acme.group_commit.trees._trees.values()
    assert (set(tree.key_results), set(tree.objectives)) == ({leaf}, {root, child})
    assert (set(tree.key_result_parts), set(tree.objective_parts)) == ({beside}, {other})
    assert [after for _, after in (await acme.moved()).values()] == [0.5, 0.25, 0.325]
    assert await acme.verify() == []


async def test_what_may_bend_a_curve_is_loaded_with_all_parts(acme: Acme):
    child = await acme.objective("Child", await acme.objective("Root"))
    limit, leaf = await acme.key_result("Limit", child, at_most(5)), await acme.key_result("Leaf", child)
    await acme.check_in(leaf, 10)
    acme.group_commit.trees = TreeCache()
    await acme.check_in(limit, 3)
    [(_, tree)] = acme.group_commit.trees._trees.values()
    assert {limit, leaf} <= set(tree.key_results)
    assert await acme.verify() == []


async def test_a_curve_that_was_drawn_otherwise_is_drawn_anew(acme: Acme):
    child = await acme.objective("Child", await acme.objective("Root"))
    leaf, beside = await acme.key_result("Leaf", child), await acme.key_result("Beside", child)
    await acme.check_in(beside, 30)
    await acme.check_in(leaf, 10)
    acme.group_commit.trees = TreeCache()
    an_hour_later = "(select array_agg(at + interval '1 hour' order by at) from unnest(expected_at) at)"
    await acme.fetch(f"update key_result set expected_at = {an_hour_later} where id = $1", leaf)
    await acme.check_in(leaf, 20)
    assert await acme.verify() == []


MEASURES = (increase(), increase(None), decrease(80, 20), at_least(5), at_most(50), within(10, 60), YES_NO, zones(0, 30, 70, 100))  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_key_results_that_are_folded_and_loaded_again_count_the_same(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, seed: int
):
    monkeypatch.setattr(tree_cache, "MAX_KEY_RESULTS_KEPT", 4)
    random = Random(seed)
    objectives = [await acme.objective("Root")]
    for number in range(8):
        under = random.choice(objectives)
        objectives.append(
            await acme.objective(f"Objective {number}", under, progress_source=ProgressSource.BOTH)
        )
    leaves = [
        (await acme.key_result(f"{number}", random.choice(objectives), measure), measure)
        for number, measure in enumerate(MEASURES * 3)
    ]
    folded = 0
    for _ in range(25):
        chosen = [random.choice(leaves) for _ in range(random.randint(1, 5))]
        values = [float(random.randint(0, 1 if measure is YES_NO else 100)) for _, measure in chosen]
        await asyncio.gather(
            *(
                acme.check_in(leaf, value, confidence=random.choice((None, 0.2, 0.9)))
                for (leaf, _), value in zip(chosen, values, strict=True)
            )
        )
        [(_, tree)] = acme.group_commit.trees._trees.values()
        folded += not tree.key_results
        assert await acme.verify() == []
    assert folded > 2


async def test_what_fails_to_be_saved_is_not_kept(acme: Acme):
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 1)
    await acme.fetch("alter table check_in add constraint nothing_new check (value is distinct from 99)")
    with pytest.raises(Exception, match="nothing_new"):
        await acme.say(said(leaf, 99))
    assert not acme.group_commit.trees._trees
    await acme.check_in(leaf, 3)
    assert await acme.verify() == []
