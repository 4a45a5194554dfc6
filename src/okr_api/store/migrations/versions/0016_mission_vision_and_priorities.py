"""An organisation has a mission, a vision and strategic priorities."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "priority"
TEXTS = ("mission", "vision")
# The release before does not know changes of priorities: they stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type = 'PRIORITY'
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'PRIORITY'
"""


def columns() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("rank", sa.Double(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def upgrade() -> None:
    for table in ("organization", "organization_version"):
        for text in TEXTS:
            op.add_column(table, sa.Column(text, sa.Text(), nullable=True))
    op.create_table(
        TABLE,
        *columns(),
        sa.CheckConstraint("state in ('ACTIVE', 'ARCHIVED')", name="priority_state"),
        sa.CheckConstraint("starts_on <= ends_on", name="priority_days"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("owner_id", "person"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="priority_external_id"),
    )
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
    for table in ("organization", "organization_version"):
        for text in TEXTS:
            op.drop_column(table, text)
