"""Key results have a role, a way to judge limits, revisions of their target, labels and who checks in."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DEFINED = ("key_result", "key_result_version")
DEFINITION = (
    "judged_by",
    "role",
    "broken_budget",
    "check_in_owner_id",
    "start_confidence",
    "labels",
    "target_revisions",
)
NUMBERS = ("held_share_at_end", "original_progress", "original_score_at_end")


def upgrade() -> None:
    for table in DEFINED:
        op.add_column(table, sa.Column("judged_by", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("role", sa.Text(), nullable=False, server_default="DRIVER"))
        op.add_column(table, sa.Column("broken_budget", sa.Double(), nullable=True))
        op.add_column(table, sa.Column("check_in_owner_id", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("start_confidence", sa.Double(), nullable=True))
        op.add_column(table, sa.Column("labels", ARRAY(sa.Text()), nullable=False, server_default="{}"))
        op.add_column(table, sa.Column("target_revisions", JSONB(), nullable=False, server_default="[]"))
        for name in ("role", "labels", "target_revisions"):
            op.alter_column(table, name, server_default=None)
    for name in NUMBERS:
        op.add_column("key_result", sa.Column(name, sa.Double(), nullable=True))
    op.add_column(
        "objective", sa.Column("guard_rail_broken", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("objective", "guard_rail_broken", server_default=None)
    op.create_check_constraint("key_result_role", "key_result", "role in ('DRIVER', 'GUARD_RAIL')")
    op.create_check_constraint("key_result_judged_by", "key_result", "judged_by in ('LATEST', 'TIME_SHARE')")
    op.create_check_constraint("key_result_broken_budget", "key_result", "broken_budget between 0 and 1")
    op.create_check_constraint(
        "key_result_start_confidence", "key_result", "start_confidence between 0 and 1"
    )
    op.create_foreign_key(
        "check_in_owner_id_inside",
        "key_result",
        "person",
        ["organization_id", "check_in_owner_id"],
        ["organization_id", "id"],
    )
    op.create_index("key_result_check_in_owner", "key_result", ["organization_id", "check_in_owner_id", "id"])


def downgrade() -> None:
    op.drop_column("objective", "guard_rail_broken")
    for name in NUMBERS:
        op.drop_column("key_result", name)
    for table in DEFINED:
        for name in DEFINITION:
            op.drop_column(table, name)
