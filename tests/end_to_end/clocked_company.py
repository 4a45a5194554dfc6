"""A served organisation with people and their tokens, and nothing else, whose clock a test moves."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.services.bootstrap import found_organization
from okr_api.services.clock.ticker import tick
from okr_api.store.database import Database
from tests.conftest import Server
from tests.end_to_end.quarter_text import ZONE
from tests.end_to_end.story import Step
from tests.moving_clock import set_clock, with_moving_clock
from tests.serving import Client, node_field, serving
from tests.serving import Server as Serving

MENTION = re.compile(r"\{(\w+)\}")
TICKS = timedelta(hours=6)  # between two runs of the clock; in service it runs every minute

CYCLES = "cyclesGenerate"  # which makes several


def at(local: str) -> datetime:
    """Return the instant of a local time."""
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)


class Clock(datetime):
    """The clock of queries, which the test moves together with that of the database."""

    present = at("2026-10-01 18:00")

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.present.astimezone(tz)


@dataclass
class ClockedCompany:
    """The served organisation, with a client of each person, and the external ids of what was made."""

    served: Serving
    database: Database
    clients: Mapping[str, Client]
    tokens: Mapping[str, str]
    people: Mapping[str, str]
    names: dict[str, str] = field(default_factory=dict)

    async def move(self, instant: datetime) -> None:
        """Move the clock on to an instant, and let it record on the way, every six hours, what is due."""
        while Clock.present < instant:
            Clock.present = min(Clock.present + TICKS, instant)
            await set_clock(self.database, Clock.present)
            assert (await tick(self.database))[1] == 0

    async def do(self, step: Step) -> None:
        """Let somebody do one step."""
        who, mutation, given, refusal = step
        made = (
            f"made: {node_field(mutation)} {{ id }}" if "externalId" in given and mutation != CYCLES else ""
        )
        done = await self.clients[who].try_(mutation, made, **self.filled(given))
        told = [(error["code"], error["path"]) for error in done["errors"]]
        assert told == ([] if refusal is None else [refusal]), (who, mutation, given, done["errors"])
        if made and done["made"]:
            self.names[done["made"]["id"]] = given["externalId"]

    def filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return an input with the mentions of its texts."""
        return {name: self.filled_in(value) for name, value in given.items()}

    def filled_in(self, value: Any) -> Any:
        """Return a value of an input with the mentions of its texts."""
        if isinstance(value, dict):
            return self.filled(value)
        if isinstance(value, str):
            return MENTION.sub(lambda name: f"@[{name[1].title()}]({self.people[name[1]]})", value)
        return value


@asynccontextmanager
async def clocked_company(
    server: Server,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    begin: str,
    roles: Mapping[str, str],
    counters: Sequence[str] = (),
) -> AsyncIterator[ClockedCompany]:
    """Serve an organisation that has people of these roles, services that check in, and their tokens."""
    monkeypatch.setattr("okr_api.query_engine.snapshot.datetime", Clock)
    monkeypatch.setattr(Clock, "present", at(begin))
    async with with_moving_clock(server, template) as url, Database.open(url) as database:
        await set_clock(database, at(begin))
        organization = await found_organization(database, name=name, zone=str(ZONE))
        founder = await TokenStore(database).create(organization.id, name="setup", scopes=[Scope.ADMIN])
        async with serving(url) as served:
            operator = served.client(founder)
            tokens, people = {}, {}
            for person, role in roles.items():
                people[person] = await operator.make(
                    "personCreate", name=person.title(), externalId=person, role=role
                )
                tokens[person] = await _token(operator, person={"externalId": person}, scopes=["ADMIN"])
            for counter in counters:
                tokens[counter] = await _token(operator, service=counter, scopes=["CHECK_IN"])
            clients = {who: served.client(secret) for who, secret in tokens.items()}
            yield ClockedCompany(served, database, clients, tokens, people)


async def _token(operator: Client, **input: Any) -> str:
    """Return a new token."""
    secret: str = (await operator.try_("tokenCreate", "secret", **input))["secret"]
    return secret
