"""Organisations switch coaching rules off, and titles of objectives are found by their words."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("organization", "organization_version")
TITLE_WORDS = """
    create index objective_title_words on objective
    using gin (to_tsvector('simple', translate(title, './_-@:~+<>&;,''', '              ')))
    with (fastupdate = off)
"""


def upgrade() -> None:
    for table in TABLES:
        rules_off: sa.Column[list[str]] = sa.Column(
            "coaching_rules_off", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        )
        op.add_column(table, rules_off)
        op.alter_column(table, "coaching_rules_off", server_default=None)
    op.execute(TITLE_WORDS)


def downgrade() -> None:
    op.execute("drop index objective_title_words")
    for table in TABLES:
        op.drop_column(table, "coaching_rules_off")
