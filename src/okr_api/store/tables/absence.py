"""Tables of absences and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from .columns import BIG, INSTANT, WORD, Owned, inside, of_organization, one_external_id


class AbsenceDefinition(Owned):
    """Columns that an absence and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    person_id: UUID
    starts_on: date
    ends_on: date
    delegate_id: UUID | None = None
    note: str | None = Field(sa_type=WORD, nullable=True)
    version: int = 1
    removed: bool = False


class AbsenceRow(AbsenceDefinition, table=True):
    """Absence of a person; `removed` for one that was deleted."""

    __tablename__ = "absence"
    __table_args__ = (
        of_organization(),
        one_external_id("absence"),
        inside("person_id", "person"),
        inside("delegate_id", "person"),
        CheckConstraint("starts_on <= ends_on", name="absence_days"),
        Index("absence_person", "organization_id", "person_id", "id"),
        Index(
            "absence_delegate",
            "organization_id",
            "delegate_id",
            "id",
            postgresql_where=text("delegate_id is not null"),
        ),
    )


class AbsenceVersionRow(AbsenceDefinition, table=True):
    """Version of an absence, valid from its `seq` to the next version's."""

    __tablename__ = "absence_version"
    __table_args__ = (inside("id", "absence"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
