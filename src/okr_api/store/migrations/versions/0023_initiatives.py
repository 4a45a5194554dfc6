"""Objectives and key results have initiatives."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "initiative"
# The release before does not know changes of initiatives: they stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type = 'INITIATIVE'
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'INITIATIVE'
"""


def columns() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Uuid(), nullable=True),
        sa.Column("key_result_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def upgrade() -> None:
    op.create_table(
        TABLE,
        *columns(),
        sa.CheckConstraint("state in ('TODO', 'DOING', 'DONE', 'DROPPED')", name="initiative_state"),
        sa.CheckConstraint("num_nonnulls(objective_id, key_result_id) = 1", name="initiative_of_one"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("owner_id", "person"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="initiative_external_id"),
    )
    for column in ("objective_id", "key_result_id", "owner_id"):
        op.create_index(f"initiative_{column.removesuffix('_id')}", TABLE, ["organization_id", column, "id"])
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
