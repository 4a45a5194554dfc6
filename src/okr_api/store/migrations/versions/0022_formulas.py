"""Key results can have a formula: the sum or the mean of other key results."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DEFINED = ("key_result", "key_result_version")


def upgrade() -> None:
    for table in DEFINED:
        op.add_column(table, sa.Column("formula_function", sa.Text(), nullable=True))
        op.add_column(
            table,
            sa.Column("formula_part_ids", ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")),
        )
        op.alter_column(table, "formula_part_ids", server_default=None)
    op.create_check_constraint(
        "key_result_formula_function", "key_result", "formula_function in ('SUM', 'MEAN')"
    )
    op.create_check_constraint(
        "key_result_formula_parts",
        "key_result",
        "(formula_function is null) = (cardinality(formula_part_ids) = 0)",
    )
    is_formula = sa.text("formula_function is not null")
    op.create_index(
        "key_result_formula", "key_result", ["organization_id", "id"], postgresql_where=is_formula
    )
    op.create_index(
        "key_result_formula_parts",
        "key_result",
        ["formula_part_ids"],
        postgresql_using="gin",
        postgresql_where=is_formula,
    )


def downgrade() -> None:
    for table in DEFINED:
        op.drop_column(table, "formula_part_ids")
        op.drop_column(table, "formula_function")
