"""Objectives serve priorities, or stand alone with a reason."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("objective", "objective_version")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table,
            sa.Column("priority_ids", ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")),
        )
        op.alter_column(table, "priority_ids", server_default=None)
        op.add_column(table, sa.Column("stands_alone_reason", sa.Text(), nullable=True))
    op.create_index("objective_priorities", "objective", ["priority_ids"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("objective_priorities", "objective")
    for table in TABLES:
        op.drop_column(table, "stands_alone_reason")
        op.drop_column(table, "priority_ids")
