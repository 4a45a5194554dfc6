"""Objectives know which dropped one they replace; changes that adjust a strategy are found by an index."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DEFINED = ("objective", "objective_version")
ADJUSTING = (
    "kind in ('OBJECTIVE_PAUSED', 'OBJECTIVE_DROPPED', 'OBJECTIVE_REPLACED', "
    "'KEY_RESULT_PAUSED', 'KEY_RESULT_DROPPED')"
)


def upgrade() -> None:
    for table in DEFINED:
        op.add_column(table, sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "replaces_id_inside",
        "objective",
        "objective",
        ["organization_id", "replaces_id"],
        ["organization_id", "id"],
    )
    op.create_index(
        "objective_replaces",
        "objective",
        ["organization_id", "replaces_id", "id"],
        postgresql_where=sa.text("replaces_id is not null"),
    )
    op.create_index(
        "change_adjustments", "change", ["organization_id", "seq"], postgresql_where=sa.text(ADJUSTING)
    )


def downgrade() -> None:
    op.drop_index("change_adjustments", "change")
    for table in DEFINED:
        op.drop_column(table, "replaces_id")
