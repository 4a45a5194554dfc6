"""Roadblocks and decisions have comments and reactions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

RECORDS = {"roadblock_id": "roadblock", "decision_id": "decision"}
ON = {
    "comment": ("objective_id", "key_result_id", "check_in_id"),
    "reaction": ("objective_id", "key_result_id", "check_in_id", "comment_id"),
}
# The release before does not know what is on records: it is taken away, and its changes stay as edits of the
# organisation.
GONE = {
    "reaction": """
        create temporary table gone on commit drop as
        select felt.id from reaction felt
        left join comment remark
            on remark.organization_id = felt.organization_id and remark.id = felt.comment_id
        where num_nonnulls(felt.roadblock_id, felt.decision_id, remark.roadblock_id, remark.decision_id) > 0
    """,
    "comment": """
        create temporary table gone on commit drop as
        select id from comment where num_nonnulls(roadblock_id, decision_id) > 0
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


def upgrade() -> None:
    on = {table: (*ON["comment"], *RECORDS, *ON[table][3:]) for table in ON}
    for table in on:
        for versions in ("", "_version"):
            for column in RECORDS:
                op.add_column(f"{table}{versions}", sa.Column(column, sa.Uuid(), nullable=True))
        op.drop_constraint(f"{table}_on_one", table)
        op.create_check_constraint(f"{table}_on_one", table, f"num_nonnulls({', '.join(on[table])}) = 1")
        for column, other in RECORDS.items():
            op.create_foreign_key(
                f"{column}_inside", table, other, ["organization_id", column], ["organization_id", "id"]
            )
            op.create_index(f"{table}_{other}", table, ["organization_id", column, "id"])
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
            for column in RECORDS:
                op.drop_column(f"{table}{versions}", column)
        op.create_check_constraint(f"{table}_on_one", table, f"num_nonnulls({', '.join(ON[table])}) = 1")
    react_once(ON["reaction"])
