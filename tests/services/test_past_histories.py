"""Random histories: every row as of an instant, rebuilt from the facts, is the row that was stored then.

OKR_TEST_CADENCE_MINUTES=60 runs other histories for that long instead of the same few ones; `make histories`
does. A seed that it prints is tried again with OKR_TEST_CADENCE_SEED.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, run_state_machine_as_test

from okr_api.query_engine.global_ids import encode_id
from okr_api.services.past_organization import rebuild_past
from okr_api.store.database import Database
from okr_api.store.shadow_tables import VERSIONED
from tests.acme import Workplace
from tests.conftest import Server
from tests.graphql.past_questions import Question, as_living, ask, is_answered, services_of
from tests.moving_clock import with_moving_clock
from tests.query_engine.executors import Told, told_by_compiled, told_by_core
from tests.services.clock.test_cadence_histories import FIRST_SEED, MINUTES, CadenceHistory
from tests.services.test_histories import History, Runner
from tests.services.test_review_histories import ReviewHistory

HISTORIES = settings(
    max_examples=40 if MINUTES else 6,
    stateful_step_count=60 if MINUTES else 30,
    deadline=None,
    derandomize=not MINUTES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MAX_REMEMBERED = 6  # instants of a history: rebuilding takes longer than a step
SHARE_REMEMBERED = 0.2  # of the steps
EXECUTORS = (told_by_compiled, told_by_core)
NOT_OF_THE_PAST = ("announced_at",)  # when the clock had told it up to: not read, but written with a change
LATER_AT = "select exists (select from change where organization_id = $1 and recorded_at = $2 and seq > $3)"


@dataclass(frozen=True)
class Remembered:
    """What was stored at an instant, and an answer of then to a question."""

    at: datetime
    seq: int
    tables: dict[str, list[dict[str, Any]]]
    answers: list[tuple[Question, Told]]


async def stored_rows(connection: Any, organization_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all entities and alignments, in the order of their ids."""
    found = {}
    for table in (*VERSIONED, "alignment"):
        own = "id" if table == "organization" else "organization_id"
        rows = [
            dict(row)
            for row in await connection.fetch(f"select * from {table} where {own} = $1", organization_id)
        ]
        for row in rows:
            for name in NOT_OF_THE_PAST:
                row.pop(name, None)
        keys = ("child_id", "parent_id") if table == "alignment" else ("id",)
        found[table] = sorted(rows, key=lambda row: [row[key] for key in keys])
    return found


class RemembersPasts(RuleBasedStateMachine):
    """Steps of a history that look at everything, to be compared with the past when the history ends."""

    runner: Runner
    place: Workplace
    asks = True  # the clock of the database is that of the process

    @initialize(number=st.integers(0, 10_000))
    def begin_to_remember(self, number: int) -> None:
        self.random, self.remembered = Random(number), list[Remembered]()

    @invariant()
    def remember_everything_now_and_then(self) -> None:
        if not hasattr(self, "place") or not hasattr(self, "random"):
            return
        if self.random.random() < SHARE_REMEMBERED and len(self.remembered) < MAX_REMEMBERED:
            self.remembered.append(self.runner.run(self._look(self.random)))

    async def _look(self, random: Random) -> Remembered:
        place, answers = self.place, []
        if self.asks:
            for _ in range(3):
                question = ask(random, await self._ids(random))
                told = await random.choice(EXECUTORS)(
                    await services_of(place), place.actor, question.at_present(), question.variables
                )
                if is_answered(told):
                    answers.append((question, told))
        async with place.database.across() as connection:
            at = await connection.fetchval("select clock_timestamp()")
            tables = await stored_rows(connection, place.organization.id)
        return Remembered(at, await place.seq(), tables, answers)

    async def _ids(self, random: Random) -> dict[str, str]:
        """Return the global ids of a random objective, key result and cycle."""
        chosen = {}
        for name, table in (("objective", "objective"), ("keyResult", "key_result"), ("cycle", "cycle")):
            rows = await self.place.fetch(
                f"select id from {table} where organization_id = $1 order by id", self.place.organization.id
            )
            if rows:
                chosen[name] = encode_id(table.upper(), random.choice(rows)["id"])
        return chosen

    async def _compare_past(self, then: Remembered) -> None:
        place = self.place
        of = place.organization.id
        [later] = await place.fetch(LATER_AT, of, then.at, then.seq)
        if later["exists"]:  # the clock stood still: another state of the same instant came last
            return
        async with place.database.shadows.past.transaction(of, of) as past:
            await rebuild_past(past, of, then.at, None)
            rebuilt = await stored_rows(past, of)
        for table, rows in then.tables.items():
            assert rebuilt[table] == rows, table
        for question, told in then.answers:
            again = await told_by_compiled(
                await services_of(place), place.actor, question.as_of(told.now), question.variables
            )
            assert not again.errors, (again.errors, question.text)
            assert as_living(again.data, told.now) == told.data, question.text

    def teardown(self) -> None:
        """Compare what was remembered with the past."""
        for then in getattr(self, "remembered", ()):
            self.runner.run(self._compare_past(then))
        super().teardown()


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    made = Runner(database_url)
    yield made
    made.close()


def run_histories(machine: type[RuleBasedStateMachine]) -> None:
    """Run the same few histories, or others for as long as is asked for."""
    end, number = time.monotonic() + MINUTES * 60, FIRST_SEED
    while True:
        if MINUTES:
            print(f"OKR_TEST_CADENCE_SEED={number}", flush=True)  # noqa: T201  to try it again
            seed(number)(machine)
        run_state_machine_as_test(machine, settings=HISTORIES)
        number += 1
        if time.monotonic() >= end:
            break


def test_any_history_of_a_tree_can_be_read_as_of_any_instant(runner: Runner):
    class Here(RemembersPasts, History):
        pass

    Here.runner = runner
    run_histories(Here)


def test_any_history_of_a_review_can_be_read_as_of_any_instant(runner: Runner):
    class Here(RemembersPasts, ReviewHistory):
        pass

    Here.runner = runner
    run_histories(Here)


async def test_any_history_of_cadences_can_be_rebuilt_as_of_any_instant(server: Server, template: str):
    async with with_moving_clock(server, template) as url:
        await asyncio.to_thread(_run_cadences, url)


def _run_cadences(url: str) -> None:
    runner, opened = Runner(url), Database.open(url)

    class Here(RemembersPasts, CadenceHistory):
        asks = False

    Here.runner, Here.others = runner, runner.run(opened.__aenter__())
    try:
        run_histories(Here)
    finally:
        runner.run(opened.__aexit__(None, None, None))
        runner.close()
