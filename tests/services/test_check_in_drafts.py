"""Drafts of check-ins: prepared by one, published by another; they count nowhere."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entity import NodeType
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, ObjectiveVisibility, Role
from okr_api.okr.visibility import Visibility
from okr_api.services import key_results, objectives, organization, teams
from okr_api.services.check_in_drafts import add_draft, delete_draft, edit_draft, publish_draft
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.hidden_rows import hidden_among
from tests.acme import Acme, days_ago, measured, ref

NEVER_DOWN = measured("never_down", NodeType.OBJECTIVE)
WRITTEN = {"change": 1, "feed_head": 1, "check_in_draft": 1, "check_in_draft_version": 1}


def actor_of(acme: Acme, person: UUID | None, *, role: Role | None = Role.MEMBER, scope: Scope = Scope.WRITE, name: str = "Bot") -> Actor:  # fmt: skip
    """Return a person with a role, or a service by its name."""
    scopes = frozenset({scope})
    own = acme.organization.id
    return Actor(own, person or own, Author(name, person), scopes, role if person else None)


async def perform(acme: Acme, actor: Actor, service: Any, **inputs: Any) -> MutationResult:
    return await acme.mutation_runner.perform(
        actor, Scope.CHECK_IN, None, lambda work: service(work, actor, **inputs)
    )


async def publish(acme: Acme, person: UUID, draft: UUID, **says: Any) -> MutationResult:
    actor = actor_of(acme, person, scope=Scope.CHECK_IN, name="Ben")
    return await perform(acme, actor, publish_draft, draft=ref(draft), says=says)


@pytest.fixture
async def drafted(acme: Acme) -> UUID:
    """Return a draft for `macros`, by a service, for Ben."""
    return await acme.done(
        add_draft,
        measured=measured("macros"),
        assignee="ben",
        value=7.0,
        note="Counted",
        external_id="drafted",
    )


async def test_a_draft_is_prepared_edited_and_deleted_and_moves_nothing(acme: Acme):
    await acme.check_in("macros", 5)
    numbers = "select id, progress, confidence, statuses from objective order by id"
    before, tables = await acme.fetch(numbers), await acme.tables()
    id = await acme.done(
        add_draft,
        measured=measured("macros"),
        assignee="ann",
        value=7.0,
        confidence=0.5,
        status=ReportedStatus.AT_RISK,
        note=" As *counted*\n",
        effective_at=days_ago(1),
        external_id="drafted",
    )
    assert await acme.written(tables) == WRITTEN
    row = await acme.row("check_in_draft", id)
    assert (row["assignee_id"], row["author_name"], row["author_person_id"]) == (acme.ann, "tests", None)
    assert (row["key_result_id"], row["objective_id"], row["value"], row["note"]) == (
        acme.macros, None, 7.0, " As *counted*\n",
    )  # fmt: skip
    await acme.done(edit_draft, check_in_draft="drafted", edits={"value": 8.0, "assignee": ref("ben")}, expected_version=1)  # fmt: skip
    assert (await acme.change())["fields"] == ["assignee_id", "value"]
    assert await acme.moved() == {}
    seq = await acme.seq()
    await acme.done(edit_draft, check_in_draft="drafted", edits={"value": 8.0})
    assert await acme.seq() == seq
    await acme.done(delete_draft, check_in_draft=id, expected_version=2)
    assert (await acme.row("check_in_draft", id))["removed"]
    assert (await acme.refused(delete_draft, check_in_draft=id)).code() == "NOT_FOUND"
    assert await acme.fetch(numbers) == before
    assert await acme.verify() == []


async def test_publishing_records_a_check_in_of_the_publisher_and_deletes_the_draft(
    acme: Acme, drafted: UUID
):
    outcome = await publish(acme, acme.ben, drafted, confidence=0.6, note=None)
    assert (outcome.errors, outcome.item_errors, outcome.notices) == ((), (), ())
    row = await acme.row("check_in", outcome.ids["node"])
    assert (row["key_result_id"], row["value"], row["confidence"], row["note"]) == (
        acme.macros,
        7.0,
        0.6,
        None,
    )
    assert (row["author_name"], row["author_person_id"]) == ("Ben", acme.ben)
    assert (await acme.row("check_in_draft", drafted))["removed"]
    change = await acme.change()
    assert (change["kind"], change["node_id"]) == ("CHECK_IN_RECORDED", row["id"])
    assert set(change["related_ids"]) == {acme.macros, acme.clear_backlog, drafted}
    assert await acme.progress(acme.macros) == 0.7
    again = await publish(acme, acme.ben, drafted)
    assert [each.code() for each in again.errors] == ["NOT_FOUND"]
    assert await acme.verify() == []


async def test_a_draft_for_an_objective_is_published_on_it(acme: Acme):
    await acme.done(add_draft, measured=NEVER_DOWN, status=ReportedStatus.OFF_TRACK, external_id="whole")
    [draft] = await acme.fetch("select id, assignee_id from check_in_draft")
    assert draft["assignee_id"] == acme.cem  # who owns the objective
    outcome = await publish(acme, acme.cem, draft["id"])
    assert (await acme.row("check_in", outcome.ids["node"]))["objective_id"] == acme.never_down
    assert (await acme.row("objective", acme.never_down))["reported_status"] == "OFF_TRACK"


async def test_without_an_assignee_it_is_for_who_owes_the_check_in(acme: Acme):
    async def owed() -> UUID:
        id = await acme.done(add_draft, measured=measured("macros"), note="x")
        person: UUID = (await acme.row("check_in_draft", id))["assignee_id"]
        return person

    async def own(**edits: Any) -> None:
        await acme.done(key_results.edit_key_result, key_result="macros", edits=edits, measure={})

    await own(owner=None, check_in_owner=None)
    assert await owed() == acme.ben  # of the objective
    await own(owner=ref("ann"))
    assert await owed() == acme.ann
    await own(check_in_owner=ref("cem"))
    assert await owed() == acme.cem
    await own(owner=None, check_in_owner=None)
    await acme.done(objectives.edit_objective, objective="clear_backlog", edits={"owner": None})
    refusal = await acme.refused(add_draft, measured=measured("macros"), note="x")
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("assignee",))


async def test_nobody_else_publishes_it_admins_neither(acme: Acme, drafted: UUID):
    before = await acme.tables()
    for actor, code in (
        (actor_of(acme, acme.ann), "NOT_FOUND"),
        (actor_of(acme, acme.cem, role=Role.ADMIN, scope=Scope.ADMIN), "DRAFT_IS_FOR_ANOTHER"),
        (actor_of(acme, None, scope=Scope.ADMIN), "DRAFT_IS_FOR_ANOTHER"),
    ):
        outcome = await perform(acme, actor, publish_draft, draft=ref(drafted), says={})
        assert [(each.code(), each.path) for each in outcome.errors] == [(code, ("id",))]
    assert await acme.tables() == before


async def test_what_cannot_be_recorded_leaves_the_draft(acme: Acme, drafted: UUID):
    before = await acme.tables()
    for says, code in (
        ({"confidence": 70.0}, "INVALID_INPUT"),
        ({"value": None, "note": None}, "NOTHING_TO_RECORD"),
        ({"effective_at": days_ago(-1)}, "READING_IN_FUTURE"),
    ):
        outcome = await publish(acme, acme.ben, drafted, **says)
        assert [each.code for each in outcome.item_errors] == [code]
    outcome = await perform(
        acme, actor_of(acme, acme.ben), publish_draft, draft=ref(drafted), says={}, expected_version=2
    )
    assert [each.code() for each in outcome.errors] == ["VERSION_CONFLICT"]
    assert await acme.tables() == before


async def test_a_check_in_since_the_draft_was_edited_is_told(acme: Acme, drafted: UUID):
    await acme.check_in("macros", 6)
    outcome = await publish(acme, acme.ben, drafted)
    assert [(each.code, each.path) for each in outcome.notices] == [
        ("DRAFT_IS_OLDER", ("items", "0", "checkInDraft"))
    ]
    again = await acme.done(add_draft, measured=measured("macros"), assignee="ben", value=9.0)
    assert (await publish(acme, acme.ben, again)).notices == ()
    third = await acme.done(add_draft, measured=measured("macros"), assignee="ben", value=9.0)
    await acme.check_in("macros", 6)
    await acme.done(edit_draft, check_in_draft=third, edits={"value": 8.0})
    assert (await publish(acme, acme.ben, third)).notices == ()
    given_away = await acme.done(add_draft, measured=measured("macros"), assignee="ann", value=9.0)
    await acme.done(edit_draft, check_in_draft=given_away, edits={"note": "By hand"})
    await acme.check_in("macros", 6)
    await acme.done(edit_draft, check_in_draft=given_away, edits={"assignee": ref("ben")})
    await acme.done(edit_draft, check_in_draft=given_away, edits={"external_id": "given"})
    assert [each.code for each in (await publish(acme, acme.ben, given_away)).notices] == ["DRAFT_IS_OLDER"]


@pytest.mark.parametrize(
    ("inputs", "code", "path"),
    (
        ({"assignee": "nobody"}, "NOT_FOUND", ("id",)),
        ({"value": 1e16}, "INVALID_INPUT", ("value",)),
        ({"milestones_done": ["plan"]}, "INVALID_INPUT", ("milestonesDone",)),
        ({"confidence": 2.0}, "INVALID_INPUT", ("confidence",)),
        ({"note": "x" * 4_001}, "INVALID_INPUT", ("note",)),
        ({"effective_at": days_ago(-1)}, "READING_IN_FUTURE", ("effectiveAt",)),
        ({"value": None}, "NOTHING_TO_RECORD", ()),
        ({"measured": NEVER_DOWN}, "INVALID_INPUT", ("value",)),
        ({"external_id": "drafted"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        ({"measured": measured("macros"), "assignee": "ben", "value": 5.0}, "ALREADY_EXISTS", ("id",)),
    ),
)
async def test_what_is_wrong_is_refused_where_it_stands(
    inputs: Mapping[str, Any], code: str, path: tuple[str, ...], drafted: UUID, acme: Acme
):
    given = {"measured": measured("uptime"), "assignee": "ann", "value": 99.0, **inputs}
    refusal = await acme.refused(add_draft, **given)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_a_second_for_the_same_person_is_refused_also_by_an_edit(acme: Acme, drafted: UUID):
    other = await acme.done(add_draft, measured=measured("macros"), assignee="ann", note="x")
    refusal = await acme.refused(edit_draft, check_in_draft=other, edits={"assignee": ref("ben")})
    assert (refusal.code(), refusal.path) == ("ALREADY_EXISTS", ("id",))
    await acme.done(delete_draft, check_in_draft=drafted)
    await acme.done(edit_draft, check_in_draft=other, edits={"assignee": ref("ben")})


async def test_in_a_closed_cycle_a_draft_can_only_be_deleted(acme: Acme, drafted: UUID):
    await acme.fetch("update cycle set state = 'CLOSED' where id = $1 returning id", acme.quarter)
    for service, inputs in (
        (add_draft, {"measured": NEVER_DOWN, "assignee": "ann", "note": "x"}),
        (edit_draft, {"check_in_draft": drafted, "edits": {"value": 8.0}}),
    ):
        assert (await acme.refused(service, **inputs)).code() == "CYCLE_IS_CLOSED"
    outcome = await publish(acme, acme.ben, drafted)
    assert [each.code for each in outcome.item_errors] == ["CYCLE_IS_CLOSED"]
    await acme.done(delete_draft, check_in_draft=drafted)


async def test_who_sees_and_who_edits_a_draft(acme: Acme):
    """Cem owns the objective, Lea leads its team, Ann is the assignee, Ben the author, Sam a stranger."""
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    people = {name: getattr(acme, name) for name in ("ann", "ben", "cem")}
    people |= {name: await acme.person(name.capitalize(), external_id=name) for name in ("lea", "sam")}
    await acme.done(teams.add_member, team="platform", person="lea", role=TeamRole.LEAD)
    await acme.done(key_results.edit_key_result, key_result="uptime", edits={"owner": ref("ben")}, measure={})
    author = actor_of(acme, acme.ben, scope=Scope.CHECK_IN)
    made = await perform(
        acme, author, add_draft, measured=measured("uptime"), assignee=ref("ann"), value=99.0
    )
    draft = made.ids["node"]
    stranger = actor_of(acme, people["sam"], scope=Scope.CHECK_IN)
    refused = await perform(
        acme, stranger, add_draft, measured=measured("uptime"), assignee=ref("sam"), value=9.0
    )
    assert [each.code() for each in refused.errors] == ["FORBIDDEN"]

    other = actor_of(acme, acme.cem, role=Role.ADMIN, scope=Scope.CHECK_IN)
    by_admin = await perform(
        acme, other, add_draft, measured=measured("macros"), assignee=ref("ben"), note="x"
    )
    clerk = actor_of(acme, None, scope=Scope.CHECK_IN, name="Another bot")
    denied = await perform(acme, clerk, delete_draft, check_in_draft=ref(by_admin.ids["node"]))
    assert [(each.code(), each.path, each.message) for each in denied.errors] == [
        (
            "FORBIDDEN",
            ("id",),
            "You may change drafts that you prepared, that are for you, or of objectives that you may edit. "
            "This needs a token with the scope write",
        )
    ]

    async def sees(name: str | None) -> bool:
        visibility = Visibility(drafts=False, restricted=False, person_id=people[name] if name else None)
        async with acme.database.of(acme.organization.id) as connection:
            return not await hidden_among(connection, acme.organization.id, [draft], visibility)

    async def may(name: str | None) -> str:
        actor = actor_of(acme, people[name] if name else None)
        outcome = await perform(acme, actor, delete_draft, check_in_draft=ref(draft), expected_version=99)
        [refusal] = outcome.errors
        return refusal.code()

    expected = dict.fromkeys(("ann", "ben", "cem", "lea", None), "VERSION_CONFLICT") | {"sam": "NOT_FOUND"}
    assert {name: await may(name) for name in (*people, None)} == expected
    assert {name for name in (*people, None) if await sees(name)} == {"ann", "ben", "cem", "lea", None}
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    assert await may("sam") == "VERSION_CONFLICT"
    assert await sees("sam")
    edits = {"visibility": ObjectiveVisibility.PRIVATE}
    owner = actor_of(acme, acme.cem)
    await perform(acme, owner, objectives.edit_objective, objective=ref("never_down"), edits=edits)
    assert {name for name in (*people, None) if await sees(name)} == {"cem"}
    assert {name: await may(name) for name in people} == dict.fromkeys(people, "NOT_FOUND") | {"cem": "VERSION_CONFLICT"}  # fmt: skip


async def test_a_draft_is_only_for_who_could_publish_it(acme: Acme):
    """Ann contributes to the objective, Vera is a viewer, Lea leads its team, Sam has nothing to do with it."""
    draft = await acme.done(add_draft, measured=measured("uptime"), assignee="cem", value=99.0)
    await acme.person("Vera", external_id="vera", role=Role.VIEWER)
    await acme.person("Lea", external_id="lea")
    sam = await acme.person("Sam", external_id="sam")
    await acme.done(teams.add_member, team="platform", person="lea", role=TeamRole.LEAD)
    owner = actor_of(acme, acme.cem)

    async def fits(name: str) -> bool:
        edits = {"assignee": ref(name)}
        outcome = await perform(acme, owner, edit_draft, check_in_draft=ref(draft), edits=edits)
        tried = await perform(
            acme, owner, add_draft, measured=measured("errors"), assignee=ref(name), value=1.0
        )
        assert bool(outcome.errors) == bool(tried.errors)
        for refusal in (*outcome.errors, *tried.errors):
            assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("id",))
            assert "may not check in here" in refusal.message
        if not outcome.errors:
            await perform(acme, owner, edit_draft, check_in_draft=ref(draft), edits={"assignee": ref("cem")})
            await perform(acme, owner, delete_draft, check_in_draft=ref(tried.ids["node"]))
        return not outcome.errors

    async def fitting() -> set[str]:
        return {name for name in ("vera", "lea", "sam", "ann") if await fits(name)}

    assert await fitting() == {"lea", "ann"}
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    assert await fitting() == {"lea", "ann", "sam"}
    edits = {"visibility": ObjectiveVisibility.PRIVATE}
    await perform(acme, owner, objectives.edit_objective, objective=ref("never_down"), edits=edits)
    assert await fitting() == {"ann"}
    await acme.done(organization.edit_person, person="sam", edits={"role": Role.ADMIN}, scope=Scope.ADMIN)
    assert await fitting() == {"ann", "sam"}
    await acme.done(organization.edit_person, person="cem", edits={"role": Role.VIEWER}, scope=Scope.ADMIN)
    admin = actor_of(acme, sam, role=Role.ADMIN)
    same = {"assignee": ref("cem"), "value": 98.0}
    outcome = await perform(acme, admin, edit_draft, check_in_draft=ref(draft), edits=same)
    assert outcome.errors == ()  # it was his already
    outcome = await perform(acme, admin, add_draft, measured=NEVER_DOWN, note="Owed by a viewer")
    assert [(each.code(), each.path) for each in outcome.errors] == [("INVALID_INPUT", ("assignee",))]
    assert await acme.verify() == []
