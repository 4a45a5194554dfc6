"""Objectives have a visibility, people they are shared with and a stored audience, of which moves are listed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("objective", "objective_version")
ALL = "visibility in ('ORGANIZATION', 'TEAM', 'PRIVATE')"


def upgrade() -> None:
    for table in TABLES:
        visibility: sa.Column[str] = sa.Column(
            "visibility", sa.Text(), nullable=False, server_default=sa.text("'ORGANIZATION'")
        )
        shared_with: sa.Column[list[object]] = sa.Column(
            "shared_with_ids", ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")
        )
        for column in (visibility, shared_with):
            op.add_column(table, column)
            op.alter_column(table, column.name, server_default=None)
    op.add_column("objective", sa.Column("viewer_ids", ARRAY(sa.Uuid()), nullable=True))
    op.create_check_constraint("objective_visibility", "objective", ALL)
    op.create_index(
        "objective_restricted",
        "objective",
        ["organization_id", "id"],
        postgresql_where=sa.text("viewer_ids is not null"),
    )
    op.create_table(
        "audience_change",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("before", ARRAY(sa.Uuid()), nullable=True),
        sa.Column("after", ARRAY(sa.Uuid()), nullable=True),
        sa.Column("sees_all", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "seq", "node_id"),
    )


def downgrade() -> None:
    op.drop_table("audience_change")
    op.drop_index("objective_restricted", "objective")
    op.drop_constraint("objective_visibility", "objective")
    op.drop_column("objective", "viewer_ids")
    for table in TABLES:
        op.drop_column(table, "shared_with_ids")
        op.drop_column(table, "visibility")
