"""Tables of alignments, the edges of the tree, and their versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from okr_api.okr.alignment import AlignmentKind

from .columns import (
    BIG,
    INSTANT,
    NUMBER,
    WORD,
    inside,
    one_of,
)


class AlignmentDefinition(SQLModel):
    """Columns that an alignment and its versions share; `parent_id` is whichever parent is set."""

    organization_id: UUID = Field(primary_key=True)
    child_id: UUID = Field(primary_key=True)
    parent_id: UUID = Field(primary_key=True)
    parent_objective_id: UUID | None = None
    parent_key_result_id: UUID | None = None
    kind: str = Field(sa_type=WORD)
    weight: float = Field(sa_type=NUMBER)


class AlignmentRow(AlignmentDefinition, table=True):
    """Alignment of an objective with an objective or a key result."""

    __tablename__ = "alignment"
    __table_args__ = (
        inside("child_id", "objective"),
        inside("parent_objective_id", "objective"),
        inside("parent_key_result_id", "key_result"),
        one_of("kind", AlignmentKind, "alignment_kind"),
        CheckConstraint("weight = 0 or weight between 1e-6 and 1e6", name="alignment_weight"),
        CheckConstraint(
            "num_nonnulls(parent_objective_id, parent_key_result_id) = 1 "
            "and parent_id = coalesce(parent_objective_id, parent_key_result_id)",
            name="alignment_one_parent",
        ),
        Index("alignment_parent_objective", "organization_id", "parent_objective_id"),
        Index("alignment_parent_key_result", "organization_id", "parent_key_result_id"),
    )


class AlignmentVersionRow(AlignmentDefinition, table=True):
    """Version of an alignment, valid from its `seq` to the next version's; `ended` if it was removed."""

    __tablename__ = "alignment_version"
    __table_args__ = (inside("child_id", "objective"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
    ended: bool
