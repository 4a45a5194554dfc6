"""Idempotency records: results of applied mutations, kept for a week so that a retry does nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from . import tables
from .bulk_write import Batch, Postgres
from .tables import table_of

IDEMPOTENCY_TTL = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """Result of an applied mutation, stored so that a retry does nothing; rejected mutations store none."""

    owner: str
    key: str
    input_hash: bytes
    seq: int
    outcome: dict[str, Any]


RECORDED_KEYS = """
    select key from idempotency where organization_id = $1 and owner = $2 and key = any($3::text[])
"""


async def recorded_keys(
    connection: Postgres, organization_id: UUID, owner: str, keys: Sequence[str]
) -> set[str]:
    """Return those of an owner's idempotency keys that a mutation was applied with."""
    rows = await connection.fetch(RECORDED_KEYS, organization_id, owner, list(keys))
    return {row["key"] for row in rows}


async def save_retries(
    connection: Postgres,
    organization_id: UUID,
    retries: Sequence[IdempotencyRecord],
    *,
    recorded_at: datetime,
) -> None:
    """Save the idempotency records of mutations that append no change to the feed."""
    batch = Batch(connection)
    rows = idempotency_rows(retries, recorded_at)
    await batch.put(table_of(tables.IdempotencyRow), rows, {"organization_id": organization_id})
    await batch.write()


def idempotency_rows(retries: Sequence[IdempotencyRecord], recorded_at: datetime) -> list[dict[str, Any]]:
    """Return the rows of idempotency records that were made at an instant."""
    names = [field.name for field in fields(IdempotencyRecord)]
    return [{name: getattr(each, name) for name in names} | {"recorded_at": recorded_at} for each in retries]
