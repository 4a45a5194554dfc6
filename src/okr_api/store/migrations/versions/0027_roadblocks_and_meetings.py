"""Objectives and key results have roadblocks; teams record meetings, with decisions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TYPES = "'DEPENDENCY', 'RESOURCE', 'DECISION', 'TECHNICAL', 'PRIORITY', 'EXTERNAL', 'OTHER'"
PERSON = ("owner_id", "person")
OBJECTIVE, KEY_RESULT = ("objective_id", "objective"), ("key_result_id", "key_result")
REFERRED = {
    "roadblock": (OBJECTIVE, KEY_RESULT, PERSON, ("escalated_to_id", "person")),
    "meeting": (("team_id", "team"), ("cycle_id", "cycle")),
    "decision": (OBJECTIVE, KEY_RESULT, ("meeting_id", "meeting"), PERSON),
}
CHECKS = {
    "roadblock": {
        "roadblock_type": f"type in ({TYPES})",
        "roadblock_state": "state in ('OPEN', 'RESOLVED')",
        "roadblock_of_one": "num_nonnulls(objective_id, key_result_id) = 1",
        "roadblock_resolved": "(state = 'RESOLVED') = (resolved_at is not null)",
    },
    "meeting": {},
    "decision": {
        "decision_state": "state in ('OPEN', 'DONE', 'DROPPED')",
        "decision_about_one": "num_nonnulls(objective_id, key_result_id) <= 1",
    },
}
INDEXED = {
    "roadblock": {name: [f"{name}_id"] for name in ("objective", "key_result", "owner")},
    "meeting": {"team": ["team_id", "held_at"], "cycle": ["cycle_id", "held_at"]},
    "decision": {name: [f"{name}_id"] for name in ("objective", "key_result", "meeting", "owner")},
}
NODE_TYPES = "'ROADBLOCK', 'MEETING', 'DECISION'"
# The release before does not know changes of these: they stay as edits of the organisation.
LIST_ANEW = f"""
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type in ({NODE_TYPES})
"""
FORGET = f"""
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type in ({NODE_TYPES})
"""


def text(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def id_of(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def own_columns(table: str) -> list[sa.Column[object]]:
    """Return the columns that only this table has."""
    if table == "roadblock":
        return [
            text("title", nullable=False),
            id_of("objective_id"),
            id_of("key_result_id"),
            text("description"),
            text("type", nullable=False),
            id_of("owner_id"),
            text("next_action"),
            sa.Column("due_on", sa.Date(), nullable=True),
            id_of("escalated_to_id"),
            text("escalation_reason"),
            text("state", nullable=False),
            text("resolution"),
            instant("resolved_at"),
        ]
    if table == "meeting":
        return [
            id_of("team_id", nullable=False),
            id_of("cycle_id", nullable=False),
            instant("held_at", nullable=False),
            text("notes"),
            sa.Column("attendee_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        ]
    return [
        text("text", nullable=False),
        id_of("objective_id"),
        id_of("key_result_id"),
        id_of("meeting_id"),
        id_of("owner_id"),
        sa.Column("due_on", sa.Date(), nullable=True),
        text("state", nullable=False),
    ]


def columns(table: str) -> list[sa.Column[object]]:
    return [
        id_of("organization_id", nullable=False),
        id_of("id", nullable=False),
        text("external_id"),
        *own_columns(table),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def upgrade() -> None:
    for table, referred in REFERRED.items():
        op.create_table(
            table,
            *columns(table),
            *(sa.CheckConstraint(rule, name=name) for name, rule in CHECKS[table].items()),
            sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
            *(inside(*each) for each in referred),
            sa.PrimaryKeyConstraint("organization_id", "id"),
            sa.UniqueConstraint("organization_id", "external_id", name=f"{table}_external_id"),
        )
        for name, own in INDEXED[table].items():
            op.create_index(f"{table}_{name}", table, ["organization_id", *own, "id"])
        op.create_table(
            f"{table}_version",
            *columns(table),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            instant("recorded_at", nullable=False),
            inside("id", table),
            sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
        )


def downgrade() -> None:
    op.execute(LIST_ANEW)
    op.execute(FORGET)
    for table in reversed(REFERRED):
        op.drop_table(f"{table}_version")
        op.drop_table(table)
