"""A dropped objective tells whether it was ever published; one that was not stays hidden."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# One that was imported as dropped has no version as a draft, and was visible: it stays so.
DROPPED_DRAFT_VERSIONS = """
    update objective_version dropped set is_dropped_draft = true
    where dropped.state = 'DROPPED' and 'DRAFT' = (
        select earlier.state from objective_version earlier
        where earlier.organization_id = dropped.organization_id and earlier.id = dropped.id
            and earlier.seq < dropped.seq and earlier.state <> 'DROPPED'
        order by earlier.seq desc limit 1)
"""
DROPPED_DRAFTS = """
    update objective set is_dropped_draft = true
    where state = 'DROPPED' and true = (
        select latest.is_dropped_draft from objective_version latest
        where latest.organization_id = objective.organization_id and latest.id = objective.id
        order by latest.seq desc limit 1)
"""


def upgrade() -> None:
    for table in ("objective", "objective_version"):
        op.add_column(
            table, sa.Column("is_dropped_draft", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(DROPPED_DRAFT_VERSIONS)
    op.execute(DROPPED_DRAFTS)
    op.create_check_constraint(
        "objective_is_dropped_draft", "objective", "not is_dropped_draft or state = 'DROPPED'"
    )


def downgrade() -> None:
    op.drop_constraint("objective_is_dropped_draft", "objective", type_="check")
    for table in ("objective_version", "objective"):
        op.drop_column(table, "is_dropped_draft")
