"""Changes of the clock: when they fell due, up to when they are told, and until when each status was told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Existing organisations begin now: what fell due before is not told.
BEGIN = """
    insert into clock_position (organization_id, source, told_until, seq)
    select organization.id, source, clock_timestamp(), -1
    from organization cross join unnest(array['cycles', 'status']) source
"""

# The release before does not know changes of the clock: they stay as edits of what they name.
FORGET = """
    update change set kind = node_type || '_UPDATED', author_name = 'Clock'
    where kind in ('CYCLE_BEGUN', 'CYCLE_ENDED', 'STATUS_TURNED')
"""


def upgrade() -> None:
    op.add_column("change", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    for table in ("objective", "key_result"):
        op.add_column(table, sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "clock_position",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("organization_id", "source"),
    )
    op.execute(BEGIN)


def downgrade() -> None:
    op.execute(FORGET)
    op.drop_table("clock_position")
    for table in ("key_result", "objective"):
        op.drop_column(table, "announced_at")
    op.drop_column("change", "due_at")
