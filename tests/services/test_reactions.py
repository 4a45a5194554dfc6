"""Reactions and follows: of people, once each, and remembered."""

from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.okr.follow import FOLLOWED
from okr_api.okr.reaction import REACTED
from okr_api.services.comments import add_comment, delete_comment
from okr_api.services.decisions import add_decision
from okr_api.services.experiments import add_experiment
from okr_api.services.follows import choose_to_follow
from okr_api.services.lessons import add_lesson
from okr_api.services.reactions import add_reaction, remove_reaction
from okr_api.services.roadblocks import add_roadblock
from okr_api.store.followers import followers_of
from tests.acme import Acme, measured, ref
from tests.services.test_comments import member, say

MACROS = measured("macros")


async def nodes(acme: Acme) -> dict[NodeType, UUID]:
    """Return a node of each type that can be reacted to or followed."""
    return {
        NodeType.OBJECTIVE: acme.answer_fast,
        NodeType.KEY_RESULT: acme.macros,
        NodeType.CHECK_IN: await acme.check_in("macros", 5),
        NodeType.COMMENT: await say(acme),
        NodeType.ROADBLOCK: await acme.done(add_roadblock, on=MACROS, title="Wall"),
        NodeType.DECISION: await acme.done(add_decision, text="Go"),
        NodeType.EXPERIMENT: await acme.done(add_experiment, key_result="macros", hypothesis="So"),
        NodeType.LESSON: await acme.done(add_lesson, source=MACROS, title="So"),
        NodeType.REVIEW_RECORD: await acme.review("clear_backlog"),
        NodeType.TEAM: acme.support,
    }


async def test_a_person_reacts_with_each_emoji_once_and_takes_it_back(acme: Acme):
    there = await nodes(acme)
    ben = member(acme, "ben")
    for node_type, column in REACTED.items():
        given: dict[str, Any] = {"on": measured(there[node_type], node_type), "by": ben}
        id = await acme.done(add_reaction, emoji="\u2764", scope=Scope.CHECK_IN, **given)
        row = await acme.row("reaction", id)
        assert (row[column], row["person_id"], row["emoji"]) == (there[node_type], acme.ben, "\u2764\ufe0f")
        for same in ("\u2764", "\u2764\ufe0f"):
            refusal = await acme.refused(add_reaction, emoji=same, **given)
            assert (refusal.code(), refusal.path) == ("ALREADY_EXISTS", ("emoji",))
        await acme.done(add_reaction, emoji="🎉", **given)
        await acme.done(add_reaction, emoji="🎉", **given | {"by": member(acme, "cem")})
        await acme.done(remove_reaction, emoji="\u2764", scope=Scope.CHECK_IN, **given)
        refusal = await acme.refused(remove_reaction, emoji="\u2764", **given)
        assert (refusal.code(), refusal.path) == ("NOT_FOUND", ("emoji",))
        await acme.done(add_reaction, emoji="\u2764", **given)
    kinds = await acme.fetch(
        "select kind, count(*) from change where node_type = 'REACTION' group by 1 order by 1"
    )
    assert [tuple(row.values()) for row in kinds] == [("REACTION_ADDED", 36), ("REACTION_REMOVED", 9)]
    assert await acme.verify() == []


async def test_what_is_no_emoji_or_of_no_person_is_refused(acme: Acme):
    for service in (add_reaction, remove_reaction):
        refusal = await acme.refused(service, on=MACROS, emoji="great", by=member(acme, "ben"))
        assert (refusal.code(), refusal.path) == ("NOT_AN_EMOJI", ("emoji",))
        assert (await acme.refused(service, on=MACROS, emoji="🎉")).code() == "PEOPLE_ONLY"
    assert (await acme.refused(choose_to_follow, on=MACROS, is_following=True)).code() == "PEOPLE_ONLY"


async def test_nobody_reacts_to_a_comment_that_was_deleted(acme: Acme):
    id, ben = await say(acme), member(acme, "ben")
    reply = await say(acme, reply_to=id)
    await acme.done(delete_comment, comment=id, by=ben)
    for gone in (id, reply):
        on = measured(gone, NodeType.COMMENT)
        assert (await acme.refused(add_reaction, on=on, emoji="🎉", by=ben)).code() == "NOT_FOUND"


