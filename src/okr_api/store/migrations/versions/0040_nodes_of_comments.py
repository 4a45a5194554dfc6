"""Comments have the objective or key result that they are about, by which their authors follow it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ABOUT = """
    update comment remark set about_id = found.id
    from (
        select comment.organization_id, comment.id as comment_id,
            coalesce(
                comment.key_result_id, comment.objective_id, said.key_result_id, said.objective_id,
                blocked.key_result_id, blocked.objective_id, decided.key_result_id, decided.objective_id,
                tried.key_result_id, learned.key_result_id, learned.objective_id
            ) as id
        from comment
        left join check_in said
            on said.organization_id = comment.organization_id and said.id = comment.check_in_id
        left join roadblock blocked
            on blocked.organization_id = comment.organization_id and blocked.id = comment.roadblock_id
        left join decision decided
            on decided.organization_id = comment.organization_id and decided.id = comment.decision_id
        left join experiment tried
            on tried.organization_id = comment.organization_id and tried.id = comment.experiment_id
        left join lesson learned
            on learned.organization_id = comment.organization_id and learned.id = comment.lesson_id
    ) found
    where remark.organization_id = found.organization_id and remark.id = found.comment_id
"""


def upgrade() -> None:
    op.add_column("comment", sa.Column("about_id", sa.Uuid(), nullable=True))
    op.execute(ABOUT)
    op.create_index("comment_about", "comment", ["organization_id", "about_id", "id"])


def downgrade() -> None:
    op.drop_index("comment_about", "comment")
    op.drop_column("comment", "about_id")
