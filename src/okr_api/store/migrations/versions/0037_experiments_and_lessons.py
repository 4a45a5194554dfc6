"""Key results have experiments, objectives and key results have lessons; both are discussed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PERSON, KEY_RESULT = ("owner_id", "person"), ("key_result_id", "key_result")
REFERRED = {
    "experiment": (KEY_RESULT, PERSON),
    "lesson": (("objective_id", "objective"), KEY_RESULT, ("experiment_id", "experiment"), PERSON),
}
CHECKS = {
    "experiment": {
        "experiment_state": "state in ('PLANNED', 'RUNNING', 'CONCLUDED', 'ABANDONED')",
        "experiment_outcome": "outcome in ('CONFIRMED', 'REFUTED', 'INCONCLUSIVE')",
        "experiment_concluded": "(state = 'CONCLUDED') = (outcome is not null)",
        "experiment_over": "(state = 'CONCLUDED' or state = 'ABANDONED') = (ended_on is not null)",
        "experiment_days": "started_on <= ended_on",
    },
    "lesson": {
        "lesson_of_one": "num_nonnulls(objective_id, key_result_id) = 1",
        "lesson_from_one": "num_nonnulls(experiment_id, check_in_id) <= 1",
    },
}
INDEXED = {
    "experiment": ("key_result", "owner"),
    "lesson": ("objective", "key_result", "experiment", "check_in", "owner"),
}
WORDS = {"en": "english", "de": "german"}
LESSON_WORDS = (
    "setweight(to_tsvector('{configuration}', title), 'A')"
    " || setweight(to_tsvector('{configuration}', coalesce(text, '')), 'B')"
)
LESSON_INDEX = "create index lesson_{column} on lesson using gin ({column}) with (fastupdate = off)"
DISCUSSED = ("objective_id", "key_result_id", "check_in_id", "roadblock_id", "decision_id")
ON = {"comment": DISCUSSED, "reaction": (*DISCUSSED, "comment_id")}
ADDED = {"experiment_id": "experiment", "lesson_id": "lesson"}
# The release before knows neither experiments and lessons nor what is on them: they are taken away, and their
# changes stay as edits of the organisation.
GONE = {
    "reaction": """
        create temporary table gone on commit drop as
        select felt.id from reaction felt
        left join comment remark
            on remark.organization_id = felt.organization_id and remark.id = felt.comment_id
        where num_nonnulls(felt.experiment_id, felt.lesson_id, remark.experiment_id, remark.lesson_id) > 0
    """,
    "comment": """
        create temporary table gone on commit drop as
        select id from comment where num_nonnulls(experiment_id, lesson_id) > 0
    """,
    "lesson": "create temporary table gone on commit drop as select id from lesson",
    "experiment": "create temporary table gone on commit drop as select id from experiment",
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


def text(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def id_of(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=True)


def own_columns(table: str) -> list[sa.Column[object]]:
    """Return the columns that only this table has."""
    if table == "experiment":
        return [
            text("hypothesis", nullable=False),
            id_of("key_result_id", nullable=False),
            text("what_changes"),
            sa.Column("expected_value", sa.Double(), nullable=True),
            day("expected_by"),
            id_of("owner_id"),
            text("state", nullable=False),
            day("started_on"),
            day("ended_on"),
            text("outcome"),
            text("conclusion"),
        ]
    return [
        text("title", nullable=False),
        id_of("objective_id"),
        id_of("key_result_id"),
        id_of("experiment_id"),
        id_of("check_in_id"),
        text("text"),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        id_of("owner_id"),
        sa.Column("carry_forward", sa.Boolean(), nullable=False),
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


def inside(column: str, table: str, *, at_the_end: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", f"{table}.id"],
        name=f"{column}_inside",
        deferrable=at_the_end or None,
        initially="DEFERRED" if at_the_end else None,
    )


def react_once(on: Sequence[str]) -> None:
    op.create_index(
        "reaction_once",
        "reaction",
        ["organization_id", "person_id", "emoji", *on],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("not removed"),
    )


def create_tables() -> None:
    for table, referred in REFERRED.items():
        late = [inside("check_in_id", "check_in", at_the_end=True)] if table == "lesson" else []
        op.create_table(
            table,
            *columns(table),
            *(sa.CheckConstraint(rule, name=name) for name, rule in CHECKS[table].items()),
            sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
            *(inside(*each) for each in referred),
            *late,
            sa.PrimaryKeyConstraint("organization_id", "id"),
            sa.UniqueConstraint("organization_id", "external_id", name=f"{table}_external_id"),
        )
        for name in INDEXED[table]:
            op.create_index(f"{table}_{name}", table, ["organization_id", f"{name}_id", "id"])
        op.create_table(
            f"{table}_version",
            *columns(table),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
            inside("id", table),
            sa.PrimaryKeyConstraint("organization_id", "id", "seq"),
        )
    for language, configuration in WORDS.items():
        words = sa.Computed(LESSON_WORDS.format(configuration=configuration), persisted=True)
        op.add_column("lesson", sa.Column(f"words_{language}", postgresql.TSVECTOR(), words))
        op.execute(LESSON_INDEX.format(column=f"words_{language}"))
    op.execute(LESSON_INDEX.format(column="tags"))


def upgrade() -> None:
    create_tables()
    on = {table: (*DISCUSSED, *ADDED, *ON[table][len(DISCUSSED) :]) for table in ON}
    for table in on:
        for versions in ("", "_version"):
            for column in ADDED:
                op.add_column(f"{table}{versions}", sa.Column(column, sa.Uuid(), nullable=True))
        op.drop_constraint(f"{table}_on_one", table)
        op.create_check_constraint(f"{table}_on_one", table, f"num_nonnulls({', '.join(on[table])}) = 1")
        for column, other in ADDED.items():
            op.create_foreign_key(
                f"{column}_inside", table, other, ["organization_id", column], ["organization_id", "id"]
            )
            op.create_index(f"{table}_{other}", table, ["organization_id", column, "id"])
    op.drop_index("reaction_once", "reaction")
    react_once(on["reaction"])


def downgrade() -> None:
    op.drop_index("reaction_once", "reaction")
    for table in ("reaction", "comment"):
        forget(table)
        op.execute(f"delete from {table}_version where id in (select id from gone)")
        op.execute(f"delete from {table} where id in (select id from gone)")
        op.execute("drop table gone")
        op.drop_constraint(f"{table}_on_one", table)
        for versions in ("", "_version"):
            for column in ADDED:
                op.drop_column(f"{table}{versions}", column)
        op.create_check_constraint(f"{table}_on_one", table, f"num_nonnulls({', '.join(ON[table])}) = 1")
    react_once(ON["reaction"])
    for table in reversed(REFERRED):
        forget(table)
        op.execute("drop table gone")
        op.drop_table(f"{table}_version")
        op.drop_table(table)


def forget(table: str) -> None:
    """Leave the ids of what is taken away in `gone`, and make its changes edits of the organisation."""
    op.execute(GONE[table])
    op.execute(LIST_ANEW)
    op.execute(FORGET)
