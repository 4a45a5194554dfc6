"""Tables of dependencies and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from okr_api.okr.dependency import DependencyState

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


class DependencyDefinition(Owned):
    """Columns that a dependency and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    description: str = Field(sa_type=WORD)
    giving_team_id: UUID
    needing_objective_id: UUID | None = None
    needing_key_result_id: UUID | None = None
    giving_objective_id: UUID | None = None
    giving_key_result_id: UUID | None = None
    owner_id: UUID | None = None
    needed_by: date | None = None
    state: str = Field(sa_type=WORD)
    version: int = 1
    removed: bool = False


class DependencyRow(DependencyDefinition, table=True):
    """Dependency; `removed` for one that was deleted."""

    __tablename__ = "dependency"
    __table_args__ = (
        of_organization(),
        one_external_id("dependency"),
        inside("giving_team_id", "team"),
        inside("needing_objective_id", "objective"),
        inside("needing_key_result_id", "key_result"),
        inside("giving_objective_id", "objective"),
        inside("giving_key_result_id", "key_result"),
        inside("owner_id", "person"),
        one_of("state", DependencyState, "dependency_state"),
        CheckConstraint(
            "num_nonnulls(needing_objective_id, needing_key_result_id) = 1", name="dependency_needing_one"
        ),
        CheckConstraint(
            "num_nonnulls(giving_objective_id, giving_key_result_id) <= 1", name="dependency_giving_one"
        ),
        Index("dependency_giving_team", "organization_id", "giving_team_id", "id"),
        Index("dependency_needing_objective", "organization_id", "needing_objective_id", "id"),
        Index("dependency_needing_key_result", "organization_id", "needing_key_result_id", "id"),
        Index("dependency_owner", "organization_id", "owner_id", "id"),
    )


class DependencyVersionRow(DependencyDefinition, table=True):
    """Version of a dependency, valid from its `seq` to the next version's."""

    __tablename__ = "dependency_version"
    __table_args__ = (inside("id", "dependency"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
