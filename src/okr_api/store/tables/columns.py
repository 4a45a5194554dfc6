"""Column types and constraints that the tables share."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Double, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel, Text, Uuid

BIG = BigInteger()
INSTANT = DateTime(timezone=True)
INSTANTS = ARRAY(DateTime(timezone=True))
NUMBER: Double[float] = Double()
NUMBERS: ARRAY[float] = ARRAY(Double())
WORD = Text()
WORDS = ARRAY(Text())
IDS = ARRAY(Uuid())
DOCUMENT = JSONB()


class Owned(SQLModel):
    """A row of an organisation: its key starts with it, and no key leads out of it."""

    organization_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)


def inside(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key that cannot point into another organisation."""
    return ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def of_organization() -> ForeignKeyConstraint:
    """The row's organisation is there."""
    return ForeignKeyConstraint(["organization_id"], ["organization.id"])


def one_external_id(table: str) -> UniqueConstraint:
    """An external id names one entity of its type within an organisation."""
    return UniqueConstraint("organization_id", "external_id", name=f"{table}_external_id")


def one_of(column: str, members: type[StrEnum] | Iterable[str], name: str) -> CheckConstraint:
    """The text is one of the words; the constraint is named so that a migration can replace it."""
    words = ", ".join(f"'{member}'" for member in members)
    return CheckConstraint(f"{column} in ({words})", name=name)


def share(column: str, name: str) -> CheckConstraint:
    """The number is a fraction from 0 to 1, or absent."""
    return CheckConstraint(f"{column} between 0 and 1", name=name)
