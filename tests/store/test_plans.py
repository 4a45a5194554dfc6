"""Query plans of check-ins: few more rows are read than needed, also with plans made for empty tables."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest

from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine import notifications
from okr_api.query_engine.activity_statements import STATEMENTS, ActivityScope
from okr_api.query_engine.change_pages import OF_NODE
from okr_api.query_engine.stored_changes import CHANGES
from okr_api.store import retention, tables, tree_statements, unit_of_work
from okr_api.store.bulk_write import Postgres, by_each, update_statement
from okr_api.store.change_nodes import repair_listing
from okr_api.store.database import Database
from okr_api.store.entity_lookup import LATER
from okr_api.store.notification_statements import SEEN, TOLD
from okr_api.store.organizations import OBJECTIVES_AFTER
from okr_api.store.tables import table_of
from tests.acme import MORE_OBJECTIVES, Acme, World
from tests.conftest import Server

MANY, ASKED, TOUCHED = 5_000, 100, 1_500  # rows that exist, that are requested, and that may be read
PARENTS = 50
EDGES_BENEATH = """
    insert into alignment (organization_id, child_id, parent_id, parent_objective_id, kind, weight)
    select organization_id, ids[number], ids[number % $2 + 1], ids[number % $2 + 1], 'CONTRIBUTES', 1
    from (
        select organization_id, array_agg(id) ids from objective
        where external_id is null and title = (select title from objective where id = $1)
        group by 1
    ) made, generate_series($2 + 1, cardinality(ids)) number
"""
MORE_CHECK_INS = """
    insert into check_in
    select made.*
    from check_in copied, generate_series(1, $1) number, jsonb_populate_record(copied,
        jsonb_build_object('id', gen_random_uuid(), 'external_id', 'again ' || number, 'seq', 100 + number)) made
    where copied.id = (select id from check_in order by id desc limit 1)
"""
KEYS = """
    insert into idempotency (organization_id, owner, key, input_hash, seq, outcome, recorded_at)
    select $1, 'somebody', number::text, '', 1, '{}', now() from generate_series(1, $2) number
"""
MORE_CHANGES = """
    insert into change
    select made.*
    from change copied, generate_series(1, $2) number, jsonb_populate_record(copied,
        jsonb_build_object('seq', 1000 + number)) made
    where copied.organization_id = $1 and copied.seq = 1
"""
MORE_NOTIFICATIONS = """
    insert into notification
    select $1, person.id, 1000 + number, 'FOLLOWED_CHANGE', $3, true
    from person, generate_series(1, $2) number
    where person.organization_id = $1 and person.external_id = 'ann'
