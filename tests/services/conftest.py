"""Acme with measured key results, for tests that restore what they modify."""

from collections.abc import AsyncIterator

import pytest

from okr_api.okr.check_in import ReportedStatus
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests.acme import Acme, World, days_ago
from tests.conftest import Server


@pytest.fixture(scope="session")
async def measured(server: Server, acme_template: tuple[str, World]) -> AsyncIterator[Acme]:
    """Yield Acme with check-ins of four key results of different measures."""
    async with (
        server.copy_of(acme_template[0]) as name,
        Database.open(server.url_of(name)) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        acme = Acme(database, wakeups, acme_template[1])
        await acme.check_in("backlog", 150, effective_at=days_ago(12), confidence=0.5)
        await acme.check_in("macros", 5, status=ReportedStatus.AT_RISK, confidence=0.7)
        await acme.check_in("load", 50, effective_at=days_ago(12))
        await acme.check_in("rollout", milestones_done=("plan",))
        yield acme
