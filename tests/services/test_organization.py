"""People, teams and the organisation's name."""

from datetime import timedelta
from typing import Any

import pytest

from okr_api.okr.author import Author
from okr_api.services import organization
from okr_api.services.number_repair import recount_organization
from okr_api.services.organization import add_person, edit_organization, edit_person
from okr_api.services.references import Ref
from okr_api.services.teams import add_team, edit_team
from tests.acme import Acme, days_ago, said

PERSON = {"change": 1, "feed_head": 1, "person": 1, "person_version": 1}
ORGANIZATION = {"change": 1, "feed_head": 1, "organization": 1, "organization_version": 1}
TEAM = {"change": 1, "feed_head": 1, "team": 1, "team_version": 1}


async def test_a_person_joins_is_edited_and_leaves(acme: Acme):
    before = await acme.tables()
    id = await acme.done(add_person, name=" Dana ", email="d@acme.example", external_id="dana")
    assert await acme.written(before) == PERSON
    joined = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "dana",
        "name": "Dana",
        "email": "d@acme.example",
        "active": True,
        "notifications_daily": [],
        "notifications_off": [],
        "role": "MEMBER",
        "version": 1,
    }
    assert await acme.row("person", id) == joined
    await acme.done(edit_person, person="dana", edits={"name": "Dana D.", "email": None}, expected_version=1)
    assert await acme.row("person", id) == joined | {"name": "Dana D.", "email": None, "version": 2}
    assert (await acme.change())["fields"] == ["email", "name"]
    await acme.done(organization.remove_person, person="dana", expected_version=2)
    assert await acme.row("person", id) == joined | {
        "name": "Dana D.",
        "email": None,
        "version": 3,
        "active": False,
    }
    kinds = await acme.fetch("select kind from change where node_id = $1 order by seq", id)
    assert [row["kind"] for row in kinds] == ["PERSON_CREATED", "PERSON_UPDATED", "PERSON_REMOVED"]


async def test_whoever_leaves_stays_the_owner_and_the_author_of_what_was(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.done(organization.remove_person, person="ben")
    assert await acme.moved() == {}
    assert (await acme.row("objective", acme.answer_fast))["owner_id"] == acme.ben
    await acme.check_in("macros", 6)
    assert await acme.verify() == []


async def test_a_team_forms_is_renamed_and_moves(acme: Acme):
    before = await acme.tables()
    id = await acme.done(add_team, name=" Second line ", parent="support", external_id="second")
    assert await acme.written(before) == TEAM
    formed = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "second",
        "name": "Second line",
        "parent_id": acme.support,
        "cadence": None,
        "version": 1,
    }
    assert await acme.row("team", id) == formed
    await acme.done(edit_team, team="second", edits={"name": "2nd", "parent": Ref(external_id="platform")})
    assert await acme.row("team", id) == formed | {"name": "2nd", "parent_id": acme.platform, "version": 2}
    await acme.done(edit_team, team="second", edits={"parent": None})
    assert (await acme.row("team", id))["parent_id"] is None
    change = await acme.change()
    assert (change["kind"], change["fields"]) == ("TEAM_UPDATED", ["parent_id"])


async def test_a_team_does_not_move_under_itself_or_its_own(acme: Acme):
    second = await acme.team("Second line", parent="support")
    third = await acme.team("Third line", parent=second)
    for below in (acme.support, second, third):
        refusal = await acme.refused(edit_team, team="support", edits={"parent": Ref(below)})
        assert (refusal.code(), refusal.path) == ("TEAM_LOOPS", ("id",))


async def test_the_organisation_gets_another_name(acme: Acme):
    before = await acme.tables()
    await acme.done(edit_organization, edits={"name": " Acme & Sons "}, expected_version=1)
    assert await acme.written(before) == ORGANIZATION
    row = await acme.row("organization", acme.organization.id)
    assert (row["name"], row["version"], row["time_zone"]) == ("Acme & Sons", 2, "Europe/Berlin")
    change = await acme.change()
    assert (change["kind"], change["fields"]) == ("ORGANIZATION_UPDATED", ["name"])
    assert await versions(acme) == [
        (0, "Acme", "Europe/Berlin", "en", 1),
        (change["seq"], "Acme & Sons", "Europe/Berlin", "en", 2),
    ]


async def versions(acme: Acme) -> list[tuple[Any, ...]]:
    rows = await acme.fetch(
        "select seq, name, time_zone, language, version from organization_version where organization_id = $1 order by seq",
        acme.organization.id,
    )
    return [tuple(row.values()) for row in rows]


async def test_another_language_changes_no_number(acme: Acme):
    await acme.check_in("macros", 5)
    before = await acme.tables()
    await acme.done(edit_organization, edits={"language": "de"})
    assert await acme.written(before) == ORGANIZATION
    assert (await acme.row("organization", acme.organization.id))["language"] == "de"
    assert (await versions(acme))[-1][3:] == ("de", 2)
    assert await acme.moved() == {}


