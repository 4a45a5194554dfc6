"""Acme behind a server whose clock a test hands in: of the database, and of what is read."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from okr_api.auth.actor import Scope
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.clock.ticker import tick
from okr_api.store.database import Database
from tests.acme import TODAY, ZONE, Acme, World
from tests.conftest import Server
from tests.moving_clock import NOON, set_clock, with_moving_clock
from tests.serving import Client, serving
from tests.serving import Server as Serving


class HandedNow(datetime):
    """The present instant of what is read."""

    at = NOON

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.at.astimezone(tz)


@dataclass
class HandedClock:
    """Acme at an instant: at first noon (UTC) of tomorrow, day 0."""

    acme: Acme
    server: Serving
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def to(self, days: float) -> datetime:
        """Let it be so many days after the first noon, and let the clock tell what fell due; return the instant."""
        HandedNow.at = NOON + timedelta(days=days)
        await set_clock(self.acme.database, HandedNow.at)
        await tick(self.acme.database)
        return HandedNow.at

    async def client(self, name: str, scope: Scope = Scope.WRITE) -> Client:
        """Return the client of a person, or of a service that nobody is named like."""
        if name not in self.clients:
            person = name if name in ("ann", "ben", "cem") else None
            self.tokens[name] = await self.acme.tokens.create(
                self.acme.organization.id, name=name, scopes=[scope], person=person
            )
            self.clients[name] = self.server.client(self.tokens[name])
        return self.clients[name]


def day(number: int) -> str:
    """Return the local day that is so many days after the one of the first noon."""
    return str(day_of(number))


def day_of(number: int) -> date:
    return TODAY + timedelta(days=1 + number)


def end_of(number: int) -> datetime:
    """Return the end of the local day that is so many days after the one of the first noon."""
    return datetime.combine(day_of(number + 1), time(0), ZoneInfo(ZONE))


def weekly(**more: Any) -> Mapping[str, Any]:
    """Return a cadence in which a check-in is due each week, at noon (local time) of the day of `NOON`."""
    return {"weeks": 1, "weekday": day_of(0).strftime("%A").upper(), "time": "12:00", **more}


@asynccontextmanager
async def acme_by_a_handed_clock(
    server: Server, acme_template: tuple[str, World], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[HandedClock]:
    """Serve a copy of Acme; the clock stands still until `to` is called."""
    name, world = acme_template
    monkeypatch.setattr("okr_api.query_engine.snapshot.datetime", HandedNow)
    HandedNow.at = NOON
    async with (
        with_moving_clock(server, name) as url,
        Database.open(url) as database,
        ChangeNotifier.running(database) as wakeups,
        serving(url) as running,
    ):
        yield HandedClock(Acme(database, wakeups, world), running)
