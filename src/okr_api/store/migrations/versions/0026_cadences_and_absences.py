"""Organisations, teams, objectives and key results have cadences; people have absences."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WITH_CADENCE = ("organization", "team", "objective", "key_result")
TABLE = "absence"
# The release before does not know changes of absences: they stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type = 'ABSENCE'
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'ABSENCE'
"""


def columns() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def document(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB(), nullable=True)


def upgrade() -> None:
    for table in WITH_CADENCE:
        op.add_column(table, document("cadence"))
        op.add_column(f"{table}_version", document("cadence"))
    for table in ("organization", "organization_version"):
        op.add_column(table, document("holiday_calendar"))
    op.add_column("objective", document("effective_cadence"))
    op.create_table(
        TABLE,
        *columns(),
        sa.CheckConstraint("starts_on <= ends_on", name="absence_days"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("person_id", "person"),
        inside("delegate_id", "person"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="absence_external_id"),
    )
    op.create_index("absence_person", TABLE, ["organization_id", "person_id", "id"])
    op.create_table(
        f"{TABLE}_version",
        *columns(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        inside("id", TABLE),
        sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
    )


def downgrade() -> None:
    op.execute(LIST_ANEW)
    op.execute(FORGET)
    op.drop_table(f"{TABLE}_version")
    op.drop_table(TABLE)
    op.drop_column("objective", "effective_cadence")
    for table in ("organization", "organization_version"):
        op.drop_column(table, "holiday_calendar")
    for table in WITH_CADENCE:
        op.drop_column(table, "cadence")
        op.drop_column(f"{table}_version", "cadence")
