"""A chain of a thousand objectives: a check-in at the bottom moves all of it in one change."""

import time
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor
from okr_api.okr.alignment import Alignment
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import Objective
from okr_api.services import alignments
from okr_api.services.change_recorder import record_change
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work
from tests.acme import Acme

DEPTH = 1_000
REASONABLE_S = 15  # about 1 s on an idle machine


@pytest.fixture
async def chain(acme: Acme) -> list[UUID]:
    """Create the chain in one change; return its ids from bottom to top."""
    ids = [new_id() for _ in range(DEPTH)]

    async def build(work: Work, actor: Actor) -> MutationResult:
        for place, id in enumerate(ids):
            work.tree.objectives[id] = Objective(id, None, acme.quarter, f"Link {place}")
            work.tree.whole.add(id)
            if place:
                work.tree.put_alignment(Alignment(ids[place - 1], id, None))
        work.touch(objectives=ids)
        return await record_change(work, actor, ChangeKind.IMPORTED, NodeType.OBJECTIVE, ids[-1])

    await acme.done(build)
    return ids


async def test_a_check_in_at_the_bottom_moves_all_thousand_in_one_change(acme: Acme, chain: list[UUID]):
    leaf = await acme.key_result("Leaf", chain[0])
    before, started = await acme.tables(), time.perf_counter()
    await acme.check_in(leaf, 50)
    assert time.perf_counter() - started < REASONABLE_S
    assert await acme.written(before) == {
        "change": 1, "check_in": 1, "feed_head": 1, "key_result": 1, "objective": DEPTH,
    }  # fmt: skip
    moved = await acme.moved()
    assert list(moved) == [leaf, *chain]
    assert list(moved.values()) == [(None, 0.5), *[(0.0, 0.5)] * DEPTH]
    assert await acme.verify() == []


async def test_a_loop_around_the_whole_chain_is_refused(acme: Acme, chain: list[UUID]):
    outcome = await acme.do(alignments.align, objective=chain[-1], parent=chain[0])
    assert [error.code() for error in outcome.errors] == ["ALIGNMENT_LOOPS"]


async def test_moving_the_bottom_half_elsewhere_moves_the_upper_half_in_one_change(
    acme: Acme, chain: list[UUID]
):
    await acme.check_in(await acme.key_result("Leaf", chain[0]), 50)
    await acme.move(chain[DEPTH // 2 - 1], "answer_fast")
    moved = await acme.moved()
    assert {id: moved[id] for id in chain[DEPTH // 2 :]} == dict.fromkeys(chain[DEPTH // 2 :], (0.5, None))
    assert moved[acme.answer_fast] == (0.0, 0.25)
    assert len(moved) == DEPTH // 2 + 2
    assert await acme.verify() == []


async def test_a_lattice_of_diamonds_is_counted_once_for_each_objective(acme: Acme):
    top = acme.customers_stay
    for level in range(12):
        pair = [await acme.objective(f"{level}{side}", top, cycle="year") for side in "ab"]
        bottom = await acme.objective(f"{level} below", pair[0], cycle="year")
        await acme.align(bottom, pair[1])
        top = bottom
    leaf = await acme.key_result("Leaf", top)
    await acme.check_in(leaf, 100)
    moved = await acme.moved()
    assert len(moved) == 1 + 12 * 3 + 1
    assert moved[acme.customers_stay] == (0.0, 2 / 6)
    assert await acme.verify() == []
