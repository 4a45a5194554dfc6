"""Changes record which objectives and key results they showed to somebody, or hid from them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "visibility_change",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("new_role", sa.Text(), nullable=False),
        sa.Column("node_type", sa.Text(), nullable=False),
        sa.Column("viewers_before", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("viewers_after", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("was_unpublished", sa.Boolean(), nullable=False),
        sa.Column("is_unpublished", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "seq", "node_id", "new_role"),
    )
    op.create_index("visibility_change_node", "visibility_change", ["organization_id", "node_id", "seq"])


def downgrade() -> None:
    op.drop_table("visibility_change")
