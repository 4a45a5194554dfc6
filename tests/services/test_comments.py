"""Comments on objectives, key results and check-ins: who writes, edits and deletes them; mentions; replies."""

from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.comment import DISCUSSED, MAX_MENTIONS
from okr_api.okr.entity import NodeType
from okr_api.okr.mentions import mention_of
from okr_api.okr.policy import Role
from okr_api.services import objectives, organization
from okr_api.services.comments import add_comment, delete_comment, edit_comment
from okr_api.services.decisions import add_decision, delete_decision
from okr_api.services.experiments import add_experiment, delete_experiment
from okr_api.services.lessons import add_lesson, delete_lesson
from okr_api.services.reactions import add_reaction
from okr_api.services.roadblocks import add_roadblock, delete_roadblock
from okr_api.store.database import new_id
from tests.acme import Acme, measured

WRITTEN = {"change": 1, "feed_head": 1, "comment": 1, "comment_version": 1}
ANSWER_FAST = measured("answer_fast", NodeType.OBJECTIVE)


def member(acme: Acme, name: str, *, role: Role = Role.MEMBER, scope: Scope = Scope.WRITE) -> Actor:
    """Return one of Acme's people."""
    id: UUID = getattr(acme, name)
    return Actor(
        acme.organization.id, acme.organization.id, Author(name.capitalize(), id), frozenset({scope}), role
    )


async def say(acme: Acme, text: str = "Hm", by: str = "ben", **inputs: Any) -> UUID:
    """Comment as one of Acme's people, with the least that they need."""
    inputs = {"on": ANSWER_FAST, **inputs}
    return await acme.done(add_comment, text=text, by=member(acme, by), scope=Scope.CHECK_IN, **inputs)


async def test_a_comment_is_added_edited_and_deleted(acme: Acme):
    before = await acme.tables()
    text = f"Is *that* so, {mention_of('Cem', acme.cem)}?"
    id = await say(acme, text, external_id="remark")
    assert await acme.written(before) == WRITTEN
    made = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "remark",
        "text": text,
        "author_name": "Ben",
        "author_person_id": acme.ben,
        "objective_id": acme.answer_fast,
        "key_result_id": None,
        "check_in_id": None,
        "roadblock_id": None,
        "decision_id": None,
        "experiment_id": None,
        "lesson_id": None,
        "review_record_id": None,
        "parent_id": None,
        "mention_ids": [acme.cem],
        "about_id": acme.answer_fast,
        "version": 1,
        "removed": False,
    }
    assert await acme.row("comment", id) == made
    ben = member(acme, "ben")
    edits = {"text": f"Yes, {mention_of('Ann', acme.ann)}"}
    await acme.done(edit_comment, comment="remark", edits=edits, expected_version=1, by=ben)
    assert (await acme.change())["fields"] == ["text"]
    seq = await acme.seq()
    await acme.done(edit_comment, comment="remark", edits=edits, by=ben)
    assert await acme.seq() == seq  # nothing was different
    await acme.done(delete_comment, comment=id, expected_version=2, by=ben)
    gone = {"version": 3, "removed": True, "external_id": None, "mention_ids": [acme.ann], **edits}
    assert await acme.row("comment", id) == made | gone
    assert [row["text"] for row in await acme.versions("comment", id)] == [text, *[edits["text"]] * 2]
    kinds = await acme.fetch("select kind from change where node_type = 'COMMENT' order by seq")
    assert [row["kind"] for row in kinds] == ["COMMENT_CREATED", "COMMENT_UPDATED", "COMMENT_DELETED"]
    assert (await acme.refused(edit_comment, comment=id, edits={}, by=ben)).code() == "NOT_FOUND"
    assert await acme.verify() == []