async def test_a_choice_to_follow_is_kept_and_the_same_again_is_no_change(acme: Acme):
    there = await nodes(acme)
    for node_type, column in FOLLOWED.items():
        given: dict[str, Any] = {"on": measured(there[node_type], node_type), "by": member(acme, "ben")}
        ids = set()
        for is_following, version in ((True, 1), (True, 1), (False, 2), (False, 2), (True, 3)):
            seq = await acme.seq()
            outcome = await acme.do(
                choose_to_follow, is_following=is_following, scope=Scope.CHECK_IN, **given
            )
            assert outcome.errors == ()
            ids.add(outcome.ids["node"])
            row = await acme.row("follow", outcome.ids["node"])
            assert (row[column], row["is_following"], row["version"]) == (
                there[node_type],
                is_following,
                version,
            )
            assert await acme.seq() == seq + (not outcome.is_unchanged)
        assert len(ids) == 1
    kinds = await acme.fetch(
        "select kind, count(*) from change where node_type = 'FOLLOW' group by 1 order by 1"
    )
    assert [tuple(row.values()) for row in kinds] == [("FOLLOW_BEGUN", 6), ("FOLLOW_ENDED", 3)]


async def followers(acme: Acme, node_type: NodeType, id: UUID) -> list[str]:
    """Return the names of the followers of a node."""
    statement = followers_of(node_type).replace("{parents}", "$2")
    rows = await acme.fetch(
        f"select name from ({statement}) found join person on id = found.person order by name",
        acme.organization.id,
        [id],
    )
    return [row["name"] for row in rows]


@pytest.mark.parametrize("node_type", (NodeType.OBJECTIVE, NodeType.KEY_RESULT))
async def test_people_follow_what_is_theirs_and_what_they_discuss_unless_they_unfollow_it(
    node_type: NodeType, acme: Acme
):
    """Nothing is written for that; and who cannot see the node, or has left, does not follow it."""
    id = await acme.objective("Alone", owner="ann", external_id="alone")
    if node_type is NodeType.KEY_RESULT:
        id = await acme.key_result("Part", id, owner="ann", check_in_owner=ref("ann"), external_id="part")
    on = measured(id, node_type)
    assert await followers(acme, node_type, id) == ["Ann"]
    remark = await acme.done(add_comment, on=on, text=f"@[C](per_{acme.cem.hex})?", by=member(acme, "ben"))
    assert await followers(acme, node_type, id) == ["Ann", "Ben", "Cem"]
    cem = member(acme, "cem")
    await acme.done(choose_to_follow, on=on, is_following=False, by=cem)
    assert await followers(acme, node_type, id) == ["Ann", "Ben"]
    await acme.done(choose_to_follow, on=on, is_following=True, by=cem)
    await acme.done(delete_comment, comment=remark, by=member(acme, "ben"))
    assert await followers(acme, node_type, id) == ["Ann", "Cem"]
    whole = "update objective set viewer_ids = $1 where external_id = 'alone' returning id"
    await acme.fetch(whole, [acme.ben])
    assert await followers(acme, node_type, id) == ["Ann"]  # an admin sees it
    await acme.fetch(whole, [acme.ben, acme.cem])
    assert await followers(acme, node_type, id) == ["Ann", "Cem"]
    await acme.fetch("update objective set state = 'DRAFT' where external_id = 'alone' returning id")
    await acme.fetch("update person set role = 'VIEWER' where id = $1 returning id", acme.cem)
    assert await followers(acme, node_type, id) == ["Ann"]
    await acme.fetch("update person set active = false where id = $1 returning id", acme.ann)
    assert await followers(acme, node_type, id) == []


async def test_who_comments_on_a_check_in_follows_its_key_result(acme: Acme):
    before = await followers(acme, NodeType.KEY_RESULT, acme.macros)
    check_in = await acme.check_in("macros", 5)
    on = measured(check_in, NodeType.CHECK_IN)
    await acme.done(add_comment, on=on, text="Hm", by=member(acme, "cem"))
    assert await followers(acme, NodeType.KEY_RESULT, acme.macros) == sorted({*before, "Cem"})
