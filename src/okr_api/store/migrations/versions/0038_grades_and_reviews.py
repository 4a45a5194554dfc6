"""Grades and reviews of objectives, and final scores; so far these are the computed ones."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GRADED = ("key_result", "key_result_version", "objective", "objective_version")
FINAL = {"key_result": ("final_score",), "objective": ("final_score", "final_floor")}
COMPUTED = {
    "key_result": "final_score = score_at_end where score_at_end is not null",
    "objective": "final_score = score_at_end, final_floor = score_floor where score_floor is not null",
}
TEXTS = ("went_well", "did_not", "learned", "celebration")
DECISIONS = "'ACHIEVED', 'KEEP', 'MODIFY', 'DEFER', 'ABANDON'"
CAUSES = (
    "'UNCLEAR', 'TOO_AMBITIOUS', 'CAPACITY', 'PRIORITIES_CHANGED', 'DEPENDENCY', 'STARTED_LATE', 'TOOK_LONGER',"
    " 'WRONG_ASSUMPTION', 'EXTERNAL', 'MEASUREMENT', 'OTHER'"
)
# The release before knows neither: changes of grades stay as edits of what was graded, and those of reviews as
# edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type = 'REVIEW_RECORD'
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'REVIEW_RECORD'
"""
FORGET_GRADES = """
    update change set kind = node_type || '_UPDATED'
    where kind in ('OBJECTIVE_GRADED', 'KEY_RESULT_GRADED')
"""


def texts() -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=True) for name in TEXTS]


def columns() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        *texts(),
        sa.Column("root_cause", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def create_reviews() -> None:
    op.create_table(
        "review_record",
        *columns(),
        sa.CheckConstraint(f"decision in ({DECISIONS})", name="review_record_decision"),
        sa.CheckConstraint(f"root_cause in ({CAUSES})", name="review_record_root_cause"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("objective_id", "objective"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="review_record_external_id"),
    )
    op.create_index("review_record_objective", "review_record", ["organization_id", "objective_id", "id"])
    op.create_index(
        "review_record_once",
        "review_record",
        ["organization_id", "objective_id"],
        unique=True,
        postgresql_where=sa.text("not removed"),
    )
    op.create_table(
        "review_record_version",
        *columns(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        inside("id", "review_record"),
        sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
    )


def upgrade() -> None:
    create_reviews()
    for table in ("organization", "organization_version"):  # closing goes on as before
        op.add_column(
            table, sa.Column("review_required", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        op.alter_column(table, "review_required", server_default=None)
    for table in GRADED:
        op.add_column(table, sa.Column("grade", JSONB(), nullable=True))
    for table, columns in FINAL.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Double(), nullable=True))
        op.execute(f"update {table} set {COMPUTED[table]}")
        for column in columns:
            op.create_check_constraint(f"{table}_{column}", table, f"{column} between 0 and 1")


def downgrade() -> None:
    op.execute(LIST_ANEW)
    op.execute(FORGET)
    op.execute(FORGET_GRADES)
    for table in ("organization", "organization_version"):
        op.drop_column(table, "review_required")
    op.drop_table("review_record_version")
    op.drop_table("review_record")
    for table, columns in FINAL.items():
        for column in columns:
            op.drop_column(table, column)
    for table in GRADED:
        op.drop_column(table, "grade")
