"""Indexes by which the work of a person is found: mentions, escalated roadblocks, absences to stand in for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("comment_mentions", "comment", ["mention_ids"], postgresql_using="gin")
    op.create_index(
        "roadblock_escalated_to",
        "roadblock",
        ["organization_id", "escalated_to_id", "id"],
        postgresql_where=sa.text("escalated_to_id is not null"),
    )
    op.create_index(
        "absence_delegate",
        "absence",
        ["organization_id", "delegate_id", "id"],
        postgresql_where=sa.text("delegate_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("absence_delegate", "absence")
    op.drop_index("roadblock_escalated_to", "roadblock")
    op.drop_index("comment_mentions", "comment")
