"""The past, rebuilt in shadow tables, is what was stored at that instant."""

import time
from datetime import datetime

from okr_api.services.past_organization import rebuild_past
from tests.acme import Acme


async def test_rebuilt_rows_are_those_that_were_stored(acme: Acme):
    await acme.check_in(acme.macros, 5)
    stored = await acme.fetch("select id, progress from objective order by id")
    at = (await acme.fetch("select clock_timestamp() as now"))[0]["now"]
    await acme.check_in(acme.macros, 7)
    t = time.perf_counter()
    async with acme.database.shadows.past.transaction(acme.organization.id, acme.organization.id) as past:
        print("connected", time.perf_counter() - t)
        t = time.perf_counter()
        position = await rebuild_past(past, acme.organization.id, at, None)
        print(position, time.perf_counter() - t)
        found = await past.fetch("select id, progress from objective order by id")
        assert list(map(tuple, found)) == list(map(tuple, stored))
    t = time.perf_counter()
    async with acme.database.shadows.past.transaction(acme.organization.id, acme.organization.id) as past:
        print("connected", time.perf_counter() - t)
        assert not await past.fetch("select id, progress from objective order by id")
