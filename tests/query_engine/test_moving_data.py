"""Moving data: while others commit, each response is the naive reader's at the position that it reports."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import pytest

from okr_api.auth.actor import Actor
from tests.query_engine.conftest import Tenant, Tenants
from tests.query_engine.edits import Edits
from tests.query_engine.executors import Told, told_by_compiled, told_by_core
from tests.query_engine.law import State, fault_in
from tests.query_engine.operations import Operation, Operations

CALLERS = 20
OPERATIONS = 24
EDITS = 12
BETWEEN = 10  # minimum of responses between two edits
CHECKED = 150
IN_TIME_S = 100.0
WAYS = {"compiled": told_by_compiled, "graphql-core": told_by_core}


@dataclass(frozen=True)
class Response:
    """A response with its operation and actor."""

    asker: Actor
    operation: Operation
    told: Told


def operations_with_actors(tenant: Tenant, random: Random) -> list[tuple[Actor, Operation]]:
    """Return random operations that select their position, too, each with an actor."""
    return [
        (random.choice(tenant.askers), Operations(tenant.tables, random).make(told=True))
        for _ in range(OPERATIONS)
    ]


Stop = Callable[[list[Response], Edits], bool]


async def asked_while_edited(
    moving: Tenants, way: str, seed: int, times: int = EDITS, stop: Stop = lambda found, edits: False
) -> tuple[list[Response], Edits]:
    """Run operations by many callers during edits; return the responses, and the states at all positions.

    It ends before if `stop` is true of the responses after an edit.
    """
    [tenant] = moving.each
    known = operations_with_actors(tenant, Random(seed))
    state = State(tenant.tables, tenant.seq, tenant.oldest_seq)
    edits = Edits(moving.app_services.database, tenant.askers[0].organization_id, state, Random(seed))
    answers: asyncio.Queue[Response] = asyncio.Queue()
    found: list[Response] = []
    done = asyncio.Event()

    async def caller(random: Random) -> None:
        while not done.is_set():
            asker, operation = random.choice(known)
            told = await WAYS[way](moving.app_services, asker, operation.text, operation.variables)
            answers.put_nowait(Response(asker, operation, told))

    callers = [asyncio.create_task(caller(Random(seed * 100 + number))) for number in range(CALLERS)]
    try:
        async with asyncio.timeout(IN_TIME_S):
            for _ in range(times):
                await edits.edit()
                latest = [await answers.get() for _ in range(BETWEEN + answers.qsize())]
                found += latest
                if stop(latest, edits):
                    break
    finally:
        done.set()
        await asyncio.gather(*callers)
    return found, edits


@pytest.mark.parametrize("way", WAYS)
async def test_every_answer_is_the_naive_readers_at_its_position(moving: Tenants, way: str) -> None:
    found, edits = await asked_while_edited(moving, way, seed=1)
    assert len({one.told.data["told"] for one in found if one.told.data}) > 1
    for one in Random(1).sample(found, min(CHECKED, len(found))):
        fault = fault_of(one, edits)
        assert not fault, f"{fault}\n{one.operation.text}\n{one.operation.variables}"


def fault_of(one: Response, edits: Edits) -> str:
    """Return what is wrong with a response at its position; empty if it is right."""
    if one.told.data is None:
        return f"no data: {one.told.errors}"
    state = edits.states[one.told.data["told"]]
    told = replace(one.told, fallbacks=frozenset())  # these would be of all callers
    return fault_in(told, state, one.asker, one.operation.text, one.operation.variables)
