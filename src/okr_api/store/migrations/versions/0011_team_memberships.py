"""People are members of teams."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "team_membership"
# The release before does not know changes of memberships: they stay as edits of the organisation.
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type = 'TEAM_MEMBERSHIP'
"""


def columns() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
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
        sa.CheckConstraint("role in ('LEAD', 'MEMBER')", name="team_membership_role"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("person_id", "person"),
        inside("team_id", "team"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="team_membership_external_id"),
    )
    op.create_index(
        "team_membership_once",
        TABLE,
        ["organization_id", "team_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("not removed"),
    )
    op.create_index("team_membership_team", TABLE, ["organization_id", "team_id", "id"])
    op.create_index("team_membership_person", TABLE, ["organization_id", "person_id", "id"])
    op.create_table(
        f"{TABLE}_version",
        *columns(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        inside("id", TABLE),
        sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
    )


def downgrade() -> None:
    op.execute(FORGET)
    op.drop_table(f"{TABLE}_version")
    op.drop_table(TABLE)