async def test_all_that_can_be_discussed_is_and_a_reply_is_on_the_same(acme: Acme):
    check_in = await acme.check_in("macros", 5, external_id="said")
    blocked = await acme.done(add_roadblock, on=measured("macros"), title="Wall", external_id="wall")
    decided = await acme.done(add_decision, text="Go", external_id="go")
    of = {NodeType.OBJECTIVE: acme.answer_fast, NodeType.KEY_RESULT: acme.macros, NodeType.CHECK_IN: check_in}
    trial = await acme.done(add_experiment, key_result="macros", hypothesis="So", external_id="trial")
    learned = await acme.done(add_lesson, source=measured("macros"), title="So", external_id="so")
    of |= {NodeType.ROADBLOCK: blocked, NodeType.DECISION: decided}
    of |= {NodeType.EXPERIMENT: trial, NodeType.LESSON: learned}
    of[NodeType.REVIEW_RECORD] = await acme.review("clear_backlog", external_id="back")
    names = dict(zip(of, ("answer_fast", "macros", "said", "wall", "go", "trial", "so", "back"), strict=True))
    assert of.keys() == DISCUSSED.keys()
    made: dict[NodeType, UUID] = {}
    for node_type, column in DISCUSSED.items():
        made[node_type] = await say(acme, on=measured(of[node_type], node_type))
        reply = await say(acme, on=measured(names[node_type], node_type), reply_to=made[node_type], by="cem")
        row = await acme.row("comment", reply)
        assert (row[column], row["parent_id"]) == (of[node_type], made[node_type])
        deeper = {"on": measured(names[node_type], node_type), "text": "Hm", "reply_to": reply}
        refusal = await acme.refused(add_comment, **deeper)
        assert (refusal.code(), refusal.path) == ("REPLY_TO_REPLY", ("id",))
    elsewhere = {"on": measured("macros"), "text": "Hm", "reply_to": made[NodeType.CHECK_IN]}
    assert (await acme.refused(add_comment, **elsewhere)).code() == "INVALID_INPUT"


async def test_a_mention_is_of_somebody_here_and_there_are_at_most_100(acme: Acme):
    for text in (mention_of("Eve", new_id()), "@[Ann](ann)", f"@[Ann](obj_{acme.ann.hex})"):
        refusal = await acme.refused(add_comment, on=ANSWER_FAST, text=f"Hm {text}")
        assert (refusal.code(), refusal.path) == ("UNKNOWN_MENTION", ("text",))
        assert text in refusal.message
    many = " ".join(mention_of("x", new_id()) for _ in range(MAX_MENTIONS + 1))
    refusal = await acme.refused(add_comment, on=ANSWER_FAST, text=many)
    assert (refusal.code(), refusal.message) == ("INVALID_INPUT", "A text mentions at most 100 people")
    await acme.done(organization.remove_person, person="cem")
    left = await say(acme, f"As {mention_of('Cem', acme.cem)} said, and {mention_of('C', acme.cem)} did")
    assert (await acme.row("comment", left))["mention_ids"] == [acme.cem]


@pytest.mark.parametrize("text", ("", " \n", "x" * 10_001, "a\0b"))
async def test_a_text_has_1_to_10_000_characters(text: str, acme: Acme):
    refusal = await acme.refused(add_comment, on=ANSWER_FAST, text=text)
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("text",))


async def test_only_the_author_edits_and_the_author_or_an_admin_deletes(acme: Acme):
    id = await say(acme)
    bot = acme.actor
    by_bot = await acme.done(add_comment, on=ANSWER_FAST, text="Beep")
    others = {"cem": member(acme, "cem"), "ann": member(acme, "ann", role=Role.ADMIN), "bot": bot}
    for actor in others.values():
        refusal = await acme.refused(edit_comment, comment=id, edits={"text": "Mine"}, by=actor)
        assert (refusal.code(), refusal.path) == ("FORBIDDEN", ("id",))
    cem = member(acme, "cem")
    assert (await acme.refused(delete_comment, comment=id, by=cem)).code() == "FORBIDDEN"
    assert (
        await acme.refused(edit_comment, comment=by_bot, edits={"text": "Mine"}, by=cem)
    ).code() == "FORBIDDEN"
    await acme.done(edit_comment, comment=by_bot, edits={"text": "Boop"}, by=bot)
    await acme.done(delete_comment, comment=id, by=others["ann"], scope=Scope.CHECK_IN)


async def test_what_hangs_on_a_deleted_comment_is_gone_with_it(acme: Acme):
    id = await say(acme)
    reply = await say(acme, reply_to=id)
    await acme.done(delete_comment, comment=id, by=member(acme, "ben"))
    ben = member(acme, "ben")
    assert (
        await acme.refused(edit_comment, comment=reply, edits={"text": "Hm?"}, by=ben)
    ).code() == "NOT_FOUND"
    for answered in (id, reply):
        refusal = await acme.refused(add_comment, on=ANSWER_FAST, text="Hm", reply_to=answered, by=ben)
        assert refusal.code() == "NOT_FOUND"


