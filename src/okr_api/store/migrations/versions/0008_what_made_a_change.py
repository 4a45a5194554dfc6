"""A change tells by which token and request it was made, and takes any kind that a release knows."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name in ("change_kind", "change_node_type"):
        op.execute(f"alter table change drop constraint if exists {name}")
    op.add_column("change", sa.Column("token_id", sa.Uuid(), nullable=True))
    op.add_column("change", sa.Column("request_id", sa.Text(), nullable=True))


def downgrade() -> None:
    # The checks stay away: a later release may have recorded kinds that this one does not know.
    op.drop_column("change", "request_id")
    op.drop_column("change", "token_id")
