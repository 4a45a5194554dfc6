"""Stored numbers edited by hand into an unreadable form: `verify` reports and `propagate` repairs them."""

import pytest

from okr_api.okr.author import Author
from okr_api.services.number_repair import recount_organization
from okr_api.services.recompute import verify


@pytest.mark.parametrize("table", ("objective", "key_result"))
@pytest.mark.parametrize(
    "changed",
    (
        "statuses = '{}', status_turns = '{}'",
        "statuses = array_append(statuses, 'GREENISH'), status_turns = array_append(status_turns, now())",
        "derived_statuses = array_append(derived_statuses, 'PENDING')",
        "expected = array_append(expected, 0.5)",
    ),
)
async def test_malformed_arrays_are_told_and_repaired(acme, table, changed):
    await acme.check_in("backlog", 50)
    organization = acme.organization
    async with acme.database.across() as connection:
        await connection.execute(f"update {table} set {changed}")
    assert await verify(acme.database, organization)
    repaired = await recount_organization(acme.database, organization.id, author=Author("tests"))
    assert repaired.seq is not None
    assert await verify(acme.database, organization) == []
