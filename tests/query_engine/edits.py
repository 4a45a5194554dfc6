"""Random edits of a random organisation, each one change of its feed, to be made while others read."""

from random import Random
from typing import Any
from uuid import UUID

from okr_api.okr.entities import ENTITIES
from okr_api.okr.policy import ObjectiveVisibility
from okr_api.store.bulk_write import Postgres
from okr_api.store.change_nodes import repair_listing
from okr_api.store.database import Database
from tests.query_engine.law import State
from tests.query_engine.naive import whole_tables
from tests.query_engine.naive_visibility import write_audiences

NAMES = ("Ahead", "behind", "50% off", "z", "漢字")
CHANGE = """
    insert into change
    select made.* from change copied, jsonb_populate_record(copied,
        jsonb_build_object('seq', $2::bigint, 'kind', 'OBJECTIVE_UPDATED', 'recorded_at', clock_timestamp())) made
    where copied.organization_id = $1 order by copied.seq desc limit 1
"""
CHECK_IN = """
    insert into check_in
    select made.* from check_in copied, jsonb_populate_record(copied,
        jsonb_build_object('id', gen_random_uuid(), 'external_id', null, 'supersedes_id', null)) made
    where copied.id = $1
"""
ALL = "organization_id = (select organization_id from {table} where id = $1)"
# Each statement with its table and the values that it may set.
EDITS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "update objective set title = $2 where id = $1": ("objective", NAMES),
    "update objective set description = $2, version = version + 1 where " + ALL.format(table="objective"): (
        "objective",
        NAMES,
    ),
    "update key_result set unit = $2, version = version + 1 where " + ALL.format(table="key_result"): (
        "key_result",
        NAMES,
    ),
    "update objective set state = $2, is_dropped_draft = false where id = $1": (
        "objective",
        ("DRAFT", "PUBLISHED", "PAUSED"),
    ),
    "update objective set progress = $2, progress_reason = null where id = $1": ("objective", (0.25, 0.7)),
    "update objective set visibility = $2 where id = $1": ("objective", tuple(map(str, ObjectiveVisibility))),
    "update objective set external_id = $2 where id = $1": ("objective", ("moved", None)),
    "update objective set owner_id = null, team_id = null, description = $2 where id = $1": (
        "objective",
        NAMES,
    ),
    "update objective set priority_ids = '{}', stands_alone_reason = $2 where id = $1": (
        "objective",
        (*NAMES, None),
    ),
    "update key_result set title = $2, weight = weight + 1 where id = $1": ("key_result", NAMES),
    "update key_result set current_value = $2 where id = $1": ("key_result", (1.0, 7.5)),
    "update check_in set note = $2 where id = $1": ("check_in", NAMES),
    "update person set name = $2 where id = $1": ("person", NAMES),
    "update team set name = $2 where id = $1": ("team", NAMES),
    "update team_membership set role = $2 where id = $1": ("team_membership", ("LEAD", "MEMBER")),
    "update absence set note = $2 where id = $1": ("absence", NAMES),
    "update priority set title = $2, rank = rank / 2 where id = $1": ("priority", NAMES),
    "update metric set name = $2 where id = $1": ("metric", NAMES),
    "update metric_reading set note = $2 where id = $1": ("metric_reading", NAMES),
    "update initiative set title = $2 where id = $1": ("initiative", NAMES),
    "update check_in_draft set note = $2 where id = $1": ("check_in_draft", NAMES),
    "update dependency set description = $2 where id = $1": ("dependency", NAMES),
    "update comment set text = $2 where id = $1": ("comment", NAMES),
    "update reaction set removed = not removed where id = $1 and $2 is not null": ("reaction", NAMES),
    "update follow set is_following = not is_following where id = $1 and $2 is not null": ("follow", NAMES),
    "update roadblock set title = $2 where id = $1": ("roadblock", NAMES),
    "update meeting set notes = $2 where id = $1": ("meeting", NAMES),
    "update decision set text = $2 where id = $1": ("decision", NAMES),
    "update experiment set hypothesis = $2 where id = $1": ("experiment", NAMES),
    "update lesson set tags = array[$2] where id = $1": ("lesson", NAMES),
    "update review_record set learned = $2 where id = $1": ("review_record", NAMES),
    "update pulse set questions[1] = $2 where id = $1": ("pulse", NAMES),
    "update cycle set name = $2 where id = $1": ("cycle", NAMES),
    "delete from alignment where child_id = $1 and $2 is not null": ("objective", NAMES),
    CHECK_IN.replace("$1", "$1 and $2 is not null"): ("check_in", NAMES),
}
TYPES = {entity.table: entity.type_name for entity in ENTITIES}


class Edits:
    """Edits one organisation, and keeps its state at each position."""

    def __init__(self, database: Database, organization_id: UUID, state: State, random: Random) -> None:
        self.database = database
        self.organization_id = organization_id
        self.random = random
        self.states = {state.seq: state}

    async def edit(self) -> None:
        """Edit up to three rows in one transaction; sometimes, delete the oldest changes of the feed."""
        latest = max(self.states)
        before, seq = self.states[latest], latest + 1
        oldest_seq = before.oldest_seq + (5 if self.random.random() < 0.2 else 0)
        async with self.database.writing(self.organization_id) as connection:
            head = "update feed_head set seq = $2, tree_seq = $2, plan_seq = $2, oldest_seq = $3 where organization_id = $1"
            await connection.execute(head, self.organization_id, seq, oldest_seq)
            await connection.execute(CHANGE, self.organization_id, seq)
            cut = "delete from change where organization_id = $1 and seq < $2"
            await connection.execute(cut, self.organization_id, oldest_seq)
            await repair_listing(connection, self.organization_id)
            for _ in range(self.random.randint(1, 3)):
                await self._edit_one(connection, before)
            await write_audiences(connection, self.organization_id)
        tables = await whole_tables(self.database, self.organization_id)
        self.states[seq] = State(tables, seq, oldest_seq)

    async def _edit_one(self, connection: Postgres, before: State) -> None:
        statement, (table, values) = self.random.choice(list(EDITS.items()))
        row, value = self.random.choice(before.tables[TYPES[table]]), self.random.choice(values)
        if value == "moved":
            value = f"moved-{self.random.random()}"
        kind = "float8" if "progress = $2" in statement or "current_value = $2" in statement else "text"
        await connection.execute(statement.replace("$2", f"$2::{kind}"), row["id"], value)
