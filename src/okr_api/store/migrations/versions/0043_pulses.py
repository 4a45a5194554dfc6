"""Cycles have pulses: questions, results of closed ones, and the ballots of open ones."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The release before knows no pulses: their changes stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type = 'PULSE'
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'PULSE'
"""


def counts() -> sa.Column[Any]:
    return sa.Column("counts", ARRAY(sa.BigInteger()), nullable=False)


def columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("questions", ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        counts(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def upgrade() -> None:
    op.create_table(
        "pulse",
        *columns(),
        sa.CheckConstraint("state in ('DRAFT', 'OPEN', 'CLOSED')", name="pulse_state"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("cycle_id", "cycle"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="pulse_external_id"),
    )
    op.create_index("pulse_cycle", "pulse", ["organization_id", "cycle_id", "id"])
    op.create_index(
        "pulse_once",
        "pulse",
        ["organization_id", "cycle_id"],
        unique=True,
        postgresql_where=sa.text("not removed"),
    )
    op.create_table(
        "pulse_version",
        *columns(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        inside("id", "pulse"),
        sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
    )
    op.create_table(
        "pulse_ballot",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("pulse_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        counts(),
        inside("pulse_id", "pulse"),
        sa.PrimaryKeyConstraint("organization_id", "pulse_id"),
    )


def downgrade() -> None:
    op.execute(LIST_ANEW)
    op.execute(FORGET)
    op.drop_table("pulse_ballot")
    op.drop_table("pulse_version")
    op.drop_table("pulse")
