"""asOf at random instants of random histories answers what a replay of the facts up to then answers.

Each history is lived in one database and replayed in an empty one, up to one instant after another: there, the
present is compared with what the first one answers as of that instant, row by row and answer by answer.
OKR_TEST_CADENCE_MINUTES=60 runs other histories for that long instead of the same few ones; `make histories`
does. A seed that it prints is tried again with OKR_TEST_CADENCE_SEED.
"""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

import pytest

from okr_api.services.past_organization import rebuild_past
from tests.conftest import Server
from tests.graphql.past_questions import (
    OF_PRESENT_RIGHTS,
    OF_THE_PRESENT,
    Question,
    as_living,
    ask,
    is_answered,
    services_of,
)
from tests.graphql.replayed_histories import HandedIds, History, Replica, empty_replica, replay
from tests.query_engine.executors import told_by_compiled, told_by_core
from tests.services.clock.test_cadence_histories import FIRST_SEED, MINUTES
from tests.services.test_past_histories import stored_rows

HISTORIES = 6
INSTANTS = 10  # of each
QUESTIONS = 20 if MINUTES else 4  # at each
MUTATIONS = 120  # of each history, about half of which are accepted
EXECUTORS = (told_by_compiled, told_by_core)


@pytest.mark.parametrize("first", [FIRST_SEED] if MINUTES else range(HISTORIES))
async def test_as_of_an_instant_is_a_replay_up_to_it_in_an_empty_database(
    first: int, server: Server, template: str, monkeypatch: pytest.MonkeyPatch
):
    end = time.monotonic() + MINUTES * 60
    for seed in itertools.count(first):
        print(f"OKR_TEST_CADENCE_SEED={seed}", flush=True)  # noqa: T201  to try it again
        ids = HandedIds()
        async with (
            empty_replica(server, template, ids, monkeypatch) as lived,
            empty_replica(server, template, ids, monkeypatch) as replayed,
        ):
            await compare(History(lived, Random(seed), restricts=bool(seed % 2)), replayed)
        if time.monotonic() >= end:
            break


async def compare(history: History, replayed: Replica) -> None:
    """Live a history, and compare it at random instants with its replay."""
    await history.live(MUTATIONS)
    answered = Counter[bool]()
    for at in history.instants(INSTANTS):
        await replay(replayed, history.steps, at)
        assert not list(differing(await rows_as_of(history.replica, at), await rows_of(replayed)))
        for _ in range(QUESTIONS):
            answered[await is_the_same(history, replayed, at)] += 1
    assert answered[True] > answered[False], answered


async def rows_of(replica: Replica) -> dict[str, list[dict[str, Any]]]:
    """Return what is stored, without who may see objectives: that is decided by present rights."""
    async with replica.database.across() as connection:
        return without_audiences(await stored_rows(connection, replica.acme.organization.id))


async def rows_as_of(replica: Replica, at: datetime) -> dict[str, list[dict[str, Any]]]:
    """Return the same as of an instant."""
    of = replica.acme.organization.id
    async with replica.database.shadows.past.transaction(of, of) as past:
        await rebuild_past(past, of, at, None)
        return without_audiences(await stored_rows(past, of))


def without_audiences(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    for row in tables["objective"]:
        del row["viewer_ids"]
    return tables


async def is_the_same(history: History, replayed: Replica, at: datetime) -> bool:
    """Ask both a random question, and compare the answers; return False if it costs too much."""
    random, lived = history.random, history.replica
    there = await replayed.known()
    chosen = {name: random.choice(there[kind]) for name, kind in IDS.items() if there[kind]}
    without = OF_THE_PRESENT | (OF_PRESENT_RIGHTS if history.restricts else frozenset())
    question = ask(random, chosen, without=without)
    replayed_answer = await answer(random, replayed, at, question.at_present(), question)
    lived_answer = await answer(random, lived, lived.now, question.as_of(at), question)
    if replayed_answer is None or lived_answer is None:
        return False
    differences = list(differing(as_living(lived_answer, at), replayed_answer))
    assert not differences, (differences, question.as_of(at), question.variables)
    return True


IDS = {"objective": "OBJECTIVE", "keyResult": "KEY_RESULT", "cycle": "CYCLE"}


def differing(one: Any, other: Any, path: tuple[str | int, ...] = ()) -> Iterator[Any]:
    """Yield each value that differs: where it is, and both."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in one:
            yield from differing(one[name], other[name], (*path, name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differing(left, right, (*path, place))
    elif one != other:
        yield path, one, other


async def answer(random: Random, replica: Replica, now: datetime, text: str, question: Question) -> Any:
    """Return an answer, at an instant, by one of the executors; None if it costs too much."""
    await replica.to(now)
    services = await services_of(replica.acme)
    told = await random.choice(EXECUTORS)(services, replica.acme.seeing_all(), text, question.variables)
    return told.data if is_answered(told) else None
