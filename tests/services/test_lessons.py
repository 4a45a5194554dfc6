"""Lessons: from an objective, a key result, an experiment or a check-in, at any time."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entities import BY_TYPE
from okr_api.okr.entity import NodeType
from okr_api.okr.policy import Editing, ObjectiveVisibility, Role
from okr_api.okr.visibility import Visibility
from okr_api.services import cycles, key_results, objectives, organization
from okr_api.services.experiments import add_experiment, delete_experiment
from okr_api.services.lessons import add_lesson, delete_lesson, edit_lesson
from okr_api.store.hidden_rows import hidden_among
from tests.acme import Acme, increase, measured, ref
from tests.services.people_of_never_down import RESPONSIBLE, able, actors_of

WRITTEN = {"change": 1, "feed_head": 1, "lesson": 1, "lesson_version": 1}
NEVER_DOWN = measured("never_down", NodeType.OBJECTIVE)


@pytest.fixture
async def lesson(acme: Acme) -> UUID:
    """Return a lesson from `never_down`, which Cem owns, itself owned by Ben."""
    return await acme.done(add_lesson, source=NEVER_DOWN, title="Rest", owner="ben", external_id="rest")


async def test_a_lesson_is_created_edited_and_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        add_lesson,
        source=measured("uptime"),
        title=" Two sites are one too many ",
        text=" As *written*\n",
        tags=["Resilience", " two   Sites", "resilience"],
        owner="ben",
        carry_forward=True,
        external_id="sites",
    )
    assert await acme.written(before) == WRITTEN
    made: dict[str, Any] = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "sites",
        "title": "Two sites are one too many",
        "objective_id": None,
        "key_result_id": acme.uptime,
        "experiment_id": None,
        "check_in_id": None,
        "review_record_id": None,
        "text": " As *written*\n",
        "tags": ["resilience", "two sites"],
        "owner_id": acme.ben,
        "carry_forward": True,
        "version": 1,
        "removed": False,
        "words_en": "'mani':6A 'one':4A 'site':2A 'two':1A 'written':8B",
        "words_de": "'are':3A 'as':7B 'many':6A 'one':4A 'sit':2A 'too':5A 'two':1A 'writt':8B",
    }
    assert await acme.row("lesson", id) == made
    await acme.done(edit_lesson, lesson="sites", edits={"text": None, "tags": ["A", "a"], "owner": None})
    edited = {"text": None, "tags": ["a"], "owner_id": None, "version": 2}
    row = await acme.row("lesson", id)
    assert row == made | edited | {name: row[name] for name in ("words_en", "words_de")}
    assert "written" not in row["words_en"]
    seq = await acme.seq()
    await acme.done(edit_lesson, lesson="sites", edits={"tags": ["A"]})
    assert await acme.seq() == seq
    await acme.done(delete_lesson, lesson=id, expected_version=2)
    assert (await acme.row("lesson", id))["removed"] is True
    kinds = await acme.fetch("select kind from change where node_type = 'LESSON' order by seq")
    assert [row["kind"] for row in kinds] == [f"LESSON_{verb}" for verb in ("CREATED", "UPDATED", "DELETED")]
    assert len(await acme.versions("lesson", id)) == 3
    assert (await acme.refused(edit_lesson, lesson=id, edits={})).code() == "NOT_FOUND"
    assert await acme.verify() == []


async def test_a_lesson_from_an_experiment_or_a_check_in_is_of_what_that_is_on(acme: Acme):
    trial = await acme.done(add_experiment, key_result="uptime", hypothesis="We believe")
    made = await acme.check_in("uptime", 99.0)
    for node_type, id, column in (
        (NodeType.EXPERIMENT, trial, "experiment_id"),
        (NodeType.CHECK_IN, made, "check_in_id"),
    ):
        learned = await acme.done(add_lesson, source=measured(id, node_type), title="So")
        row = await acme.row("lesson", learned)
        assert (row["key_result_id"], row["objective_id"], row[column]) == (acme.uptime, None, id)
        related = (await acme.change())["related_ids"]
        assert {acme.uptime, acme.never_down} <= set(related)
    await acme.done(delete_experiment, experiment=trial)
    assert len(await acme.fetch("select id from lesson where not removed")) == 2


async def test_one_is_learned_also_where_all_is_over(acme: Acme):
    await acme.done(objectives.drop_objective, objective="never_down", reason="Enough")
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Nobody looked")
    id = await acme.done(add_lesson, source=measured("uptime"), title="So")
    await acme.done(edit_lesson, lesson=id, edits={"title": "So it is"})


@pytest.mark.parametrize(
    ("given", "path"),
    (
        ({"title": " "}, ("title",)),
        ({"title": "x" * 501}, ("title",)),
        ({"text": "x" * 10_001}, ("text",)),
        ({"tags": ["x", " "]}, ("tags", "1")),
        ({"tags": ["x" * 61]}, ("tags", "0")),
        ({"tags": [str(n) for n in range(21)]}, ("tags",)),
    ),
)
async def test_what_is_wrong_is_refused_where_it_stands(
    given: dict[str, Any], path: Any, acme: Acme, lesson: UUID
):
    new = await acme.refused(add_lesson, **{"source": NEVER_DOWN, "title": "New", **given})
    edited = await acme.refused(edit_lesson, lesson=lesson, edits=given)
    assert [(each.code(), each.path) for each in (new, edited)] == [("INVALID_INPUT", path)] * 2


async def test_a_lesson_from_what_is_hidden_or_not_there_is_refused_alike_and_changes_nothing(acme: Acme):
    hidden = await acme.objective("Secret", owner="cem")
    part = await acme.key_result("Part", objective=hidden, measure=increase())
    trial = await acme.done(add_experiment, key_result=part, hypothesis="We believe")
    made = await acme.check_in(part, 1.0)
    edits = {"visibility": ObjectiveVisibility.PRIVATE}
    await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective=hidden, edits=edits)
    before, ben = await acme.tables(), replace(acme.as_person(acme.ben, "Ben"), role=Role.MEMBER)
    for node_type, id in (
        (NodeType.OBJECTIVE, hidden),
        (NodeType.KEY_RESULT, part),
        (NodeType.EXPERIMENT, trial),
        (NodeType.CHECK_IN, made),
    ):
        for of in (id, acme.organization.id):
            refused = await acme.refused(add_lesson, source=measured(of, node_type), title="So", by=ben)
            noun = BY_TYPE[node_type].noun
            assert (refused.code(), refused.message) == ("NOT_FOUND", f"There is no such {noun}")
    assert await acme.written(before) == {}


async def test_a_lesson_goes_with_its_key_result_to_another_objective(acme: Acme):
    await acme.objective("Draft", external_id="draft", draft=True)
    id = await acme.done(add_lesson, source=measured("macros"), title="So")
    await acme.done(key_results.move_key_result, key_result="macros", objective="draft")
    async with acme.database.of(acme.organization.id) as connection:
        blind = Visibility(drafts=False, restricted=True, person_id=None)
        assert await hidden_among(connection, acme.organization.id, [id], blind) == {id}


async def test_who_may_create_edit_and_delete_one(acme: Acme, lesson: UUID):
    actors = await actors_of(acme)
    edits = {"owner": ref("max"), "check_in_owner": ref("sam")}
    await acme.done(key_results.edit_key_result, key_result="uptime", edits=edits, measure={})
    learned = await able(acme, actors, add_lesson, Scope.CHECK_IN, source=measured("uptime"), title="New")
    assert learned == RESPONSIBLE | {"max", "sam"}
    assert await able(acme, actors, add_lesson, Scope.CHECK_IN, source=NEVER_DOWN, title="So") == RESPONSIBLE
    owners = await acme.fetch("select owner_id from lesson where title = 'New'")
    assert {row["owner_id"] for row in owners} == {
        actors[name].author.person_id for name in ("ann", "cem", "lea", "max", "sam", "service")
    }
    stale: dict[str, Any] = {"lesson": ref(lesson), "expected_version": 999}
    edited = await able(acme, actors, edit_lesson, **stale, edits={"title": "Another"})
    assert edited == RESPONSIBLE | {"ben"}
    assert await able(acme, actors, delete_lesson, **stale) == RESPONSIBLE
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    assert await able(acme, actors, delete_lesson, **stale) == actors.keys() - {"viewer"}
