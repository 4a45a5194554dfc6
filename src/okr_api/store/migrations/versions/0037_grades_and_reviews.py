"""Grades of key results and objectives, and their final scores; so far these are the computed ones."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0037"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GRADED = ("key_result", "key_result_version", "objective", "objective_version")
FINAL = {"key_result": ("final_score",), "objective": ("final_score", "final_floor")}
COMPUTED = {
    "key_result": "final_score = score_at_end",
    "objective": "final_score = score_at_end, final_floor = score_floor",
}
# The release before does not know grades: their changes stay as edits of what was graded.
FORGET = """
    update change set kind = node_type || '_UPDATED'
    where kind in ('OBJECTIVE_GRADED', 'KEY_RESULT_GRADED')
"""


def upgrade() -> None:
    for table in GRADED:
        op.add_column(table, sa.Column("grade", JSONB(), nullable=True))
    for table, columns in FINAL.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Double(), nullable=True))
        op.execute(f"update {table} set {COMPUTED[table]} where score_at_end is not null")
        for column in columns:
            op.create_check_constraint(f"{table}_{column}", table, f"{column} between 0 and 1")


def downgrade() -> None:
    op.execute(FORGET)
    for table, columns in FINAL.items():
        for column in columns:
            op.drop_column(table, column)
    for table in GRADED:
        op.drop_column(table, "grade")
