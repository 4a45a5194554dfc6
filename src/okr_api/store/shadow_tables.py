"""Shadow tables: temporary tables and views that stand before the real ones of the same names.

PostgreSQL looks into `pg_temp` first, so every statement of the service reads them without being changed. They
exist for one connection and are filled for one transaction, at the end of which PostgreSQL empties them.
"""

from sqlalchemy import Table

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
SCHEMA = "select relnamespace::regnamespace::text from pg_class where oid = 'organization'::regclass"


def columns_of(table: Table) -> str:
    """Return the names of a table's columns that are written, for a statement."""
    return ", ".join(f'"{column.name}"' for column in table.columns if column.computed is None)


def shadow_table(schema: str, name: str) -> str:
    """Return the statement that creates an empty copy of a table, with its indexes."""
    like = f"like {schema}.{name} including defaults including generated including indexes"
    return f"create temporary table {name} ({like}) on commit delete rows"


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
