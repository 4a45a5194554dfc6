"""Seeding: the demo company is founded and its quarter made, by the same steps as a real one's.

Every step carries an idempotency key. A seeding that was interrupted goes on where it stopped, and
two that run at once make one quarter.
"""

import hashlib
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from okr_api.identity.actor import Actor, Scope
from okr_api.okr.check_in import Author
from okr_api.okr.people import Organization
from okr_api.services import aligning, cycles, measuring, organizing, planning
from okr_api.services.checking_in import Said
from okr_api.services.desk import Desk, Once, Outcome
from okr_api.services.founding import found_organization
from okr_api.services.naming import Ref
from okr_api.services.together import Together
from okr_api.store.database import Database
from okr_api.store.finding import ids_by_external_id
from okr_api.store.organizations import all_organizations, lock_for_first

from .calendar import Calendar, Days
from .company import NAME, PEOPLE, TEAMS, TIME_ZONE
from .objectives import NEXT, OBJECTIVES
from .plan import Aim
from .story import AIMS, KEY_RESULTS, Telling, days_of, owner_of, slips, tellings

LAST = f"{NEXT[-1].key}"  # what is made last: where it is there, all is
REST = Author("Demo")


@dataclass(frozen=True, slots=True)
class Step:
    """One mutation: a service with its inputs, or check-ins of one person."""

    key: str
    do: Callable[..., Awaitable[Outcome]] | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None
    items: Sequence[Said] = ()


async def demo_organization(database: Database) -> Organization:
    """The demo company, founded unless it is there; several processes at once found one."""
    async with database.across() as connection, connection.transaction():
        await lock_for_first(connection)
        for organization in await all_organizations(database):
            if organization.name == NAME:
                return organization
        return await found_organization(database, name=NAME, zone=TIME_ZONE)
