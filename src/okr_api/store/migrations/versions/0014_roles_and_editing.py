"""People have a role, an organisation says who edits, and a token of a service may see what is private.

Nothing changes for those who are there: an organisation lets everyone edit, a person with an admin token
that is still valid becomes an ADMIN, and all others MEMBERs.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ADMINS = """
    update {table} set role = 'ADMIN' where exists (
        select from token
        where token.organization_id = {table}.organization_id and token.person_id = {table}.id
            and 'admin' = any(token.scopes) and token.revoked_at is null
            and (token.expires_at is null or token.expires_at > now())
    )
"""


def add(table: str, column: sa.Column[object], value: str) -> None:
    """Add a column with a value for the rows that are there; new rows have to name theirs."""
    column.server_default = sa.DefaultClause(sa.text(value))
    op.add_column(table, column)
    op.alter_column(table, column.name, server_default=None)


def upgrade() -> None:
    for table in ("person", "person_version"):
        add(table, sa.Column("role", sa.Text(), nullable=False), "'MEMBER'")
        op.execute(ADMINS.format(table=table))
    op.create_check_constraint("person_role", "person", "role in ('ADMIN', 'MEMBER', 'VIEWER')")
    for table in ("organization", "organization_version"):
        add(table, sa.Column("editing", sa.Text(), nullable=False), "'EVERYONE'")
    op.create_check_constraint(
        "organization_editing", "organization", "editing in ('EVERYONE', 'RESPONSIBLE')"
    )
    add("token", sa.Column("sees_private", sa.Boolean(), nullable=False), "false")


def downgrade() -> None:
    op.drop_column("token", "sees_private")
    for table in ("organization_version", "organization"):
        op.drop_column(table, "editing")
    for table in ("person_version", "person"):
        op.drop_column(table, "role")
