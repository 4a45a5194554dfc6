"""Organisations to import tables into."""

import pytest

from okr_api.store.database import Database
from tests.acme import Workplace


@pytest.fixture
async def place(database: Database, wakeups) -> Workplace:
    """Return an empty organisation."""
    return await Workplace.found(database, wakeups, "Receiver", "Europe/Berlin")
