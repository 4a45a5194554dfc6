"""Metrics with readings; key results can be bound to a metric, and check-ins come from its readings."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The release before does not know changes of metrics: they stay as edits of the organisation.
LIST_ANEW = """
    update change_node listed set node_id = listed.organization_id
    from change
    where change.organization_id = listed.organization_id and change.seq = listed.seq
        and change.node_id = listed.node_id and change.node_type in ('METRIC', 'METRIC_READING')
"""
FORGET = """
    update change set kind = 'ORGANIZATION_UPDATED', node_type = 'ORGANIZATION', node_id = organization_id
    where node_type in ('METRIC', 'METRIC_READING')
"""


def definition() -> list[sa.Column[object]]:
    return [
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("better_direction", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
    ]


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def upgrade() -> None:
    op.create_table(
        "metric",
        *definition(),
        sa.CheckConstraint("better_direction in ('UP', 'DOWN', 'NEITHER')", name="metric_better_direction"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("owner_id", "person"),
        inside("team_id", "team"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="metric_external_id"),
    )
    op.create_table(
        "metric_version",
        *definition(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        inside("id", "metric"),
        sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
    )
    readings()
    bindings()


def readings() -> None:
    op.create_table(
        "metric_reading",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("metric_id", sa.Uuid(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_person_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("retraction_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("metric_id", "metric"),
        inside("author_person_id", "person"),
        inside("supersedes_id", "metric_reading"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "external_id", name="metric_reading_external_id"),
    )
    op.create_index(
        "metric_reading_order",
        "metric_reading",
        ["organization_id", "metric_id", "effective_at", "seq", "place"],
    )
    op.create_index(
        "metric_reading_supersedes",
        "metric_reading",
        ["organization_id", "supersedes_id"],
        unique=True,
        postgresql_where=sa.text("supersedes_id is not null"),
    )


def bindings() -> None:
    for table in ("key_result", "key_result_version"):
        op.add_column(table, sa.Column("metric_id", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("metric_from", sa.Date(), nullable=True))
    op.create_foreign_key(
        "metric_id_inside",
        "key_result",
        "metric",
        ["organization_id", "metric_id"],
        ["organization_id", "id"],
    )
    op.create_index(
        "key_result_metric",
        "key_result",
        ["organization_id", "metric_id", "id"],
        postgresql_where=sa.text("metric_id is not null"),
    )
    op.add_column("check_in", sa.Column("metric_reading_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "metric_reading_id_inside",
        "check_in",
        "metric_reading",
        ["organization_id", "metric_reading_id"],
        ["organization_id", "id"],
    )
    op.create_index(
        "check_in_metric_reading",
        "check_in",
        ["organization_id", "metric_reading_id"],
        postgresql_where=sa.text("metric_reading_id is not null"),
    )


def downgrade() -> None:
    op.drop_column("check_in", "metric_reading_id")
    for table in ("key_result", "key_result_version"):
        op.drop_column(table, "metric_id")
        op.drop_column(table, "metric_from")
    op.drop_table("metric_reading")
    op.drop_table("metric_version")
    op.drop_table("metric")
    op.execute(LIST_ANEW)
    op.execute(FORGET)
