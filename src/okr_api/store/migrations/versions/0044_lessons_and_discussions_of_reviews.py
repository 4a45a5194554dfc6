"""Reviews have lessons, comments and reactions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ADDED = "review_record_id"
DISCUSSED = (
    "objective_id",
    "key_result_id",
    "check_in_id",
    "roadblock_id",
    "decision_id",
    "experiment_id",
    "lesson_id",
)
ON = {"comment": DISCUSSED, "reaction": (*DISCUSSED, "comment_id")}
FROM = ("experiment_id", "check_in_id")
# The release before does not know what is on reviews: it is taken away, and its changes stay as edits of the
# organisation. Lessons of reviews stay, as lessons of their objectives.
GONE = {
    "reaction": """
        create temporary table gone on commit drop as
        select felt.id from reaction felt
        left join comment remark
            on remark.organization_id = felt.organization_id and remark.id = felt.comment_id
        where num_nonnulls(felt.review_record_id, remark.review_record_id) > 0
    """,
    "comment": """
        create temporary table gone on commit drop as
        select id from comment where review_record_id is not null
    """,
}
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_id in (select id from gone)
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_id in (select id from gone)
"""


def react_once(on: Sequence[str]) -> None:
    op.create_index(
        "reaction_once",
        "reaction",
        ["organization_id", "person_id", "emoji", *on],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("not removed"),
    )


def refer_to_reviews(table: str) -> None:
    """Add the column of the review, with its index, to a table and its versions."""
    for versions in ("", "_version"):
        op.add_column(f"{table}{versions}", sa.Column(ADDED, sa.Uuid(), nullable=True))
    op.create_foreign_key(
        f"{ADDED}_inside", table, "review_record", ["organization_id", ADDED], ["organization_id", "id"]
    )
    op.create_index(f"{table}_review_record", table, ["organization_id", ADDED, "id"])


def upgrade() -> None:
    refer_to_reviews("lesson")
    op.drop_constraint("lesson_from_one", "lesson")
    op.create_check_constraint("lesson_from_one", "lesson", f"num_nonnulls({', '.join((*FROM, ADDED))}) <= 1")
    on = {table: (*DISCUSSED, ADDED, *ON[table][len(DISCUSSED) :]) for table in ON}
    for table in on:
        refer_to_reviews(table)
        op.drop_constraint(f"{table}_on_one", table)
        op.create_check_constraint(f"{table}_on_one", table, f"num_nonnulls({', '.join(on[table])}) = 1")
    op.drop_index("reaction_once", "reaction")
    react_once(on["reaction"])


def downgrade() -> None:
    op.drop_index("reaction_once", "reaction")
    for table in ("reaction", "comment"):
        op.execute(GONE[table])
        op.execute(LIST_ANEW)
        op.execute(FORGET)
        op.execute(f"delete from {table}_version where id in (select id from gone)")
        op.execute(f"delete from {table} where id in (select id from gone)")
        op.execute("drop table gone")
        op.drop_constraint(f"{table}_on_one", table)
        for versions in ("", "_version"):
            op.drop_column(f"{table}{versions}", ADDED)
        op.create_check_constraint(f"{table}_on_one", table, f"num_nonnulls({', '.join(ON[table])}) = 1")
    react_once(ON["reaction"])
    for versions in ("", "_version"):  # with its constraint
        op.drop_column(f"lesson{versions}", ADDED)
    op.create_check_constraint("lesson_from_one", "lesson", f"num_nonnulls({', '.join(FROM)}) <= 1")
