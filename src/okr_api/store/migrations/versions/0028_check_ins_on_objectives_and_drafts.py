"""Objectives take check-ins of their own, and check-ins can be drafted for others to publish."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ON_OBJECTIVE = sa.text("objective_id is not null")
STATUSES = "status in ('ON_TRACK', 'AT_RISK', 'OFF_TRACK')"
NAMES_OF_REPORT = ("latest_check_in_id", "reported_confidence", "reported_status", "reported_until")
DRAFT = "check_in_draft"
# The release before does not know changes of drafts: they stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type = 'CHECK_IN_DRAFT'
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'CHECK_IN_DRAFT'
"""
# Nor does it know check-ins on objectives; `okr-api recount` brings the statuses of these up to date.
FORGET_REPORTS = "delete from check_in where objective_id is not null"


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def report_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("latest_check_in_id", sa.Uuid(), nullable=True),
        sa.Column("reported_confidence", sa.Float(), nullable=True),
        sa.Column("reported_status", sa.Text(), nullable=True),
        sa.Column("reported_until", sa.DateTime(timezone=True), nullable=True),
    ]


def draft_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_person_id", sa.Uuid(), nullable=True),
        sa.Column("objective_id", sa.Uuid(), nullable=True),
        sa.Column("key_result_id", sa.Uuid(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("milestones_done", ARRAY(sa.Text()), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def upgrade() -> None:
    op.alter_column("check_in", "key_result_id", nullable=True)
    op.add_column("check_in", sa.Column("objective_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "objective_id_inside",
        "check_in",
        "objective",
        ["organization_id", "objective_id"],
        ["organization_id", "id"],
    )
    one_of_both = "num_nonnulls(key_result_id, objective_id) = 1"
    op.create_check_constraint("check_in_of_one", "check_in", one_of_both)
    op.create_index(
        "check_in_objective_order",
        "check_in",
        ["organization_id", "objective_id", "effective_at", "seq", "place"],
        postgresql_where=ON_OBJECTIVE,
    )
    for column in report_columns():
        op.add_column("objective", column)
    op.create_check_constraint("objective_reported_status", "objective", f"reported_{STATUSES}")
    between = "reported_confidence between 0 and 1"
    op.create_check_constraint("objective_reported_confidence", "objective", between)
    _create_drafts()


def _create_drafts() -> None:
    op.create_table(
        DRAFT,
        *draft_columns(),
        sa.CheckConstraint(STATUSES, name="check_in_draft_status"),
        sa.CheckConstraint("confidence between 0 and 1", name="check_in_draft_confidence"),
        sa.CheckConstraint("num_nonnulls(objective_id, key_result_id) = 1", name="check_in_draft_of_one"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("assignee_id", "person"),
        inside("author_person_id", "person"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="check_in_draft_external_id"),
    )
    for name in ("objective", "key_result", "assignee"):
        op.create_index(f"check_in_draft_{name}", DRAFT, ["organization_id", f"{name}_id", "id"])
    op.create_table(
        f"{DRAFT}_version",
        *draft_columns(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        inside("id", DRAFT),
        sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
    )


def downgrade() -> None:
    op.execute(LIST_ANEW)
    op.execute(FORGET)
    op.drop_table(f"{DRAFT}_version")
    op.drop_table(DRAFT)
    op.drop_constraint("objective_reported_confidence", "objective")
    op.drop_constraint("objective_reported_status", "objective")
    for name in NAMES_OF_REPORT:
        op.drop_column("objective", name)
    op.execute(FORGET_REPORTS)
    op.drop_index("check_in_objective_order", "check_in")
    op.drop_constraint("check_in_of_one", "check_in")
    op.drop_constraint("objective_id_inside", "check_in")
    op.drop_column("check_in", "objective_id")
    op.alter_column("check_in", "key_result_id", nullable=False)
