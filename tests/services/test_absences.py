"""Absences: days on which a person checks in for nothing, and who does it for them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.absence import MAX_ABSENCES
from okr_api.okr.author import Author
from okr_api.okr.entity import NodeType
from okr_api.okr.policy import Editing, Role
from okr_api.services import organization
from okr_api.services.absences import add_absence, delete_absence, edit_absence
from okr_api.services.check_in_drafts import add_draft
from okr_api.services.key_results import edit_key_result
from okr_api.services.objectives import edit_objective
from okr_api.services.references import Ref
from okr_api.services.roadblocks import add_roadblock
from tests.acme import TODAY, Acme, days_ago, ref, said


def days(first: int, last: int) -> dict[str, Any]:
    return {"starts_on": TODAY + timedelta(days=first), "ends_on": TODAY + timedelta(days=last)}


async def away(acme: Acme, person: UUID, first: int, last: int, **more: Any) -> UUID:
    return await acme.done(add_absence, person=person, **days(first, last), **more)


async def test_an_absence_is_added_edited_and_deleted(acme: Acme):
    before = await acme.tables()
    id = await away(acme, acme.ben, 1, 5, delegate=Ref(acme.cem), note=" By *boat*\n", external_id="boat")
    assert await acme.written(before) == {"absence": 1, "absence_version": 1, "change": 1, "feed_head": 1}
    made = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "boat",
        "person_id": acme.ben,
        **days(1, 5),
        "delegate_id": acme.cem,
        "note": " By *boat*\n",
        "version": 1,
        "removed": False,
    }
    assert await acme.row("absence", id) == made
    edits = {"ends_on": TODAY + timedelta(days=6), "delegate": None}
    await acme.done(edit_absence, absence=Ref(id), edits=edits, expected_version=1)
    assert (await acme.change())["fields"] == ["delegate_id", "ends_on"]
    await acme.done(delete_absence, absence=Ref(id), expected_version=2)
    row = await acme.row("absence", id)
    assert (row["removed"], row["external_id"], row["version"]) == (True, None, 3)
    await away(acme, acme.ben, 1, 5)  # its days are free again
    kinds = await acme.fetch("select kind from change where node_type = 'ABSENCE' order by seq")
    assert [row["kind"] for row in kinds] == [
        "ABSENCE_CREATED",
        "ABSENCE_UPDATED",
        "ABSENCE_DELETED",
        "ABSENCE_CREATED",
    ]


async def test_an_absence_fits_the_others(acme: Acme):
    await away(acme, acme.ben, 10, 20)
    later = await away(acme, acme.ben, 30, 40)
    cases: list[tuple[UUID, tuple[int, int], dict[str, Any], str, str]] = [
        (acme.cem, (5, 4), {}, "INVALID_INPUT", "endsOn"),
        (acme.cem, (1, 9), {"delegate": Ref(acme.cem)}, "INVALID_INPUT", "delegate"),
        (acme.ben, (20, 25), {}, "ABSENCE_OVERLAPS", "startsOn"),
        (acme.ben, (5, 10), {}, "ABSENCE_OVERLAPS", "startsOn"),
        (acme.cem, (15, 16), {"delegate": Ref(acme.ben)}, "DELEGATE_IS_ABSENT", "delegate"),
    ]
    for person, span, more, code, field in cases:
        refusal = await acme.refused(add_absence, person=person, **days(*span), **more)
        assert (refusal.code(), refusal.path) == (code, (field,))
    refusal = await acme.refused(
        add_absence, person=acme.cem, starts_on=TODAY.replace(year=2300, day=1), ends_on=TODAY
    )
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("startsOn",))
    moved = {"starts_on": TODAY + timedelta(days=19)}
    assert (await acme.refused(edit_absence, absence=Ref(later), edits=moved)).code() == "ABSENCE_OVERLAPS"
    await away(acme, acme.ben, 21, 29, delegate=Ref(acme.cem))
    await away(acme, acme.cem, 22, 23)  # a delegate may fall ill


async def test_a_delegate_may_check_in_on_the_days_of_the_absence(acme: Acme):
    """In place of who checks in, else of the owner of the key result, else of the objective."""
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    dora = await acme.person("Dora")
    scopes = frozenset({Scope.WRITE})
    by = Actor(acme.organization.id, acme.organization.id, Author("Dora", dora), scopes, Role.MEMBER)

    async def codes(*items: Any) -> list[str]:
        outcome = await acme.group_commit.check_in(by, items)
        return [refusal.code for refusal in outcome.item_errors]

    items = said("uptime", 99.9), said(None, objective=ref("never_down"), confidence=0.5)
    for item in items:
        assert await codes(item) == ["FORBIDDEN"]
    past, today = await away(acme, acme.cem, -3, -2, delegate=Ref(dora)), await away(acme, acme.cem, -1, 1)
    for absence, edits, expected in (
        (past, {}, ["FORBIDDEN"]),
        (today, {}, ["FORBIDDEN"]),
        (today, {"delegate": Ref(dora)}, []),
    ):
        if edits:
            await acme.done(edit_absence, absence=Ref(absence), edits=edits)
        assert [await codes(item) for item in items] == [expected, expected]
    assert (
        await acme.do(
            add_roadblock,
            by=by,
            on=Ref(external_id="uptime", node_type=NodeType.KEY_RESULT),
            title="No budget",
        )
    ).errors == ()
    drafted = await acme.do(
        add_draft,
        measured=Ref(external_id="errors", node_type=NodeType.KEY_RESULT),
        assignee=Ref(dora),
        confidence=0.5,
    )
    assert drafted.errors == ()
    refusal = await acme.refused(edit_objective, by=by, objective="never_down", edits={"title": "Mine"})
    assert refusal.code() == "FORBIDDEN"
    await acme.done(edit_key_result, key_result="uptime", edits={"check_in_owner": Ref(acme.ann)}, measure={})
    assert [await codes(item) for item in items] == [["FORBIDDEN"], []]
    await away(acme, acme.ann, 0, 0, delegate=Ref(dora))
    assert [await codes(item) for item in items] == [[], []]


async def test_a_person_says_it_of_themselves_and_who_edits_people_of_anybody(acme: Acme):
    edits = {"editing": Editing.RESPONSIBLE}
    await acme.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
    actors = {
        name: Actor(
            acme.organization.id, acme.organization.id, Author(name, id), frozenset({Scope.ADMIN}), role
        )
        for name, id, role in (("Ann", acme.ann, Role.ADMIN), ("Ben", acme.ben, Role.MEMBER))
    }
    own = await away(acme, acme.ben, 1, 2, by=actors["Ben"])
    other = await away(acme, acme.cem, 1, 2, by=actors["Ann"])
    refusal = await acme.refused(add_absence, person=acme.cem, **days(5, 6), by=actors["Ben"])
    assert (refusal.code(), refusal.path) == ("FORBIDDEN", ("person",))
    for service, more in ((edit_absence, {"edits": {"note": "No"}}), (delete_absence, {})):
        refusal = await acme.refused(service, absence=Ref(other), by=actors["Ben"], **more)
        assert (refusal.code(), refusal.path) == ("FORBIDDEN", ("id",))
        await acme.done(service, absence=Ref(own), by=actors["Ben"], **more)


async def test_a_person_has_at_most_five_hundred_absences(acme: Acme):
    await acme.fetch(
        "insert into absence (organization_id, id, person_id, starts_on, ends_on, version, removed) "
        "select $1, gen_random_uuid(), $2, day, day, 1, false "
        "from generate_series($3::date, $3::date + $4::int - 1, interval '1 day') day",
        acme.organization.id, acme.ben, days_ago(2000).date(), MAX_ABSENCES - 1,
    )  # fmt: skip
    await away(acme, acme.ben, 1, 2)
    refusal = await acme.refused(add_absence, person=acme.ben, **days(5, 6))
    assert (refusal.code(), refusal.path) == ("TOO_MANY", ("person",))


async def test_an_absence_whose_delegate_fell_ill_can_be_edited_otherwise(acme: Acme):
    id = await away(acme, acme.ben, 1, 9, delegate=Ref(acme.cem))
    await away(acme, acme.cem, 2, 3)
    await acme.done(edit_absence, absence=Ref(id), edits={"note": "Cem is ill, ask Ann"})
    await acme.done(edit_absence, absence=Ref(id), edits={"delegate": None})
    id = await away(acme, acme.ben, 11, 19, delegate=Ref(acme.cem))
    await away(acme, acme.cem, 12, 20)
    same = {"note": "Ill", "delegate": Ref(acme.cem), "ends_on": TODAY + timedelta(days=19)}
    await acme.done(edit_absence, absence=Ref(id), edits=same)
    moved = {"ends_on": TODAY + timedelta(days=20)}
    assert (await acme.refused(edit_absence, absence=Ref(id), edits=moved)).code() == "DELEGATE_IS_ABSENT"
