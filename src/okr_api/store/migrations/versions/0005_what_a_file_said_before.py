"""Tell what of a file a check-in was imported as by a column; revoke the tokens of people who have left."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Until now a suffix of the external id told it.
CURRENTS = r"""
    update check_in set imported_as = '\:current', external_id = null
    where author_name = 'okr-api import' and external_id ~ '\:current(~[0-9]+)?$'
"""
ROWS = r"""
    update check_in later
    set imported_as = regexp_replace(later.external_id, '~[0-9]+$', ''), external_id = null
    from check_in first
    where later.author_name = 'okr-api import' and later.external_id ~ '~[0-9]+$'
        and first.organization_id = later.organization_id and first.key_result_id = later.key_result_id
        and first.external_id = regexp_replace(later.external_id, '~[0-9]+$', '')
"""
TOKENS = """
    update token set revoked_at = clock_timestamp() from person
    where person.organization_id = token.organization_id and person.id = token.person_id
        and not person.active and token.revoked_at is null
"""


def upgrade() -> None:
    op.add_column("check_in", sa.Column("imported_as", sa.Text(), nullable=True))
    op.create_index(
        "check_in_imported_as",
        "check_in",
        ["organization_id", "imported_as", "key_result_id"],
        unique=False,
        postgresql_where=sa.text("imported_as is not null"),
    )
    op.execute(CURRENTS)
    op.execute(ROWS)
    op.execute(TOKENS)


def downgrade() -> None:
    op.drop_index("check_in_imported_as", table_name="check_in")
    op.drop_column("check_in", "imported_as")
