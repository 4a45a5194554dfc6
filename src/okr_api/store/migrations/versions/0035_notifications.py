"""Notifications: whom each change told, what people have read, and of what they want to be told.

Changes from before tell nobody.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SETTINGS = ("notifications_daily", "notifications_off")


def upgrade() -> None:
    for table in ("person", "person_version"):
        for name in SETTINGS:
            reasons: sa.Column[list[str]] = sa.Column(
                name, postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
            )
            op.add_column(table, reasons)
            op.alter_column(table, name, server_default=None)
    op.create_table(
        "notification",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("is_immediate", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "person_id", "seq"),
    )
    op.create_index("notification_change", "notification", ["organization_id", "seq"])
    op.create_table(
        "notification_read",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("read_until", sa.BigInteger(), nullable=False),
        sa.Column("read_apart", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(
            ["organization_id", "person_id"], ["person.organization_id", "person.id"], name="person_id_inside"
        ),
        sa.PrimaryKeyConstraint("organization_id", "person_id"),
    )


def downgrade() -> None:
    op.drop_table("notification_read")
    op.drop_table("notification")
    for table in ("person_version", "person"):
        for name in SETTINGS:
            op.drop_column(table, name)
