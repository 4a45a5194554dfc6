"""A tree that was saved is kept for the next check-ins, and never longer than it is true."""

from collections.abc import AsyncIterator

import pytest

from okr_api.store import kept_trees
from tests.acme import Acme, World, said
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
    elsewhere = Acme(
        acme.database, acme.wakeups, acme.world
    )  # as another process would: with trees of its own
    await elsewhere.check_in(other, 100)
    sent.clear()
    await acme.check_in(leaf, 50)
    assert loads(sent) == 1
    assert [after for _, after in (await acme.moved()).values()] == [0.5, 0.75]
    assert await acme.verify() == []


async def test_a_database_that_was_restored_meanwhile_is_loaded_again(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 10)
    await acme.fetch("update feed_head set recorded_at = recorded_at - interval '1 hour'")
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
    await acme.say(*(said(leaf, n % 100) for n in range(kept_trees.MOST_READINGS_KEPT)))
    await acme.check_in(leaf, 7)
    await acme.check_in(leaf, 8)
    [(_, tree)] = acme.together.trees._trees.values()
    assert len(tree.readings[leaf]) <= kept_trees.MOST_READINGS_KEPT
    assert await acme.verify() == []


async def test_a_tree_that_is_too_large_is_not_kept(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 1)
    assert acme.together.trees._trees
    monkeypatch.setattr(kept_trees, "MOST_NODES_KEPT", 1)
    await acme.check_in(leaf, 2)
    assert not acme.together.trees._trees


async def test_what_fails_to_be_saved_is_not_kept(acme: Acme):
    leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
    await acme.check_in(leaf, 1)
    await acme.fetch("alter table check_in add constraint nothing_new check (value is distinct from 99)")
    with pytest.raises(Exception, match="nothing_new"):
        await acme.say(said(leaf, 99))
    assert not acme.together.trees._trees
    await acme.check_in(leaf, 3)
    assert await acme.verify() == []
