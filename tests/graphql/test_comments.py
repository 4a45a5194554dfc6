"""Comments as they are read: threads, mentions, reactions, followers; previews of who would be told."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql.subscription_events import depends_on_viewer
from okr_api.okr.entity import NodeType
from okr_api.query_engine.comment_preview import MAX_RECIPIENTS_SHOWN
from okr_api.query_engine.discussion import MAX_EMOJI_SHOWN, MAX_REACTION_PEOPLE
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.graphql.test_restricted import client_of
from tests.restricting import restrict
from tests.serving import Client, Server

MACROS = {"keyResult": {"externalId": "macros"}}
REACTIONS = "reactions { emoji count viewerHasReacted people { name } }"
PREVIEW = (
    "query ($input: CommentPreviewInput!) { commentPreview(input: $input) "
    "{ notified { person { name } reason } notifiedCount cannotSee { name } unknownMentions } }"
)


@pytest.fixture
async def ben(served: Server, acme: Acme) -> Client:
    return await client_of(served, acme, "ben", Scope.CHECK_IN)


@pytest.fixture
async def cem(served: Server, acme: Acme) -> Client:
    return await client_of(served, acme, "cem", Scope.CHECK_IN)


def mention(acme: Acme, name: str) -> str:
    return f"@[{name.capitalize()}]({encode_id(NodeType.PERSON, getattr(acme, name))})"


async def test_a_thread_is_read_with_its_replies_mentions_and_reactions(
    client: Client, ben: Client, cem: Client, acme: Acme
):
    await ben.do("commentCreate", on=MACROS, text=f"{mention(acme, 'cem')}, how many?", externalId="how_many")
    answered = {"on": MACROS, "replyTo": {"externalId": "how_many"}, "text": "*Ten*"}
    made = await cem.do(
        "commentCreate", "comment { text author { name person { name } } replyTo { text } }", **answered
    )
    assert made["comment"] == {
        "text": "*Ten*",
        "author": {"name": "Cem", "person": {"name": "Cem"}},
        "replyTo": {"text": f"{mention(acme, 'cem')}, how many?"},
    }
    on_first = {"comment": {"externalId": "how_many"}}
    for who, emoji in ((cem, "🎉"), (ben, "👍"), (client, "👍")):
        await who.do("reactionAdd", on=on_first, emoji=emoji)
    thread = await ben.one(
        '{ keyResult(externalId: "macros") { commentCount comments { totalCount nodes { mentions { name } '
        f"{REACTIONS} replies {{ totalCount nodes {{ text objective {{ externalId }} keyResult {{ externalId }} "
        "checkIn { id } } } } } } }"
    )
    assert thread == {
        "commentCount": 2,
        "comments": {
            "totalCount": 1,
            "nodes": [
                {
                    "mentions": [{"name": "Cem"}],
                    "reactions": [
                        {
                            "emoji": "👍",
                            "count": 2,
                            "viewerHasReacted": True,
                            "people": [{"name": "Ben"}, {"name": "Ann"}],
                        },
                        {"emoji": "🎉", "count": 1, "viewerHasReacted": False, "people": [{"name": "Cem"}]},
                    ],
                    "replies": {
                        "totalCount": 1,
                        "nodes": [
                            {
                                "text": "*Ten*",
                                "objective": {"externalId": await holder(client)},
                                "keyResult": {"externalId": "macros"},
                                "checkIn": None,
                            }
                        ],
                    },
                }
            ],
        },
    }
    await client.do("commentDelete", comment={"externalId": "how_many"})
    gone = await client.one('{ keyResult(externalId: "macros") { commentCount comments { totalCount } } }')
    assert gone == {"commentCount": 0, "comments": {"totalCount": 0}}


async def holder(client: Client) -> Any:
    found = await client.one('{ keyResult(externalId: "macros") { objective { externalId } } }')
    return found["objective"]["externalId"]


async def test_followers_are_the_same_people_for_everybody_and_the_viewer_knows_of_themselves(
    client: Client, ben: Client, served: Server, acme: Acme
):
    read = '{ team(externalId: "support") { viewerFollows followers { totalCount nodes { name } } } }'
    await ben.do("follow", on={"team": {"externalId": "support"}})
    bot = served.client(acme.world.tokens[Scope.READ])
    for who, follows in ((ben, True), (client, False), (bot, False)):
        assert await who.one(read) == {
            "viewerFollows": follows,
            "followers": {"totalCount": 1, "nodes": [{"name": "Ben"}]},
        }
    mine = await ben.one(
        "{ viewer { person { follows { nodes { isFollowing team { name } objective { id } } } } } }"
    )
    assert mine["person"]["follows"]["nodes"] == [
        {"isFollowing": True, "team": {"name": "Support"}, "objective": None}
    ]
    await ben.do("unfollow", on={"team": {"externalId": "support"}})
    assert (await ben.one(read))["followers"]["totalCount"] == 0


async def test_a_preview_says_who_would_be_told_and_who_would_not(
    client: Client, ben: Client, cem: Client, acme: Acme
):
    on = {"objective": {"externalId": "alone"}}
    await client.do(
        "objectiveCreate",
        cycle={"externalId": "quarter"},
        title="Alone",
        owner={"externalId": "ann"},
        externalId="alone",
    )
    await cem.do("commentCreate", on=on, text="Hm", externalId="hm")
    text = f"{mention(acme, 'ann')} {mention(acme, 'ann')} @[Nobody](nobody)"
    answered = {"on": on, "replyTo": {"externalId": "hm"}, "text": text}
    before = await acme.tables()
    assert await ben.one(PREVIEW, input=answered) == {
        "notified": [
            {"person": {"name": "Ann"}, "reason": "MENTION"},
            {"person": {"name": "Cem"}, "reason": "REPLY"},
        ],
        "notifiedCount": 2,
        "cannotSee": [],
        "unknownMentions": ["@[Nobody](nobody)"],
    }
    found = await ben.one(PREVIEW, input={"on": on, "text": "Hm"})
    assert {(each["person"]["name"], each["reason"]) for each in found["notified"]} == {
        ("Ann", "FOLLOW"),
        ("Cem", "FOLLOW"),
    }
    assert await acme.tables() == before
    await restrict(acme, "alone", acme.ben)
    secret = await ben.one(
        PREVIEW, input={"on": on, "text": f"{mention(acme, 'cem')} {mention(acme, 'ann')}"}
    )
    assert [each["person"]["name"] for each in secret["notified"]] == ["Ann"]  # an admin sees everything
    assert secret["cannotSee"] == [{"name": "Cem"}]
    hidden = await cem.answer(PREVIEW, input={"on": on, "text": mention(acme, "ben")})
    absent = await cem.answer(PREVIEW, input={"on": {"objective": {"externalId": "nobody"}}, "text": "Hm"})
    assert hidden["data"] == absent["data"] == {"commentPreview": None}


async def test_a_preview_rejects_what_cannot_be_replied_to_as_the_comment_itself_is_rejected(
    client: Client, cem: Client, acme: Acme
):
    alone, fast = ({"objective": {"externalId": name}} for name in ("alone", "answer_fast"))
    owner, cycle = {"externalId": "ann"}, {"externalId": "quarter"}
    await client.do("objectiveCreate", cycle=cycle, title="Alone", owner=owner, externalId="alone")
    for on, id, more in (
        (alone, "secret", {}),
        (MACROS, "hm", {}),
        (MACROS, "well", {"replyTo": {"externalId": "hm"}}),
        (MACROS, "gone", {}),
        (MACROS, "under_gone", {"replyTo": {"externalId": "gone"}}),
    ):
        await client.do("commentCreate", on=on, text="Hm", externalId=id, **more)
    await client.do("commentDelete", comment={"externalId": "gone"})
    await restrict(acme, "alone", acme.ben)
    person, nobody = (encode_id(*one) for one in ((NodeType.PERSON, acme.ann), (NodeType.COMMENT, acme.ann)))
    for on, reply_to, code in (
        (fast, {"externalId": "hm"}, "INVALID_INPUT"),
        (MACROS, {"externalId": "well"}, "REPLY_TO_REPLY"),
        (MACROS, {"externalId": "secret"}, "NOT_FOUND"),
        (MACROS, {"externalId": "gone"}, "NOT_FOUND"),
        (MACROS, {"externalId": "under_gone"}, "NOT_FOUND"),
        (MACROS, {"externalId": "nothing"}, "NOT_FOUND"),
        (MACROS, {"id": person}, "NOT_FOUND"),
        (MACROS, {"id": nobody}, "NOT_FOUND"),
    ):
        written = {"on": on, "replyTo": reply_to, "text": "Hm"}
        [refused] = (await cem.try_("commentCreate", **written))["errors"]
        told = await cem.answer(PREVIEW, input=written)
        [problem] = told["errors"]
        assert told["data"] == {"commentPreview": None}
        assert problem["message"] == refused["message"]
        assert problem["extensions"]["code"] == refused["code"] == code, reply_to
        assert problem["extensions"]["path"] == ["input", *refused["path"]] == ["input", "replyTo", *reply_to]
    unseen = {"on": alone, "replyTo": {"externalId": "nothing"}, "text": "Hm"}
    assert await cem.one(PREVIEW, input=unseen) is None


async def test_roadblocks_and_decisions_are_discussed_and_those_who_see_to_them_are_told(
    client: Client, ben: Client, cem: Client, acme: Acme
):
    blocked = {"on": MACROS, "title": "Wall", "owner": {"externalId": "cem"}, "externalId": "wall"}
    await client.do("roadblockCreate", **blocked)
    await client.do("decisionCreate", text="Go", owner={"externalId": "cem"}, externalId="go")
    for name, node, on in (
        ("roadblock", "wall", {"objective": {"externalId": await holder(client)}}),
        ("decision", "go", {"objective": None}),
    ):
        place = {name: {"externalId": node}}
        told = await ben.one(PREVIEW, input={"on": place, "text": "Hm"})
        assert {"person": {"name": "Cem"}, "reason": "FOLLOW"} in told["notified"]
        made = await ben.do(
            "commentCreate",
            f"comment {{ objective {{ externalId }} {name} {{ externalId }} keyResult {{ id }} }}",
            on=place,
            text=f"Hm, {mention(acme, 'ann')}",
            externalId=f"on_{node}",
        )
        assert made["comment"] == {**on, name: {"externalId": node}, "keyResult": None}
        await cem.do("reactionAdd", on=place, emoji="🎉")
        read = f'{{ {name}(externalId: "{node}") {{ commentCount comments {{ nodes {{ text }} }} reactions {{ emoji }} }} }}'
        assert await cem.one(read) == {
            "commentCount": 1,
            "comments": {"nodes": [{"text": f"Hm, {mention(acme, 'ann')}"}]},
            "reactions": [{"emoji": "🎉"}],
        }
        summaries = await ben.one("{ viewer { person { activity(first: 1) { nodes { summary } } } } }")
        named = {"wall": "Wall", "go": "Go"}[node]
        [latest] = summaries["person"]["activity"]["nodes"]
        assert latest == {"summary": f"Ben commented on '{named}'"}
    followers = await client.one('{ keyResult(externalId: "macros") { followers { nodes { name } } } }')
    assert {"Ann", "Ben"} <= {each["name"] for each in followers["followers"]["nodes"]}
    await client.do("decisionDelete", decision={"externalId": "go"})
    for read in (
        '{ comment(externalId: "on_go") { id } }',
        '{ decision(externalId: "go") { id } }',
    ):
        assert await client.one(read) is None
    assert await ben.one(PREVIEW, input={"on": {"decision": {"externalId": "go"}}, "text": "Hm"}) is None
    assert (await client.one('{ comment(externalId: "on_wall") { id } }')) is not None


async def test_at_most_so_many_recipients_people_and_emoji_are_listed(client: Client, acme: Acme):
    added = (
        "insert into person (organization_id, id, name, active, version, role, notifications_daily, notifications_off) "
        "select $1, gen_random_uuid(), 'Person ' || n, true, 1, 'MEMBER', '{}', '{}' from generate_series(1, 120) n "
        "returning id"
    )
    await acme.fetch(added, acme.organization.id)
    await acme.fetch(
        "insert into follow (organization_id, id, person_id, key_result_id, is_following, version) "
        "select $1, gen_random_uuid(), id, $2, true, 1 from person where name like 'Person %' returning id",
        acme.organization.id,
        acme.macros,
    )
    await acme.fetch(
        "insert into reaction (organization_id, id, person_id, emoji, key_result_id, version, removed) "
        "select $1, gen_random_uuid(), person.id, chr(128512 + n), $2, 1, false "
        "from generate_series(0, 59) n join lateral (select id from person where name like 'Person %' "
        "limit 100 - n) person on true returning id",
        acme.organization.id,
        acme.macros,
    )
    told = await client.one(PREVIEW, input={"on": MACROS, "text": "Hm"})
    assert len(told["notified"]) == MAX_RECIPIENTS_SHOWN
    assert told["notifiedCount"] >= 120
    found = await client.one(f'{{ keyResult(externalId: "macros") {{ {REACTIONS} }} }}')
    assert [each["emoji"] for each in found["reactions"]] == [chr(128512 + n) for n in range(MAX_EMOJI_SHOWN)]
    assert [each["count"] for each in found["reactions"]] == [100 - n for n in range(MAX_EMOJI_SHOWN)]
    assert {len(each["people"]) for each in found["reactions"]} == {MAX_REACTION_PEOPLE}


def test_events_with_what_depends_on_the_viewer_are_not_shared():
    for field in (
        "viewerCan { edit }",
        "viewerFollows",
        "reactions { viewerHasReacted }",
        "cycle { pulse { viewerHasAnswered } }",
        "owner { calibration { caseCount } }",
    ):
        assert depends_on_viewer(
            f"subscription {{ changes {{ node {{ ... on Objective {{ {field} }} }} }} }}"
        )
    assert not depends_on_viewer("subscription { changes { node { id } } }")
