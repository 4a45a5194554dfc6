"""Ballots of open pulses: read, save and discard them. A ballot is one row, written as a whole."""

from collections.abc import Sequence
from uuid import UUID

from okr_api.okr.pulse import Ballot

from .bulk_write import Postgres, Row

READ = "select secret, marks, counts from pulse_ballot where organization_id = $1 and pulse_id = $2"
SAVE = """
    insert into pulse_ballot (organization_id, pulse_id, secret, marks, counts)
    values ($1, $2, $3, $4, $5::bigint[])
    on conflict (organization_id, pulse_id) do update set marks = excluded.marks, counts = excluded.counts
"""
DISCARD = """
    delete from pulse_ballot where organization_id = $1 and pulse_id = $2 returning secret, marks, counts
"""


def ballot_of(row: Row) -> Ballot:
    """Return the ballot in a row."""
    return Ballot(row["secret"], row["marks"], tuple(row["counts"]))


async def read_ballot(connection: Postgres, organization_id: UUID, pulse_id: UUID) -> Ballot | None:
    """Return the ballot of a pulse; None if nobody has answered, or if it is not open."""
    row = await connection.fetchrow(READ, organization_id, pulse_id)
    return None if row is None else ballot_of(row)


async def save_ballot(connection: Postgres, organization_id: UUID, pulse_id: UUID, ballot: Ballot) -> None:
    """Store the ballot of a pulse."""
    counts: Sequence[int] = ballot.counts
    await connection.execute(SAVE, organization_id, pulse_id, ballot.secret, ballot.marks, counts)


async def discard_ballot(connection: Postgres, organization_id: UUID, pulse_id: UUID) -> Ballot | None:
    """Delete the ballot of a pulse, and with it the secret and the marks; return what it was."""
    row = await connection.fetchrow(DISCARD, organization_id, pulse_id)
    return None if row is None else ballot_of(row)