RECORDS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "roadblock": (add_roadblock, {"on": measured("macros"), "title": "Wall"}, delete_roadblock),
    "decision": (add_decision, {"about": measured("macros"), "text": "Go"}, delete_decision),
    "experiment": (add_experiment, {"key_result": "macros", "hypothesis": "So"}, delete_experiment),
    "lesson": (add_lesson, {"source": measured("macros"), "title": "So"}, delete_lesson),
}


@pytest.mark.parametrize("record", RECORDS)
async def test_what_is_said_on_a_deleted_record_is_gone_with_it(record: str, acme: Acme):
    ben = member(acme, "ben")
    add, inputs, delete = RECORDS[record]
    id = await acme.done(add, by=ben, **inputs)
    on = measured(id, NodeType[record.upper()])
    said = await say(acme, on=on)
    before = await acme.tables()
    await acme.done(delete, **{record: id})
    gone = {"change": 1, "feed_head": 1, record: 1, f"{record}_version": 1}
    assert await acme.written(before) == gone
    for service, inputs in (
        (edit_comment, {"comment": said, "edits": {"text": "Hm?"}}),
        (add_comment, {"on": on, "text": "Hm"}),
        (add_reaction, {"on": measured(said, NodeType.COMMENT), "emoji": "🎉"}),
    ):
        assert (await acme.refused(service, by=ben, **inputs)).code() == "NOT_FOUND"


async def test_a_decision_about_nothing_is_discussed_by_everybody_who_may_comment(acme: Acme):
    decided = await acme.done(add_decision, text="Go")
    id = await say(acme, on=measured(decided, NodeType.DECISION), by="cem")
    on = {"on": measured(decided, NodeType.DECISION), "text": "Hm"}
    for role, scope in ((Role.VIEWER, Scope.WRITE), (Role.MEMBER, Scope.READ)):
        refusal = await acme.refused(add_comment, by=member(acme, "ben", role=role, scope=scope), **on)
        assert refusal.code() == "FORBIDDEN"
    await acme.done(delete_comment, comment=id, by=member(acme, "ann", role=Role.ADMIN))


async def test_what_is_dropped_or_in_a_closed_cycle_is_still_discussed(acme: Acme):
    await acme.done(objectives.drop_objective, objective="clear_backlog", reason="Later")
    await acme.fetch("update cycle set state = 'CLOSED' where id = $1 returning id", acme.quarter)
    await say(acme, on=measured("clear_backlog", NodeType.OBJECTIVE))


async def test_a_comment_on_what_is_hidden_is_answered_as_one_that_is_not_there(acme: Acme):
    made = await say(acme, on=measured("macros"))
    await acme.fetch("update objective set state = 'DRAFT' where id = $1 returning id", acme.answer_fast)
    await acme.fetch("update objective set state = 'DRAFT' where id = $1 returning id", acme.clear_backlog)
    ben = member(acme, "ben", scope=Scope.CHECK_IN)
    for service, inputs in (
        (add_comment, {"on": measured("macros"), "text": "Hm"}),
        (edit_comment, {"comment": made, "edits": {"text": "Mine"}}),
        (delete_comment, {"comment": made}),
    ):
        hidden = await acme.refused(service, by=ben, scope=Scope.CHECK_IN, **inputs)
        nobody = {"on": measured(new_id()), "comment": new_id()}
        absent = await acme.refused(
            service,
            by=ben,
            scope=Scope.CHECK_IN,
            **{name: nobody.get(name, of) for name, of in inputs.items()},
        )
        assert (hidden.code(), hidden.message, hidden.path) == (absent.code(), absent.message, absent.path)
        assert hidden.code() == "NOT_FOUND"


async def test_a_viewer_does_not_comment(acme: Acme):
    viewer = member(acme, "cem", role=Role.VIEWER)
    refusal = await acme.refused(add_comment, on=ANSWER_FAST, text="Hm", by=viewer, scope=Scope.CHECK_IN)
    assert refusal.code() == "FORBIDDEN"
