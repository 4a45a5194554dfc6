"""Objectives and key results know what they were carried over from, and their numbers since the first start."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CARRIED = ("objective", "key_result")
# The release before does not know rolling over: it was an edit of the cycle.
FORGET = "update change set kind = 'CYCLE_UPDATED' where kind = 'CYCLE_ROLLED_OVER'"


def refer(table: str, column: str) -> None:
    op.create_foreign_key(
        f"{column}_inside",
        table,
        table,
        ["organization_id", column],
        ["organization_id", "id"],
        deferrable=True,
        initially="DEFERRED",
    )


def upgrade() -> None:
    for table in CARRIED:
        for each in (table, f"{table}_version"):
            op.add_column(each, sa.Column("carried_from_id", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("lineage", JSONB(), nullable=True))
        refer(table, "carried_from_id")
        op.create_index(
            f"{table}_carried_from",
            table,
            ["organization_id", "carried_from_id", "id"],
            postgresql_where=sa.text("carried_from_id is not null"),
        )
    for table in ("key_result", "key_result_version"):
        op.add_column(table, sa.Column("lineage_start_value", sa.Double(), nullable=True))
    op.add_column("objective", sa.Column("lineage_id", sa.Uuid(), nullable=True))
    refer("objective", "lineage_id")
    op.create_index(
        "objective_lineage",
        "objective",
        ["organization_id", "lineage_id", "id"],
        postgresql_where=sa.text("lineage_id is not null"),
    )


def downgrade() -> None:
    op.execute(FORGET)
    op.drop_column("objective", "lineage_id")
    for table in ("key_result", "key_result_version"):
        op.drop_column(table, "lineage_start_value")
    for table in CARRIED:
        op.drop_column(table, "lineage")
        for each in (table, f"{table}_version"):
            op.drop_column(each, "carried_from_id")
