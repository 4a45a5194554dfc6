"""Deltas tell confidence, coverage and value as well; those of former changes are unknown."""

from collections.abc import Sequence

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = [f"{name}_{side}" for name in ("confidence", "coverage", "value") for side in ("before", "after")]
UNKNOWN = ", ".join(f"'{name}', null" for name in NAMES)
ADD = f"""
    update change set deltas = (
        select jsonb_agg(jsonb_build_object({UNKNOWN}) || delta order by place)
        from jsonb_array_elements(deltas) with ordinality each(delta, place)
    ) where deltas <> '[]'
"""
REMOVE = f"""
    update change set deltas = (
        select jsonb_agg(delta - '{{{",".join(NAMES)}}}'::text[] order by place)
        from jsonb_array_elements(deltas) with ordinality each(delta, place)
    ) where deltas <> '[]'
"""


def upgrade() -> None:
    op.execute(ADD)


def downgrade() -> None:
    op.execute(REMOVE)
