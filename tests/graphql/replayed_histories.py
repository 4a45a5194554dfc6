"""Histories that can be replayed: mutations with their instants, and ids that follow from the mutations.

As clock and ids are handed in, replaying a part of a history in an empty database makes the rows that it made,
with the same ids, so that answers are compared whole, and rows that are ordered by id come in the same order.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from okr_api.graphql.app_services import AppServices
from okr_api.okr.entities import ENTITIES
from okr_api.okr.entity import NodeType
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.clock.ticker import tick
from okr_api.store.database import Database
from tests.acme import Acme, World, found_acme
from tests.conftest import Server
from tests.graphql.conftest import PREPARED
from tests.graphql.past_questions import services_of
from tests.graphql.random_mutations import Mutation, RandomMutations
from tests.handed_clock import HandedNow
from tests.moving_clock import NOON, set_clock, with_moving_clock
from tests.query_engine.executors import told_by_compiled

FIRST_ID = 0x0198_0000_0000_7000_8000_0000_0000_0000
FOLLOWED = ("follow", {"on": {"objective": {"externalId": "answer_fast"}}})
PERSONS = ("ann", "ben", "cem")
OF_PEOPLE = {
    "follow",
    "unfollow",
    "reactionAdd",
    "reactionRemove",
    "pulseAnswer",
    "notificationSettingsUpdate",
}
TICK = "the clock tells what fell due"
# What passes before a mutation, in seconds; many mutations have the same instant.
PASSES = (0, 0, 0, 0.000001, 1, 3_600, 5 * 3_600, 86_400, 86_400, 3 * 86_400)
KNOWN = " union all ".join(
    f"(select '{each.node_type}' as type, id from {each.table} where organization_id = $1"
    f"{' and not removed' if each.is_removable else ''} order by id)"
    for each in ENTITIES[1:]  # all but the organisation
)
MEASURES = "select id, measure from key_result where organization_id = $1"


@dataclass
class HandedIds:
    """Ids in place of those that contain the real time: the n-th one of the m-th step, in that order."""

    next: int = FIRST_ID

    def begin(self, step: int) -> None:
        """Let the ids of a step follow; the first step is 0."""
        self.next = FIRST_ID + (step << 32)

    def __call__(self) -> UUID:
        self.next += 1
        return UUID(int=self.next)


@dataclass(frozen=True)
class Step:
    """A mutation at an instant: by one of `PERSONS` or, for None, by a service; or a run of the clock's job."""

    at: datetime
    mutation: str
    input: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None


@dataclass
class Replica:
    """A database with an organisation that did some steps of a history."""

    database: Database
    wakeups: ChangeNotifier
    ids: HandedIds
    now: datetime = NOON
    steps: int = 0
    acme: Acme = field(init=False)
    services: AppServices = field(init=False)

    async def found(self) -> None:
        """Found Acme at the first noon, as the first step."""
        await self.to(NOON)
        self.ids.begin(0)
        world: World = await found_acme(self.database, self.wakeups)
        self.acme = Acme(self.database, self.wakeups, world)
        self.services = await services_of(self.acme)

    async def to(self, at: datetime) -> None:
        """Set the clocks of the database and of what is read, which all replicas share, to an instant."""
        self.now = HandedNow.at = at
        await set_clock(self.database, at)

    async def do(self, step: Step) -> Any:
        """Do the next step at its instant; return the payload of the mutation."""
        await self.to(step.at)
        self.steps += 1
        self.ids.begin(self.steps)
        if step.mutation == TICK:
            appended, failed = await tick(self.database)
            assert not failed, step
            return appended
        kind = f"{step.mutation[0].upper()}{step.mutation[1:]}Input!"
        text = f"mutation ($input: {kind}) {{ payload: {step.mutation}(input: $input) {{ seq errors {{ code path message }} }} }}"
        actor = self.acme.seeing_all()
        if step.by is not None:
            actor = self.acme.as_person(getattr(self.acme, step.by), step.by.capitalize())
        told = await told_by_compiled(self.services, actor, text, {"input": step.input})
        assert not told.errors, (told.errors, step)
        return told.data["payload"]

    async def known(self) -> dict[str, list[str]]:
        """Return the global ids of everything that is there, by type of node, in order."""
        found: dict[str, list[str]] = {str(each.node_type): [] for each in ENTITIES[1:]}
        for row in await self.acme.fetch(KNOWN, self.acme.organization.id):
            found[row["type"]].append(encode_id(row["type"], row["id"]))
        return found


