"""An organisation has a language, and versions of its name, time zone and language."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What an organisation was called before is not known.
PRESENT_VERSIONS = """
    insert into organization_version (organization_id, seq, recorded_at, name, time_zone, language, version)
    select id, 0, created_at, name, time_zone, language, version from organization
"""


def upgrade() -> None:
    op.add_column(
        "organization", sa.Column("language", sa.Text(), nullable=False, server_default=sa.text("'en'"))
    )
    op.alter_column("organization", "language", server_default=None)
    op.create_table(
        "organization_version",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("organization_id", "seq"),
    )
    op.execute(PRESENT_VERSIONS)


def downgrade() -> None:
    op.drop_table("organization_version")
    op.drop_column("organization", "language")
