"""What a person has read of their notifications: the position up to which, and single ones after it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from okr_api.okr.visibility import Visibility

from .bulk_write import Postgres
from .hidden_rows import filled
from .notification_statements import ABOUT, SEEN

VISIBLE = f"""
    from notification told {ABOUT.format(row="told")}
    where told.organization_id = $1 and told.person_id = $2 and {SEEN}
"""
AMONG = f"select told.seq {VISIBLE} and told.seq = any($3::bigint[])"
FIRST_UNREAD = f"""
    select told.seq {VISIBLE} and told.seq > $3 and not told.seq = any($4::bigint[])
    order by told.seq limit 1
"""
STATE = "select * from notification_read where organization_id = $1 and person_id = $2"
SAVE = """
    insert into notification_read (organization_id, person_id, read_until, read_apart)
    values ($1, $2, $3, $4::bigint[])
    on conflict (organization_id, person_id)
        do update set read_until = excluded.read_until, read_apart = excluded.read_apart
"""


async def visible_among(
    connection: Postgres,
    organization_id: UUID,
    person_id: UUID,
    seqs: Sequence[int],
    visibility: Visibility,
) -> set[int]:
    """Return those of the positions at which the person has a notification that they see."""
    if not seqs:
        return set()
    text, parameters = filled(AMONG, visibility, person_id, list(seqs))
    return {row["seq"] for row in await connection.fetch(text, organization_id, *parameters)}


async def read_state(
    connection: Postgres, organization_id: UUID, person_id: UUID
) -> tuple[int, Sequence[int]]:
    """Return the position up to which all are read, and the positions of later ones that are."""
    row = await connection.fetchrow(STATE, organization_id, person_id)
    return (row["read_until"], row["read_apart"]) if row else (0, ())


async def first_unread(
    connection: Postgres,
    organization_id: UUID,
    person_id: UUID,
    until: int,
    apart: Collection[int],
    visibility: Visibility,
) -> int | None:
    """Return the position of the first visible notification after one that is not among those read apart."""
    text, parameters = filled(FIRST_UNREAD, visibility, person_id, until, list(apart))
    position: int | None = await connection.fetchval(text, organization_id, *parameters)
    return position


async def save_read_state(
    connection: Postgres, organization_id: UUID, person_id: UUID, until: int, apart: Sequence[int]
) -> None:
    """Store what the person has read."""
    await connection.execute(SAVE, organization_id, person_id, until, apart)
