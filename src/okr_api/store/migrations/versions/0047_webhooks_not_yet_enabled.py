"""Webhooks that are disabled from the start."""

from collections.abc import Sequence

from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FORMER = "'FAILING', 'RECEIVER_IS_GONE', 'OWNER_HAS_LEFT', 'POSITION_IS_LOST', 'SELECTION_IS_INVALID'"


def allow(reasons: str) -> None:
    op.drop_constraint("webhook_disabled_reason", "webhook")
    op.create_check_constraint("webhook_disabled_reason", "webhook", f"disabled_reason in ({reasons})")


def upgrade() -> None:
    allow(f"'NOT_YET_ENABLED', {FORMER}")


def downgrade() -> None:
    op.execute("update webhook set disabled_reason = 'FAILING' where disabled_reason = 'NOT_YET_ENABLED'")
    allow(FORMER)
