"""Column types, constraints and the base class of rows (`Owned`) that the tables share."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel, Text, Uuid

BIG = BigInteger()
INSTANT = DateTime(timezone=True)
INSTANTS = ARRAY(DateTime(timezone=True))
NUMBER: Double[float] = Double()
NUMBERS: ARRAY[float] = ARRAY(Double())
WORD = Text()
WORDS = ARRAY(Text())
BIGS = ARRAY(BigInteger())
IDS = ARRAY(Uuid())
DERIVED = {"info": {"is_derived": True}}  # arguments of a column that upserts leave as it is
DOCUMENT = JSONB()
JSON_TEXT = JSON()  # kept as it was written: cheaper to write and to read, without an index or operators


class Owned(SQLModel):
    """Base of an organisation's rows: keys start with `organization_id`, and so do all foreign keys."""

    organization_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)


def inside(column: str, table: str, *, at_the_end: bool = False) -> ForeignKeyConstraint:
    """Return a foreign key that cannot reference another organisation's row.

    One that is checked `at_the_end` of a transaction lets a row be saved before the one that it refers to.
    """
    return ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", f"{table}.id"],
        name=f"{column}_inside",
        deferrable=at_the_end or None,
        initially="DEFERRED" if at_the_end else None,
    )


def with_cadence(entity: str) -> Index:
    """Return the index of the versions of an entity that have a cadence, of which there are few."""
    return Index(f"{entity}_version_cadence", "organization_id", postgresql_where=text("cadence is not null"))


def of_organization() -> ForeignKeyConstraint:
    """Return the foreign key to the row's organisation."""
    return ForeignKeyConstraint(["organization_id"], ["organization.id"])


def one_external_id(table: str) -> UniqueConstraint:
    """Return the constraint that an external id is unique in a table within an organisation."""
    return UniqueConstraint("organization_id", "external_id", name=f"{table}_external_id")


def one_of(column: str, members: type[StrEnum] | Iterable[str], name: str) -> CheckConstraint:
    """Return a check that a text column has one of the values; named, so that migrations can replace it."""
    words = ", ".join(f"'{member}'" for member in members)
    return CheckConstraint(f"{column} in ({words})", name=name)


def share(column: str, name: str) -> CheckConstraint:
    """Return a check that a nullable number is a fraction from 0 to 1."""
    return CheckConstraint(f"{column} between 0 and 1", name=name)
