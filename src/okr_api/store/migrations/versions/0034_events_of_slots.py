"""Changes of the clock for check-in slots: indexes of the versions that have a cadence.

Existing organisations begin when the clock first asks for them: what was due before is not told.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENTITIES = ("team", "objective", "key_result")

# The release before does not know these changes: they stay as edits of what they name.
FORGET = """
    update change set kind = node_type || '_UPDATED', author_name = 'Clock', due_at = null
    where kind in ('CHECK_IN_DUE', 'CHECK_IN_LATE', 'CHECK_IN_MISSED')
"""


def upgrade() -> None:
    for entity in ENTITIES:
        op.create_index(
            f"{entity}_version_cadence",
            f"{entity}_version",
            ["organization_id"],
            postgresql_where=sa.text("cadence is not null"),
        )


def downgrade() -> None:
    op.execute(FORGET)
    op.execute("delete from clock_position where source = 'slots'")
    for entity in ENTITIES:
        op.drop_index(f"{entity}_version_cadence", f"{entity}_version")