@dataclass
class History:
    """A random history of an organisation: its steps with what they returned."""

    replica: Replica
    random: Random
    restricts: bool = True  # some objectives are not for everybody
    steps: list[tuple[Step, Any]] = field(default_factory=list)

    async def live(self, mutations: int) -> None:
        """Make one of every entity, and so many random mutations, most of them by a service."""
        for mutation, input in (*PREPARED, FOLLOWED):
            payload = await self._do(mutation, input, "ann")
            assert not payload["errors"], (mutation, payload)
        assert all((await self.replica.known()).values())
        former: Mutation | None = None
        for _ in range(mutations):
            if self.random.random() < 0.15:
                await self._do(TICK, {}, None)
            if former is None:
                by = self.random.choice((*PERSONS, *[None] * 4))
            made = await self._mutation(former)
            payload = await self._do(*made, by or (made[0] in OF_PEOPLE and "ann") or None)
            former = None if payload["errors"] else made

    async def _mutation(self, former: Mutation | None) -> Mutation:
        replica = self.replica
        measures = await replica.acme.fetch(MEASURES, replica.acme.organization.id)
        [zone] = await replica.acme.fetch("select time_zone from organization")
        return RandomMutations(
            self.random,
            await replica.known(),
            {encode_id(NodeType.KEY_RESULT, row["id"]): row["measure"] for row in measures},
            replica.now,
            replica.now.astimezone(ZoneInfo(zone["time_zone"])).date(),
            number=len(self.steps),
            restricts=self.restricts,
        ).make(former)

    async def _do(self, mutation: str, input: Mapping[str, Any], by: str | None) -> Any:
        at = self.replica.now + timedelta(seconds=self.random.choice(PASSES))
        step = Step(at, mutation, input, by)
        payload = await self.replica.do(step)
        self.steps.append((step, payload))
        return payload

    def instants(self, count: int) -> list[datetime]:
        """Return random instants in order: those of steps, a microsecond before or after, and between two."""
        found = []
        while len(found) < count:
            place = self.random.randrange(len(self.steps))
            at = self.steps[place][0].at
            later = self.steps[min(place + 1, len(self.steps) - 1)][0].at
            shift = self.random.choice(
                (
                    timedelta(0),
                    timedelta(microseconds=self.random.choice((-1, 1))),
                    (later - at) * self.random.random(),
                )
            )
            if NOON <= at + shift <= self.replica.now:
                found.append(at + shift)
        return sorted(found)


async def replay(replica: Replica, steps: Sequence[tuple[Step, Any]], until: datetime) -> None:
    """Do the steps of a history, recorded by an instant, that the replica has not done; each returns the same."""
    while replica.steps < len(steps) and steps[replica.steps][0].at <= until:
        step, returned = steps[replica.steps]
        assert await replica.do(step) == returned, step
    await replica.to(until)


@asynccontextmanager
async def empty_replica(
    server: Server, template: str, ids: HandedIds, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replica]:
    """Yield a replica in an empty database, in which an organisation has just been founded."""
    monkeypatch.setattr("okr_api.query_engine.snapshot.datetime", HandedNow)
    monkeypatch.setattr("uuid_utils.uuid7", ids)
    async with (
        with_moving_clock(server, template) as url,
        Database.open(url) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        replica = Replica(database, wakeups, ids)
        await replica.found()
        yield replica
