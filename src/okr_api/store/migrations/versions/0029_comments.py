"""Objectives, key results and check-ins have comments and reactions; people follow."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# By table: the tables that its columns refer to, and those of them of which one has the node that it is on.
REFERRED = {
    "comment": {
        "author_person_id": "person",
        "objective_id": "objective",
        "key_result_id": "key_result",
        "check_in_id": "check_in",
        "parent_id": "comment",
    },
    "reaction": {
        "person_id": "person",
        "objective_id": "objective",
        "key_result_id": "key_result",
        "check_in_id": "check_in",
        "comment_id": "comment",
    },
    "follow": {
        "person_id": "person",
        "objective_id": "objective",
        "key_result_id": "key_result",
        "team_id": "team",
    },
}
ON = {
    "comment": ("objective_id", "key_result_id", "check_in_id"),
    "reaction": ("objective_id", "key_result_id", "check_in_id", "comment_id"),
    "follow": ("objective_id", "key_result_id", "team_id"),
}
# The release before does not know changes of these: they stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type in ('COMMENT', 'REACTION', 'FOLLOW')
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type in ('COMMENT', 'REACTION', 'FOLLOW')
"""


def columns(table: str) -> list[sa.Column[Any]]:
    own: dict[str, list[sa.Column[Any]]] = {
        "comment": [
            sa.Column("text", sa.Text(), nullable=False),
            sa.Column("author_name", sa.Text(), nullable=False),
            sa.Column("author_person_id", sa.Uuid(), nullable=True),
            *(sa.Column(name, sa.Uuid(), nullable=True) for name in ON["comment"]),
            sa.Column("parent_id", sa.Uuid(), nullable=True),
            sa.Column("mention_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        ],
        "reaction": [
            sa.Column("emoji", sa.Text(), nullable=False),
            sa.Column("person_id", sa.Uuid(), nullable=False),
            *(sa.Column(name, sa.Uuid(), nullable=True) for name in ON["reaction"]),
        ],
        "follow": [
            sa.Column("person_id", sa.Uuid(), nullable=False),
            *(sa.Column(name, sa.Uuid(), nullable=True) for name in ON["follow"]),
            sa.Column("is_following", sa.Boolean(), nullable=False),
        ],
    }
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        *own[table],
        sa.Column("version", sa.Integer(), nullable=False),
        *([] if table == "follow" else [sa.Column("removed", sa.Boolean(), nullable=False)]),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    at_the_end = table == "check_in"
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", f"{table}.id"],
        name=f"{column}_inside",
        deferrable=at_the_end or None,
        initially="DEFERRED" if at_the_end else None,
    )


def upgrade() -> None:
    for table, referred in REFERRED.items():
        op.create_table(
            table,
            *columns(table),
            sa.CheckConstraint(f"num_nonnulls({', '.join(ON[table])}) = 1", name=f"{table}_on_one"),
            sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
            *(inside(column, other) for column, other in referred.items()),
            sa.PrimaryKeyConstraint("organization_id", "id"),
            sa.UniqueConstraint("organization_id", "external_id", name=f"{table}_external_id"),
        )
        for column in referred:
            if column != "person_id":
                name = f"{table}_{column.removesuffix('_id')}"
                op.create_index(name, table, ["organization_id", column, "id"])
        op.create_table(
            f"{table}_version",
            *columns(table),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
            inside("id", table),
            sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
        )
    op.create_index(
        "reaction_once",
        "reaction",
        ["organization_id", "person_id", "emoji", *ON["reaction"]],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("not removed"),
    )
    op.create_index(
        "follow_once",
        "follow",
        ["organization_id", "person_id", *ON["follow"]],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.execute(LIST_ANEW)
    op.execute(FORGET)
    for table in ("follow", "reaction", "comment"):
        op.drop_table(f"{table}_version")
        op.drop_table(table)
