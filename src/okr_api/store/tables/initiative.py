"""Tables of initiatives and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from okr_api.okr.initiative import InitiativeState

from .columns import (
    BIG,
    INSTANT,
    WORD,
    Owned,
    inside,
    of_organization,
    one_external_id,
    one_of,
)


class InitiativeDefinition(Owned):
    """Columns that an initiative and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    title: str = Field(sa_type=WORD)
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    description: str | None = Field(sa_type=WORD, nullable=True)
    owner_id: UUID | None = None
    due_on: date | None = None
    state: str = Field(sa_type=WORD)
    link: str | None = Field(sa_type=WORD, nullable=True)
    version: int = 1
    removed: bool = False


class InitiativeRow(InitiativeDefinition, table=True):
    """Initiative of an objective or of a key result; `removed` for one that was deleted."""

    __tablename__ = "initiative"
    __table_args__ = (
        of_organization(),
        one_external_id("initiative"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("owner_id", "person"),
        one_of("state", InitiativeState, "initiative_state"),
        CheckConstraint("num_nonnulls(objective_id, key_result_id) = 1", name="initiative_of_one"),
        Index("initiative_objective", "organization_id", "objective_id", "id"),
        Index("initiative_key_result", "organization_id", "key_result_id", "id"),
        Index("initiative_owner", "organization_id", "owner_id", "id"),
    )


class InitiativeVersionRow(InitiativeDefinition, table=True):
    """Version of an initiative, valid from its `seq` to the next version's."""

    __tablename__ = "initiative_version"
    __table_args__ = (inside("id", "initiative"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