async def test_another_time_zone_moves_the_days_and_recounts_in_the_same_change(acme: Acme):
    await acme.say(said("macros", 5), said("backlog", 100), said("load", 50, effective_at=days_ago(3)))
    await acme.objective("Not said yet", draft=True)
    [days] = await acme.fetch("select starts_at, ends_at from cycle where id = $1", acme.quarter)
    seq = await acme.seq()
    outcome = await acme.do(edit_organization, edits={"time_zone": "Pacific/Auckland", "name": "Acme NZ"})
    assert (outcome.errors, outcome.seq) == ((), seq + 1)
    change = await acme.change()
    assert (change["kind"], change["fields"]) == ("ORGANIZATION_UPDATED", ["name", "time_zone"])
    [moved] = await acme.fetch("select starts_at, ends_at from cycle where id = $1", acme.quarter)
    for name in ("starts_at", "ends_at"):
        assert timedelta(hours=9) < days[name] - moved[name] < timedelta(hours=13)
    assert [str(delta["node_id"]) for delta in outcome.deltas] == [
        delta["node_id"] for delta in change["deltas"]
    ]
    assert {"macros", "backlog", "clear_backlog"} <= set(acme.named(await acme.moved()).keys())
    assert await acme.verify() == []
    assert (await versions(acme))[-1] == (seq + 1, "Acme NZ", "Pacific/Auckland", "en", 2)
    await acme.check_in("macros", 6)
    assert await acme.verify() == []
    await acme.done(edit_organization, edits={"time_zone": "Europe/Berlin"})
    assert await acme.fetch("select starts_at, ends_at from cycle where id = $1", acme.quarter) == [days]
    assert await acme.verify() == []


async def test_another_time_zone_is_no_edit_of_a_cycle(acme: Acme):
    before = await acme.fetch("select id, version, seq from cycle_version order by id, seq")
    await acme.done(edit_organization, edits={"time_zone": "Pacific/Auckland"})
    assert await acme.fetch("select id, version, seq from cycle_version order by id, seq") == before
    assert await acme.verify() == []


async def recounted_tables(acme: Acme) -> dict[str, list[str]]:
    """Return the rows that a recount may change, without when statuses were announced."""
    for table in ("objective", "key_result"):
        await acme.fetch(f"update {table} set announced_at = null")
    return await acme.tables(
        "change", "change_node", "feed_head", "organization", "organization_version", "cycle_version"
    )


async def test_another_time_zone_recounts_as_the_operator_would(acme: Acme):
    await acme.say(said("macros", 5), said("backlog", 100), said("uptime", 99.95))
    await acme.fetch("update organization set time_zone = 'America/Los_Angeles'")
    await recount_organization(acme.database, acme.organization.id, author=Author("operator"))
    recounted = await recounted_tables(acme)
    await acme.fetch("update organization set time_zone = 'Europe/Berlin'")
    await recount_organization(acme.database, acme.organization.id, author=Author("operator"))
    await acme.done(edit_organization, edits={"time_zone": "America/Los_Angeles"})
    assert await recounted_tables(acme) == recounted


async def test_check_ins_that_follow_another_time_zone_are_counted_by_its_days(acme: Acme):
    """The tree that is kept for the next check-ins is of the former days."""
    await acme.check_in("macros", 5)
    await acme.done(edit_organization, edits={"time_zone": "Pacific/Auckland"})
    await acme.check_in("macros", 6)
    await acme.check_in("backlog", 20)
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("service", "inputs", "code", "path"),
    (
        (add_person, {"name": ""}, "INVALID_INPUT", ("name",)),
        (add_person, {"name": "x" * 501}, "INVALID_INPUT", ("name",)),
        (add_person, {"name": "N", "email": "\0"}, "INVALID_INPUT", ("email",)),
        (add_person, {"name": "N", "external_id": "ann"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        (edit_person, {"person": "nobody", "edits": {}}, "NOT_FOUND", ("id",)),
        (edit_person, {"person": "ann", "edits": {"name": " "}}, "INVALID_INPUT", ("name",)),
        (
            edit_person,
            {"person": "ann", "edits": {}, "expected_version": 9},
            "VERSION_CONFLICT",
            ("expectedVersion",),
        ),
        (organization.remove_person, {"person": "nobody"}, "NOT_FOUND", ("id",)),
        (
            organization.remove_person,
            {"person": "ann", "expected_version": 9},
            "VERSION_CONFLICT",
            ("expectedVersion",),
        ),
        (add_team, {"name": "\ud800"}, "INVALID_INPUT", ("name",)),
        (add_team, {"name": "N", "parent": "nobody"}, "NOT_FOUND", ("id",)),
        (add_team, {"name": "N", "external_id": "support"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        (
            edit_team,
            {"team": "support", "edits": {}, "expected_version": 9},
            "VERSION_CONFLICT",
            ("expectedVersion",),
        ),
        (
            edit_team,
            {"team": "support", "edits": {"external_id": "platform"}},
            "EXTERNAL_ID_IS_TAKEN",
            ("externalId",),
        ),
        (edit_organization, {"edits": {"name": "  "}}, "INVALID_INPUT", ("name",)),
        (edit_organization, {"edits": {"time_zone": "Mars/Olympus"}}, "INVALID_INPUT", ("timeZone",)),
        (edit_organization, {"edits": {"time_zone": "../etc/passwd"}}, "INVALID_INPUT", ("timeZone",)),
        (edit_organization, {"edits": {"name": "N", "language": "tlh"}}, "INVALID_INPUT", ("language",)),
        (edit_organization, {"edits": {"language": "EN"}}, "INVALID_INPUT", ("language",)),
        (edit_organization, {"edits": {}, "expected_version": 9}, "VERSION_CONFLICT", ("expectedVersion",)),
    ),
)
async def test_what_is_refused_changes_nothing(
    resting: Acme, service: Any, inputs: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await resting.refused(service, **inputs)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_removing_somebody_twice_is_refused(acme: Acme):
    await acme.done(organization.remove_person, person="ben")
    assert (await acme.refused(organization.remove_person, person="ben")).code() == "PERSON_IS_REMOVED"
