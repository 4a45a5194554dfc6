"""Shadow tables: temporary tables and views that stand before the real ones of the same names.

PostgreSQL looks into `pg_temp` first, so every statement of the service reads them without being changed.
They exist for one connection and are filled in a transaction that is rolled back, so that they stay empty.
"""

from collections.abc import Sequence

from okr_api.okr.entities import ENTITIES

from .tables import metadata

AS_OF_SETTING, SEQ_SETTING = "okr.as_of", "okr.seq"
AS_OF = f"current_setting('{AS_OF_SETTING}')::timestamptz"
SEQ = f"current_setting('{SEQ_SETTING}')::bigint"
# Facts and versions, which are appended and never changed: of the past they are a part of what is there.
RECORDED = ("check_in", "metric_reading", "change")
NUMBERED = ("change_node", "visibility_change")  # by the position of their change alone
VERSIONED = tuple(entity.table for entity in ENTITIES if f"{entity.table}_version" in metadata.tables)
VERSIONS = tuple(f"{table}_version" for table in (*VERSIONED, "alignment"))
# What a mutation reads of an organisation, and what it writes besides: that begins empty in a simulation.
COPIED = (
    *VERSIONED,
    "alignment",
    *VERSIONS,
    "check_in",
    "metric_reading",
    "feed_head",
    "clock_position",
    "pulse_ballot",
)
WRITTEN = (
    "change",
    "change_node",
    "visibility_change",
    "notification",
    "notification_read",
    "idempotency",
    "token",
    "sign_in",
    "webhook",
    "webhook_attempt",
)
SCHEMA = "select relnamespace::regnamespace::text from pg_class where oid = 'organization'::regclass"


def shadow_table(schema: str, name: str) -> str:
    """Return the statement that creates an empty copy of a table, with its indexes."""
    like = f"like {schema}.{name} including defaults including generated including indexes"
    return f"create temporary table {name} ({like})"


def _part(schema: str, name: str, condition: str) -> str:
    return f"create temporary view {name} as select * from {schema}.{name} where {condition}"


def past_tables(schema: str) -> str:
    """Return the statements that create the shadows for reading the past."""
    recorded, numbered = f"recorded_at <= {AS_OF}", f"seq <= {SEQ}"
    return "; ".join(
        [
            *(_part(schema, name, recorded) for name in (*RECORDED, *VERSIONS)),
            *(_part(schema, name, numbered) for name in NUMBERED),
            *(shadow_table(schema, name) for name in (*VERSIONED, "alignment", "feed_head")),
        ]
    )


def simulated_tables(schema: str) -> str:
    """Return the statements that create the shadows for simulating mutations."""
    return "; ".join(shadow_table(schema, name) for name in (*COPIED, *WRITTEN))


def copy_statement(schema: str) -> str:
    """Return the statement that fills the shadows of a simulation with an organisation, `$1`."""
    parts = []
    for name in COPIED:
        table = metadata.tables[name]
        columns = ", ".join(f'"{one.name}"' for one in table.columns if one.computed is None)
        own = "id" if name == "organization" else "organization_id"
        parts.append(f"insert into {name} ({columns}) select {columns} from {schema}.{name} where {own} = $1")
    return with_all(parts)


def with_all(statements: Sequence[str]) -> str:
    """Return one statement that executes all of them, none of which sees what the others write."""
    *first, last = statements
    parts = ", ".join(f"part_{place} as ({statement})" for place, statement in enumerate(first))
    return f"with {parts} {last}"
