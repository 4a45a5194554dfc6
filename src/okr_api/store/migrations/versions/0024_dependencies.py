"""Objectives and key results have dependencies on other teams."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "dependency"
REFERRED = {
    "giving_team_id": "team",
    "needing_objective_id": "objective",
    "needing_key_result_id": "key_result",
    "giving_objective_id": "objective",
    "giving_key_result_id": "key_result",
    "owner_id": "person",
}
INDEXED = ("giving_team_id", "needing_objective_id", "needing_key_result_id", "owner_id")
# The release before does not know changes of dependencies: they stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type = 'DEPENDENCY'
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'DEPENDENCY'
"""


def columns() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("giving_team_id", sa.Uuid(), nullable=False),
        sa.Column("needing_objective_id", sa.Uuid(), nullable=True),
        sa.Column("needing_key_result_id", sa.Uuid(), nullable=True),
        sa.Column("giving_objective_id", sa.Uuid(), nullable=True),
        sa.Column("giving_key_result_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
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
        sa.CheckConstraint("state in ('OPEN', 'AGREED', 'DELIVERED', 'FAILED')", name="dependency_state"),
        sa.CheckConstraint(
            "num_nonnulls(needing_objective_id, needing_key_result_id) = 1", name="dependency_needing_one"
        ),
        sa.CheckConstraint(
            "num_nonnulls(giving_objective_id, giving_key_result_id) <= 1", name="dependency_giving_one"
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        *(inside(column, table) for column, table in REFERRED.items()),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="dependency_external_id"),
    )
    for column in INDEXED:
        op.create_index(f"dependency_{column.removesuffix('_id')}", TABLE, ["organization_id", column, "id"])
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