"""
ONES = "{" + ",".join("1" for _ in range(ASKED)) + "}"
KEYS_ASKED = "{" + ",".join(str(number) for number in range(1, ASKED + 1)) + "}"
OWNERS = "{" + ",".join(["somebody"] * ASKED) + "}"

# Each statement with its parameters as text; `:org`, `:ids`, `:measured` and `:rows` are placeholders.
ASKING = {
    "the way upwards": (tree_statements.ABOVE, (":org", ":ids", "{}")),
    "edges": (tree_statements.EDGES, (":org", ":ids", "{}")),
    "key results": (tree_statements.KEY_RESULTS, (":org", ":ids")),
    "objectives": (tree_statements.OBJECTIVES, (":org", ":ids")),
    "key results by name": (tree_statements.KEY_RESULTS_NAMED, (":org", ":ids")),
    "parts": (tree_statements.KEY_RESULT_PARTS, (":org", ":ids")),
    "objectives as parts": (tree_statements.OBJECTIVE_PARTS, (":org", ":ids")),
    "readings": (
        tree_statements.DECIDING,
        (":org", ":measured", ONES, ONES.replace("1", "2030-01-01"), ONES.replace("1", "true")),
    ),
    "reports": (tree_statements.REPORTS, (":org", ":ids")),
    "all readings": (tree_statements.ALL_READINGS, (":org", ":measured")),
    "the way upwards from key results": (tree_statements.ABOVE, (":org", "{}", ":measured")),
    "check-ins by id": (by_each("check_in", "id"), (":org", ":ids")),
    "external ids": (by_each("check_in", "external_id", "id", "$2::text[]"), (":org", KEYS_ASKED)),
    "later check-ins": (LATER, (":org", ":ids")),
    "keys used": (unit_of_work.READ_LOCKED, (":org", OWNERS, KEYS_ASKED, "7 days", "true")),
    "keys that are over": (retention.DELETE_IDEMPOTENCY_RECORDS, ("7 days", "500")),
    "changes that are too old": (
        retention.DELETE_CHANGES,
        (":org", "400 days", "500", "655360"),
    ),
    "feeds with changes that are too old": (
        retention.FEEDS_WITH_OLD_CHANGES,
        ("00000000-0000-0000-0000-000000000000", "400 days", "500"),
    ),
    "objectives to verify": (OBJECTIVES_AFTER, (":org", ":org", "100")),
    "changes of a node": (OF_NODE, (":org", "0", "9999", None, None, ":measured_one", None, "101")),
    "edits of a node": (OF_NODE, (":org", "0", "9999", None, None, ":measured_one", "true", "101")),
    "changes of a node by kind": (
        OF_NODE,
        (":org", "0", "9999", "{CYCLE_CLOSED}", None, ":measured_one", None, "500"),
    ),
    "activity of a node": (
        STATEMENTS[ActivityScope.NODE, True],
        (":org", ":measured_only", "{0}", "{9999}", "101", None, None, None, None),
    ),
    "activity of a person by kind": (
        STATEMENTS[ActivityScope.PERSON, True],
        (":org", ":person_only", "{0}", "{9999}", "500", "{CYCLE_CLOSED}", None, None),
    ),
    "activity of the organisation": (
        STATEMENTS[ActivityScope.ORGANIZATION, False],
        (":org", ":org_only", "{0}", "{9999}", "101", None, None, None),
    ),
    "people told": (TOLD, (":org", ":asked", "[]")),
    "notifications": (
        notifications.PAGE.replace("{direction}", "desc")
        .replace("{last}", "min")
        .replace(SEEN, "true")
        .replace("2000", "1000"),
        (":org", ":ann", "0", "9999", None, None, "51"),
    ),
    "changes read": (CHANGES, (":org", ONES, "655360")),
    "numbers saved": (update_statement(table_of(tables.ObjectiveRow), ("progress",)), (":rows",)),
}

# While a table is almost empty, any index on the organisation looks good. Most statements use the right one anyway;
# these do not, until the table is analysed or the driver prepares them again (decision 22).
NOT_WHILE_EMPTY = {"all readings", "check-ins by id", "external ids"}


async def insert_many(acme: Acme, connection: Postgres) -> list[UUID]:
    """Insert thousands of objectives beneath fifty, and of used keys; return ids of some with a parent."""
    top = acme.customers_stay
    # These inserts read no rows by key.
    await connection.execute("set local enable_hashjoin to on")
    await connection.execute(MORE_OBJECTIVES, top, MANY)
    await connection.execute(EDGES_BENEATH, top, PARENTS)
    await connection.execute(KEYS, acme.organization.id, MANY)
    await connection.execute(MORE_CHANGES, acme.organization.id, MANY)
    await connection.execute(MORE_NOTIFICATIONS, acme.organization.id, MANY, top)
    await repair_listing(connection, acme.organization.id)
    await connection.execute(MORE_CHECK_INS, MANY)
    rows = await connection.fetch(f"select child_id from alignment order by child_id desc limit {ASKED}")
    return [row["child_id"] for row in rows]


def rows_read(plan: dict[str, Any]) -> int:
    """Return the number of rows read, including those that were filtered out."""
    here = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(here if "Relation Name" in plan else 0) + sum(map(rows_read, plan.get("Plans", ())))


def execution(acme: Acme, name: str, ids: Sequence[UUID], measured: Sequence[UUID]) -> str:
    """Return the statement that executes a prepared one for those objectives."""
    values = {
        ":org": str(acme.organization.id),
        ":measured_one": str(measured[0]),
        ":measured_only": f"{{{measured[0]}}}",
        ":person_only": f"{{{acme.ann}}}",
        ":ann": str(acme.ann),
        ":asked": orjson.dumps(
            [
                {
                    "seq": place,
                    "own": measured[place % 5],
                    "nodes": [measured[place % 5], acme.customers_stay],
                }
                for place in range(ASKED)
            ],
            default=str,
        ).decode(),
        ":org_only": f"{{{acme.organization.id}}}",
        ":measured": "{" + ",".join(str(measured[place % 5]) for place in range(ASKED)) + "}",
        ":rows": orjson.dumps(
            [{"organization_id": acme.organization.id, "id": str(id), "progress": 0.5} for id in ids]
        ).decode(),
        ":ids": "{" + ",".join(map(str, ids)) + "}",
    }
    given = ", ".join(
        "null" if value is None else f"'{values.get(value, value)}'" for value in ASKING[name][1]
    )
    return f'execute "{name}"({given})'


@dataclass(frozen=True)
class Prepared:
    """Statements prepared before thousands of rows were inserted, in a transaction that stays open."""

    acme: Acme
    connection: Postgres
    ids: Sequence[UUID]
    measured: Sequence[UUID]

    async def plan(self, name: str) -> dict[str, Any]:
        """Return the plan with which a statement was executed; what the statement changed is rolled back."""
        await self.connection.execute("savepoint before")
        [row] = await self.connection.fetch(
            f"explain (analyze, format json) {execution(self.acme, name, self.ids, self.measured)}"
        )
        await self.connection.execute("rollback to savepoint before")
        [found] = orjson.loads(row["QUERY PLAN"])
        plan: dict[str, Any] = found["Plan"]
        return plan


@pytest.fixture(scope="module")
async def prepared(
    request: pytest.FixtureRequest, server: Server, acme_template: tuple[str, World]
) -> AsyncIterator[Prepared]:
    """Prepare all statements, execute those that are planned while empty, and insert rows; once for all tests."""
    async with (
        server.copy_of(acme_template[0]) as database_name,
        Database.open(server.url_of(database_name)) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        acme = Acme(database, wakeups, acme_template[1])
        measured = [await acme.key_result(f"{place}", acme.customers_stay) for place in range(5)]
        await acme.check_in(await acme.key_result("Read again and again", acme.customers_stay), 1)
        async with database.writing(acme.organization.id) as connection:
            for name, (statement, _) in ASKING.items():
                await connection.execute(f'prepare "{name}" as {statement}')
                if request.param == "while empty" and name not in NOT_WHILE_EMPTY:
                    await connection.execute("savepoint before")
                    asked = execution(acme, name, [acme.customers_stay] * ASKED, measured)
                    await connection.execute(asked)
                    await connection.execute("rollback to savepoint before")
            ids = await insert_many(acme, connection)
            if request.param == "analysed":
                await connection.execute("analyze")
            yield Prepared(acme, connection, ids, measured)


@pytest.mark.parametrize("name", sorted(ASKING))
@pytest.mark.parametrize("prepared", ("analysed", "never analysed"), indirect=True)
async def test_what_is_asked_while_writing_touches_little_more_than_it_names(prepared: Prepared, name: str):
    assert rows_read(await prepared.plan(name)) <= TOUCHED


@pytest.mark.parametrize("name", sorted(ASKING.keys() - NOT_WHILE_EMPTY))
@pytest.mark.parametrize("prepared", ("while empty",), indirect=True)
async def test_so_does_what_was_planned_while_tables_were_empty(prepared: Prepared, name: str):
    assert rows_read(await prepared.plan(name)) <= TOUCHED


async def test_a_large_work_is_planned_anew_and_the_next_is_not(acme: Acme):
    said = []
    for large in (True, False):
        async with unit_of_work.unit_of_work(acme.database, acme.organization.id, planned_anew=large) as work:
            said.append(
                [
                    await work.connection.fetchval(f"show {name}")
                    for name in ("plan_cache_mode", "enable_hashjoin")
                ]
            )
    assert said == [["force_custom_plan", "on"], ["force_generic_plan", "off"]]
