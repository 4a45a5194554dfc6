"""Keep on the head of a feed which change was the latest to move a tree, and which to edit a plan."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = (("tree", "seq"), ("tree", "recorded_at"), ("plan", "seq"), ("plan", "recorded_at"))


def upgrade() -> None:
    for name, source in COLUMNS:
        type_ = sa.BigInteger() if source == "seq" else sa.DateTime(timezone=True)
        op.add_column("feed_head", sa.Column(f"{name}_{source}", type_, nullable=True))
        op.execute(f"update feed_head set {name}_{source} = {source}")
        op.alter_column("feed_head", f"{name}_{source}", nullable=False)
    op.drop_index("change_edits", table_name="change")


def downgrade() -> None:
    op.create_index(
        "change_edits",
        "change",
        ["organization_id", "seq"],
        unique=False,
        postgresql_where=sa.text("kind not in ('CHECK_IN_RECORDED', 'CHECK_IN_RETRACTED')"),
    )
    for name, source in COLUMNS:
        op.drop_column("feed_head", f"{name}_{source}")
