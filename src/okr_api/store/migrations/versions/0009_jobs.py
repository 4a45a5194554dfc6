"""Background jobs: when each was done, and the idempotency records that are over are found at once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("idempotency_recorded_at", "idempotency", ["recorded_at"], unique=False)


def downgrade() -> None:
    op.drop_index("idempotency_recorded_at", table_name="idempotency")
    op.drop_table("job")
