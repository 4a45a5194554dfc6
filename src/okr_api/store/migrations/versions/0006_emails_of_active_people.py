"""The people of an e-mail address are found at once, whatever its case."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "person_email",
        "person",
        ["organization_id", sa.text("lower(email)")],
        unique=False,
        postgresql_where=sa.text("active and email is not null"),
    )


def downgrade() -> None:
    op.drop_index("person_email", table_name="person")
