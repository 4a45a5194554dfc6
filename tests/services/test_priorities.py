"""Strategic priorities: their order, their life, and what is refused."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from okr_api.services import cycles, organization
from okr_api.services.objectives import draft_objective, drop_objective, edit_objective
from okr_api.services.priorities import (
    add_priority,
    archive_priority,
    edit_priority,
    remove_priority,
    restore_priority,
)
from tests.acme import Acme, Workplace, ref

CREATED = {"change": 1, "feed_head": 1, "priority": 1, "priority_version": 1}
RANKED = "select title, rank from priority where not removed order by rank, id"


@pytest.fixture
async def loyalty(acme: Acme) -> UUID:
    return await acme.done(add_priority, title="Loyalty", owner="ann", external_id="loyalty")


async def ranks(acme: Acme) -> dict[str, float]:
    """Return the priorities by rank."""
    return {row["title"]: row["rank"] for row in await acme.fetch(RANKED)}


async def test_a_priority_is_created_edited_archived_restored_and_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        add_priority,
        title=" Loyalty ",
        description="  *Guests* come back\n",
        owner="ann",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 1, 1),
        external_id="loyalty",
    )
    assert await acme.written(before) == CREATED
    created = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "loyalty",
        "title": "Loyalty",
        "description": "  *Guests* come back\n",
        "owner_id": acme.ann,
        "rank": 1.0,
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 1, 1),
        "state": "ACTIVE",
        "version": 1,
        "removed": False,
    }
    assert await acme.row("priority", id) == created
    edits = {"description": "", "owner": None, "ends_on": None, "rank": 7}
    await acme.done(edit_priority, priority=id, edits=edits, expected_version=1)
    assert (await acme.change())["fields"] == ["description", "ends_on", "owner_id", "rank"]
    edited = created | {"description": None, "owner_id": None, "ends_on": None, "rank": 7.0, "version": 2}
    assert await acme.row("priority", id) == edited
    await acme.done(archive_priority, priority="loyalty", expected_version=2)
    assert await acme.row("priority", id) == edited | {"state": "ARCHIVED", "version": 3}
    await acme.done(restore_priority, priority="loyalty", expected_version=3)
    assert await acme.row("priority", id) == edited | {"version": 4}
    await acme.done(remove_priority, priority="loyalty", expected_version=4)
    assert await acme.row("priority", id) == edited | {"version": 5, "removed": True, "external_id": None}
    kinds = await acme.fetch("select kind, node_type from change where node_id = $1 order by seq", id)
    assert [tuple(row.values()) for row in kinds] == [
        (f"PRIORITY_{verb}", "PRIORITY") for verb in ("CREATED", "UPDATED", "ARCHIVED", "RESTORED", "DELETED")
    ]
    assert [row["version"] for row in await acme.versions("priority", id)] == [1, 2, 3, 4, 5]


async def test_a_new_priority_is_the_last_one_unless_its_rank_is_given(acme: Acme):
    for title, rank in (("First", None), ("Second", None), ("Between", 1.5), ("Last", None), ("Top", -2)):
        await acme.done(add_priority, title=title, rank=rank)
    assert await ranks(acme) == {"Top": -2, "First": 1, "Between": 1.5, "Second": 2, "Last": 3}


async def test_a_deleted_priority_holds_no_place(acme: Acme, loyalty: UUID):
    second = await acme.done(add_priority, title="Second")
    await acme.done(remove_priority, priority=second)
    await acme.done(add_priority, title="Third")
    assert await ranks(acme) == {"Loyalty": 1, "Third": 2}


async def test_after_the_greatest_rank_there_is_no_greater_one(acme: Acme):
    for title, rank in (("First", 1e15), ("Second", None)):
        await acme.done(add_priority, title=title, rank=rank)
    assert await ranks(acme) == {"First": 1e15, "Second": 1e15}


async def test_moving_a_priority_changes_no_other_one(acme: Acme, loyalty: UUID):
    second = await acme.done(add_priority, title="Second")
    third = await acme.done(add_priority, title="Third")
    before = [await acme.row("priority", id) for id in (loyalty, second)]
    await acme.done(edit_priority, priority=third, edits={"rank": 0.5})
    assert [await acme.row("priority", id) for id in (loyalty, second)] == before
    assert list(await ranks(acme)) == ["Third", "Loyalty", "Second"]


async def test_equal_ranks_are_in_order_of_creation(acme: Acme, loyalty: UUID):
    await acme.done(add_priority, title="Same", rank=1)
    assert list(await ranks(acme)) == ["Loyalty", "Same"]


async def test_an_external_id_is_free_again_after_deletion(acme: Acme, loyalty: UUID):
    await acme.done(remove_priority, priority="loyalty")
    assert await acme.done(add_priority, title="Loyalty", external_id="loyalty") != loyalty


async def test_an_owner_who_has_left_stays_but_takes_no_other(acme: Acme, loyalty: UUID):
    await acme.done(organization.remove_person, person="ann")
    await acme.done(edit_priority, priority=loyalty, edits={"title": "Loyal", "owner": ref("ann")})
    assert (await acme.row("priority", loyalty))["owner_id"] == acme.ann
    refusal = await acme.refused(add_priority, title="Other", owner="ann")
    assert refusal.code() == "PERSON_IS_REMOVED"


DAYS = {"starts_on": date(2026, 2, 1)}


@pytest.mark.parametrize(
    ("service", "inputs", "code", "path"),
    (
        (add_priority, {"title": " "}, "INVALID_INPUT", ("title",)),
        (add_priority, {"title": "T", "description": "x" * 10_001}, "INVALID_INPUT", ("description",)),
        (add_priority, {"title": "T", "rank": 1.1e15}, "INVALID_INPUT", ("rank",)),
        (add_priority, {"title": "T", "rank": float("nan")}, "INVALID_INPUT", ("rank",)),
        (add_priority, {"title": "T", "starts_on": date(1899, 12, 31)}, "INVALID_INPUT", ("startsOn",)),
        (add_priority, {"title": "T", "ends_on": date(2201, 1, 1)}, "INVALID_INPUT", ("endsOn",)),
        (add_priority, {"title": "T", **DAYS, "ends_on": date(2026, 1, 31)}, "INVALID_INPUT", ("endsOn",)),
        (add_priority, {"title": "T", "owner": "nobody"}, "NOT_FOUND", ("id",)),
        (add_priority, {"title": "T", "external_id": "loyalty"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        (edit_priority, {"priority": "nobody", "edits": {}}, "NOT_FOUND", ("id",)),
        (edit_priority, {"priority": "loyalty", "edits": {"rank": float("inf")}}, "INVALID_INPUT", ("rank",)),
        (edit_priority, {"priority": "loyalty", "edits": {}, "expected_version": 2},
         "VERSION_CONFLICT", ("expectedVersion",)),
        (archive_priority, {"priority": "nobody"}, "NOT_FOUND", ("id",)),
        (archive_priority, {"priority": "loyalty", "expected_version": 2},
         "VERSION_CONFLICT", ("expectedVersion",)),
        (restore_priority, {"priority": "loyalty"}, "STATE_DOES_NOT_FIT", ("id",)),
        (remove_priority, {"priority": "loyalty", "expected_version": 2},
         "VERSION_CONFLICT", ("expectedVersion",)),
    ),
)  # fmt: skip
async def test_what_is_refused_changes_nothing(
    acme: Acme, loyalty: UUID, service: Any, inputs: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await acme.refused(service, **inputs)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_a_last_day_before_a_known_first_day_is_refused(acme: Acme, loyalty: UUID):
    await acme.done(edit_priority, priority=loyalty, edits=DAYS)
    refusal = await acme.refused(edit_priority, priority=loyalty, edits={"ends_on": date(2026, 1, 31)})
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("endsOn",))


async def test_what_is_archived_cannot_be_archived_again(acme: Acme, loyalty: UUID):
    await acme.done(archive_priority, priority=loyalty)
    refusal = await acme.refused(archive_priority, priority=loyalty)
    assert (refusal.code(), refusal.message) == ("STATE_DOES_NOT_FIT", "'Loyalty' is ARCHIVED already")


async def test_what_was_deleted_is_not_there_any_more(acme: Acme, loyalty: UUID):
    await acme.done(remove_priority, priority=loyalty)
    for service, more in ((edit_priority, {"edits": {}}), (archive_priority, {}), (remove_priority, {})):
        refusal = await acme.refused(service, priority=loyalty, **more)
        assert (refusal.code(), refusal.message) == ("NOT_FOUND", "There is no such priority")


async def test_a_priority_of_another_organisation_is_not_there(acme: Acme, loyalty: UUID):
    other = await Workplace.found(acme.database, acme.notifier, "Beta")
    assert (await other.refused(add_priority, title="T", owner=ref(acme.ann))).code() == "NOT_FOUND"
    for service, more in ((edit_priority, {"edits": {}}), (archive_priority, {}), (remove_priority, {})):
        assert (await other.refused(service, priority=ref(loyalty), **more)).code() == "NOT_FOUND"


async def test_an_objective_serves_the_priorities_that_it_names_each_once(acme: Acme, loyalty: UUID):
    calm = await acme.done(add_priority, title="Calm")
    serving = [ref(calm), ref("loyalty"), ref(calm)]
    id = await acme.objective("Serves", priorities=serving, stands_alone_reason=" Why *not*\n")
    row = await acme.row("objective", id)
    assert (row["priority_ids"], row["stands_alone_reason"]) == ([calm, loyalty], " Why *not*\n")
    await acme.done(edit_objective, objective=id, edits={"priorities": [ref(loyalty)]})
    change = await acme.change()
    assert (change["kind"], change["fields"], change["deltas"]) == ("OBJECTIVE_UPDATED", ["priorities"], [])
    await acme.done(edit_objective, objective=id, edits={"priorities": [], "stands_alone_reason": ""})
    versions = await acme.versions("objective", id)
    assert [(each["priority_ids"], each["stands_alone_reason"]) for each in versions] == [
        ([calm, loyalty], " Why *not*\n"),
        ([loyalty], " Why *not*\n"),
        ([], None),
    ]


async def test_an_archived_priority_stays_where_it_is_served_and_is_taken_up_nowhere_else(
    acme: Acme, loyalty: UUID
):
    calm = await acme.done(add_priority, title="Calm")
    served = await acme.objective("Serves", priorities=[ref(loyalty)])
    await acme.done(archive_priority, priority=loyalty)
    await acme.done(
        edit_objective, objective=served, edits={"priorities": [ref(calm), ref("loyalty")], "title": "Both"}
    )
    assert (await acme.row("objective", served))["priority_ids"] == [calm, loyalty]
    for service, inputs in (
        (draft_objective, {"cycle": "quarter", "title": "T", "priorities": [ref(loyalty)]}),
        (edit_objective, {"objective": "answer_fast", "edits": {"priorities": [ref(loyalty)]}}),
    ):
        refusal = await acme.refused(service, **inputs)
        assert (refusal.code(), refusal.path) == ("PRIORITY_IS_ARCHIVED", ("id",))
        assert refusal.message == "'Loyalty' is archived; no other objective can serve it"
    await acme.done(restore_priority, priority=loyalty)
    await acme.done(edit_objective, objective="answer_fast", edits={"priorities": [ref(loyalty)]})


@pytest.mark.parametrize("state", ("draft", "published", "dropped", "closed"))
async def test_a_priority_that_an_objective_names_is_not_deleted(state: str, acme: Acme, loyalty: UUID):
    await acme.cycle("Own")
    id = await acme.objective("Serves", priorities=[ref(loyalty)], draft=state == "draft")
    if state == "dropped":
        await acme.done(drop_objective, objective=id, reason="Enough")
    if state == "closed":
        await acme.done(cycles.begin_review, cycle=acme.current_cycle)
        await acme.done(cycles.close_cycle, cycle=acme.current_cycle)
    refusal = await acme.refused(remove_priority, priority="loyalty")
    assert (refusal.code(), refusal.path) == ("PRIORITY_IS_SERVED", ("id",))
    assert refusal.message == "Objectives serve 'Loyalty'; archive it instead"
    await acme.done(archive_priority, priority="loyalty")


async def test_a_priority_that_nothing_serves_any_more_is_deleted_and_stays_in_versions(
    acme: Acme, loyalty: UUID
):
    id = await acme.objective("Serves", priorities=[ref(loyalty)])
    await acme.done(edit_objective, objective=id, edits={"priorities": []})
    await acme.done(remove_priority, priority=loyalty)
    assert [row["priority_ids"] for row in await acme.versions("objective", id)] == [[loyalty], []]


async def test_a_deleted_priority_cannot_be_served(acme: Acme, loyalty: UUID):
    await acme.done(remove_priority, priority=loyalty)
    refusal = await acme.refused(
        edit_objective, objective="answer_fast", edits={"priorities": [ref(loyalty)]}
    )
    assert (refusal.code(), refusal.message) == ("NOT_FOUND", "There is no such priority")


async def test_more_priorities_than_20_are_too_many(acme: Acme, loyalty: UUID):
    refusal = await acme.refused(
        edit_objective, objective="answer_fast", edits={"priorities": [ref(loyalty)] * 21}
    )
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("priorities",))
    assert refusal.message == "An objective has at most 20 priorities"


async def test_numbers_do_not_move_with_priorities(acme: Acme, loyalty: UUID):
    assert await acme.moved() == {}
    assert await acme.verify() == []
