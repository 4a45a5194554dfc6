"""Lists come in order: the objectives of a cycle, a team or an owner, and key results, by their ids."""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (
    ("objective_cycle", "objective", "cycle_id"),
    ("objective_team", "objective", "team_id"),
    ("objective_owner", "objective", "owner_id"),
    ("key_result_objective", "key_result", "objective_id"),
    ("key_result_owner", "key_result", "owner_id"),
)


def upgrade() -> None:
    for name, table, column in INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["organization_id", column, "id"], unique=False)


def downgrade() -> None:
    for name, table, column in INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["organization_id", column], unique=False)
