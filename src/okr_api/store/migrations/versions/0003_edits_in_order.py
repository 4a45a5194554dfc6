"""The latest edit of a plan is found at once, however many check-ins followed it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "change_edits",
        "change",
        ["organization_id", "seq"],
        unique=False,
        postgresql_where=sa.text("kind not in ('CHECK_IN_RECORDED', 'CHECK_IN_RETRACTED')"),
    )


def downgrade() -> None:
    op.drop_index("change_edits", table_name="change")
