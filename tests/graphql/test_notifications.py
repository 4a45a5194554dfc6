"""Notifications: whom changes tell and why, lists and events, what is read, settings."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.policy import Role
from okr_api.query_engine import notifications, stored_changes
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.notifications import MAX_NOTIFICATIONS_SCANNED, MAX_UNREAD_COUNTED
from okr_api.query_engine.snapshot import Snapshot
from okr_api.services.notifications import MAX_NOTIFICATIONS_MARKED
from tests.acme import Acme
from tests.graphql.test_restricted import client_of
from tests.restricting import restrict
from tests.serving import Client, Server

MACROS = {"keyResult": {"externalId": "macros"}}
SHOWN = "seq reason isRead change { seq kind nodeId node { id } summary actor { name } }"
LIST = f"query ($f: NotificationFilter, $n: Int, $after: String) {{ viewer {{ notifications(filter: $f, first: $n, after: $after) {{ unreadCount nodes {{ {SHOWN} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
RECEIVED = f"subscription ($after: Seq) {{ notificationReceived(after: $after) {{ {SHOWN} }} }}"


def mention(acme: Acme, *names: str) -> str:
    ids = {name: encode_id(NodeType.PERSON, getattr(acme, name)) for name in names}
    return " ".join(f"@[{name.capitalize()}]({id})" for name, id in ids.items())


class Place:
    """Acme behind a server, with clients of its people; what they were told before is passed by."""

    def __init__(self, acme: Acme, served: Server, since: int, clients: dict[str, Client]) -> None:
        self.acme, self.served, self.since, self.clients = acme, served, since, clients

    def __getattr__(self, name: str) -> Client:
        return self.clients[name]

    async def page(self, name: str, **variables: Any) -> dict[str, Any]:
        """Return a person's page of notifications."""
        page: dict[str, Any] = (await self.clients[name].one(LIST, **variables))["notifications"]
        return page

    async def told(self, name: str) -> list[tuple[str, str]]:
        """Return the kinds and reasons of a person's notifications, latest first."""
        nodes = (await self.page(name))["nodes"]
        return [(one["change"]["kind"], one["reason"]) for one in nodes if one["seq"] > self.since]

    async def token(self, name: str, scope: Scope = Scope.WRITE) -> str:
        id = self.acme.organization.id
        return await self.acme.tokens.create(id, name=name, scopes=[scope], person=name)


@pytest.fixture
async def place(served: Server, acme: Acme) -> Place:
    clients = {name: await client_of(served, acme, name) for name in ("ann", "ben", "cem")}
    return Place(acme, served, await acme.seq(), clients)


async def test_people_are_told_for_the_first_reason_and_never_of_what_they_did(place: Place):
    ann, ben, cem = place.ann, place.ben, place.cem
    await ben.do("follow", on=MACROS)
    await ann.do("commentCreate", on=MACROS, text=f"{mention(place.acme, 'cem')}?", externalId="q")
    await cem.do("commentCreate", on=MACROS, text="Ten", replyTo={"externalId": "q"})
    await ann.do("keyResultUpdate", keyResult={"externalId": "macros"}, owner={"externalId": "cem"})
    await cem.do("checkInRecord", keyResult={"externalId": "macros"}, value=3)
    changed, said = "FOLLOWED_CHANGE", "COMMENT_CREATED"
    assert await place.told("ben") == [
        ("CHECK_IN_RECORDED", changed),
        ("KEY_RESULT_UPDATED", changed),
        (said, changed),
        (said, changed),
    ]
    assert await place.told("cem") == [("KEY_RESULT_UPDATED", "ASSIGNED"), (said, "MENTION")]
    assert await place.told("ann") == [("CHECK_IN_RECORDED", changed), (said, "REPLY")]
    assert await place.acme.verify() == []


async def test_followers_of_an_objective_and_of_its_team_are_told_of_its_parts_unless_they_unfollow_these(
    place: Place,
):
    ann, cem = place.ann, place.cem
    await cem.do("follow", on={"team": {"externalId": "support"}})
    part = {"keyResult": {"externalId": "tickets"}}
    await ann.do("keyResultCreate", objective={"externalId": "answer_fast"}, title="Tickets",
                 targetValue=5, externalId="tickets", measure="INCREASE", startValue=0)  # fmt: skip
    await ann.do("initiativeCreate", title="Tool", owner={"externalId": "ben"}, **{"for": part})
    assert await place.told("ben") == [
        ("INITIATIVE_CREATED", "ASSIGNED"),
        ("KEY_RESULT_CREATED", "FOLLOWED_CHANGE"),
    ]
    assert await place.told("cem") == [
        ("INITIATIVE_CREATED", "FOLLOWED_CHANGE"),
        ("KEY_RESULT_CREATED", "FOLLOWED_CHANGE"),
    ]
    for who in (place.ben, cem):
        await who.do("unfollow", on=part)
    await ann.do("checkInRecord", keyResult=part["keyResult"], value=1)
    await ann.do("teamUpdate", team={"externalId": "support"}, name="Help")
    assert len(await place.told("ben")) == 2
    assert (await place.told("cem"))[0] == ("TEAM_UPDATED", "FOLLOWED_CHANGE")
    assert len(await place.told("cem")) == 3


async def test_who_gets_something_to_see_to_is_told_once_and_edits_tell_of_what_is_new(place: Place):
    ann = place.ann
    on = {"objective": {"externalId": "never_down"}}
    await ann.do("unfollow", on=on)
    await place.cem.do("unfollow", on=on)
    wall = {"externalId": "wall"}
    await ann.do("roadblockCreate", on=on, title="Wall", owner={"externalId": "cem"}, externalId="wall")
    await ann.do("roadblockEscalate", roadblock=wall, to={"externalId": "ben"}, reason="Stuck")
    await ann.do("roadblockUpdate", roadblock=wall, title="High wall", owner={"externalId": "cem"})
    assert await place.told("cem") == [("ROADBLOCK_CREATED", "ASSIGNED")]
    assert await place.told("ben") == [("ROADBLOCK_ESCALATED", "ASSIGNED")]
    await ann.do("commentCreate", on={"roadblock": wall}, text="Hm", externalId="hm")
    assert (await place.told("ben"))[0] == ("COMMENT_CREATED", "FOLLOWED_CHANGE"), "they see to it"
    for text in (f"Hm {mention(place.acme, 'cem')}", f"Well {mention(place.acme, 'cem')}"):
        await ann.do("commentUpdate", comment={"externalId": "hm"}, text=text)
    assert (await place.told("cem"))[0] == ("COMMENT_UPDATED", "MENTION")
    assert len([kind for kind, _ in await place.told("cem") if kind == "COMMENT_UPDATED"]) == 1
    assert "COMMENT_UPDATED" not in [kind for kind, _ in await place.told("ben")]
    await ann.do("commentDelete", comment={"externalId": "hm"})
    gone = next(
        one for one in (await place.page("cem"))["nodes"] if one["change"]["kind"] == "COMMENT_UPDATED"
    )
    assert gone["change"]["node"] is None


async def test_what_is_hidden_tells_nothing_and_what_has_become_hidden_is_not_there(place: Place):
    acme, ann = place.acme, place.ann
    await restrict(acme, "never_down", acme.cem)
    on = {"objective": {"externalId": "never_down"}}
    await ann.do("commentCreate", on=on, text=mention(acme, "ben", "cem"), externalId="secret")
    assert await place.told("ben") == []
    assert await place.told("cem") == [("COMMENT_CREATED", "MENTION")]
    await ann.do("commentCreate", on=MACROS, text=mention(acme, "cem"))
    unread = (await place.page("cem"))["unreadCount"]
    async with place.served.socket(await place.token("cem")) as socket:
        events = await socket.subscribe(RECEIVED, after=place.since)
        first, second = await events.take(2)
    nodes = (await place.page("cem"))["nodes"]
    assert [second, first] == nodes[:2]
    await restrict(acme, "never_down", acme.ben)
    page = await place.page("cem")
    assert page["unreadCount"] < unread
    assert page["nodes"][0] == nodes[0]
    assert first["seq"] not in [one["seq"] for one in page["nodes"]]
    assert await place.cem.refused("notificationsRead", seqs=[first["seq"]]) == [("NOT_FOUND", ["seqs", "0"])]
    async with place.served.socket(await place.token("cem")) as socket:
        events = await socket.subscribe(RECEIVED, after=place.since)
        assert await events.next() == second
    told = [one["seq"] for one in (await place.page("ben"))["nodes"]]
    assert first["seq"] not in told, "who sees it only now was not told of it"


async def discussed_under_never_down(place: Place) -> dict[NodeType, Any]:
    """Let Ann create what is discussed under `never_down`, owned by Ben where it has an owner; return what
    comments on each type are given."""
    ann, of, part = place.ann, {"externalId": "never_down"}, {"externalId": "uptime"}
    owned = {"owner": {"externalId": "ben"}}
    made = {name: {"externalId": name} for name in ("said", "wall", "so", "if", "rest", "back")}
    await ann.do("checkInRecord", keyResult=part, value=99.95, **made["said"])
    await ann.do("roadblockCreate", on={"keyResult": part}, title="Wall", **owned, **made["wall"])
    await ann.do("decisionCreate", about={"objective": of}, text="So", **owned, **made["so"])
    await ann.do("experimentCreate", keyResult=part, hypothesis="If", **owned, **made["if"])
    await ann.do("lessonCreate", source={"objective": of}, title="Rest", **owned, **made["rest"])
    state = "update cycle set state = $2 where id = $1"  # as if it were in review, which would notify people
    await place.acme.fetch(state, place.acme.quarter, "REVIEW")
    kept = {"decision": "KEEP", "decisionReason": "R", "rootCause": "OTHER"}
    await ann.do("reviewRecord", objective=of, **kept, **made["back"])
    await place.acme.fetch(state, place.acme.quarter, "ACTIVE")
    return {
        NodeType.OBJECTIVE: {"objective": of},
        NodeType.KEY_RESULT: {"keyResult": part},
        NodeType.CHECK_IN: {"checkIn": made["said"]},
        NodeType.ROADBLOCK: {"roadblock": made["wall"]},
        NodeType.DECISION: {"decision": made["so"]},
        NodeType.EXPERIMENT: {"experiment": made["if"]},
        NodeType.LESSON: {"lesson": made["rest"]},
        NodeType.REVIEW_RECORD: {"reviewRecord": made["back"]},
    }


async def test_who_does_not_see_an_objective_is_told_nothing_of_what_is_discussed_there(place: Place):
    acme, ann, ben, text = place.acme, place.ann, place.ben, mention(place.acme, "ben")
    nodes = await discussed_under_never_down(place)
    assert nodes.keys() == DISCUSSED.keys()
    created = [f"{noun}_CREATED" for noun in ("LESSON", "EXPERIMENT", "DECISION", "ROADBLOCK")]
    assert await place.told("ben") == [(kind, "ASSIGNED") for kind in created]
    kinds = ("REVIEW_RECORD_CREATED", *created, "CHECK_IN_RECORDED")
    followed = [(kind, "FOLLOWED_CHANGE") for kind in kinds]
    assert await place.told("cem") == followed, "Cem owns the objective"
    for number, on in enumerate(nodes.values()):
        await ben.do("commentCreate", on=on, text="How?", externalId=f"how {number}")
        await ann.do("commentCreate", on=on, text=text)
    answered = {number: {"replyTo": {"externalId": f"how {number}"}} for number in range(len(nodes))}
    for number, on in enumerate(nodes.values()):
        await ann.do("commentCreate", on=on, text="So", **answered[number])
    reasons = [reason for _, reason in await place.told("ben")]
    assert reasons[:16] == ["REPLY"] * 8 + ["MENTION"] * 8
    await restrict(acme, "never_down", acme.cem)
    assert await place.told("ben") == [], "nothing is left of it"
    hidden = await acme.seq()
    for number, on in enumerate(nodes.values()):
        await ann.do("commentCreate", on=on, text=text)
        await ann.do("commentCreate", on=on, text="No", **answered[number])
    told = await acme.fetch("select person_id from notification where seq > $1", hidden)
    assert {row["person_id"] for row in told} == {acme.cem}
    await ann.do("decisionCreate", text="For all", externalId="all")
    await ann.do("commentCreate", on={"decision": {"externalId": "all"}}, text=text)
    seen = await place.page("ben")
    assert await place.told("ben") == [("COMMENT_CREATED", "MENTION")], "it is about nothing that is hidden"
    assert seen["unreadCount"] == len(seen["nodes"])
    async with place.served.socket(await place.token("ben")) as socket:
        events = await socket.subscribe(RECEIVED, after=place.since)
        assert await events.next() == seen["nodes"][0]


async def test_owners_are_told_of_a_review_and_followers_of_what_is_recorded_in_it(place: Place):
    acme, ann = place.acme, place.ann
    await acme.person("Dana", external_id="dana")
    quarter, never_down = {"externalId": "quarter"}, {"externalId": "never_down"}
    await ann.do("objectiveCreate", title="Later", cycle=quarter, draft=True, owner={"externalId": "dana"})
    await place.ben.do("follow", on={"objective": never_down})
    begun = (await ann.do("cycleReview", cycle=quarter))["seq"]
    told = await acme.fetch("select person_id from notification where seq = $1", begun)
    assert sorted(row["person_id"] for row in told) == sorted((acme.ben, acme.cem)), "Dana's is a draft"
    reviewed = {"decision": "KEEP", "decisionReason": "It held", "rootCause": "CAPACITY"}
    await ann.do("reviewRecord", objective=never_down, **reviewed)
    for name in ("ben", "cem"):
        assert (await place.told(name))[:2] == [
            ("REVIEW_RECORD_CREATED", "FOLLOWED_CHANGE"),
            ("CYCLE_REVIEW_BEGUN", "REVIEW"),
        ]
    await restrict(acme, "never_down", acme.cem)
    assert (await place.told("ben"))[0] == ("CYCLE_REVIEW_BEGUN", "REVIEW")
    off = {"reason": "REVIEW", "delivery": "OFF"}
    await place.cem.do("notificationSettingsUpdate", settings=[off])
    await ann.do("cycleActivate", cycle=quarter)
    again = (await ann.do("cycleReview", cycle=quarter))["seq"]
    told = await acme.fetch("select person_id from notification where seq = $1", again)
    assert [row["person_id"] for row in told] == [acme.ben]


async def test_a_change_whose_own_node_is_hidden_is_told_of_without_naming_it(place: Place):
    acme = place.acme
    await restrict(acme, "clear_backlog", acme.ben)
    await place.cem.do("follow", on={"keyResult": {"externalId": "uptime"}})
    begun = place.since = await acme.seq()
    items = [{"keyResult": {"externalId": name}, "value": 1} for name in ("macros", "uptime")]
    for _ in range(2):  # the second time nothing moves
        await place.ann.do("checkInRecordMany", items=items)
    assert len(await place.told("cem")) == 2
    for one in (await place.page("cem"))["nodes"][:2]:
        assert one["seq"] > begun
        assert one["change"]["nodeId"] is None
        assert "macros" not in one["change"]["summary"].lower()


async def test_pages_follow_one_another_in_both_directions_and_can_be_filtered(place: Place):
    ann, acme = place.ann, place.acme
    for number in range(5):
        await ann.do("commentCreate", on=MACROS, text=mention(acme, "cem") if number % 2 else f"{number}")
    whole = (await place.page("cem"))["nodes"]
    found, after = [], None
    while True:
        page = await place.page("cem", n=2, after=after)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    assert [one["seq"] for one in whole] == sorted((one["seq"] for one in whole), reverse=True)
    back = (
        "query ($c: String) { viewer { notifications(last: 2, before: $c) { nodes { seq } edges { cursor } "
        "pageInfo { hasPreviousPage startCursor } } } }"
    )
    oldest = (await place.cem.one(back))["notifications"]
    assert [one["seq"] for one in oldest["nodes"]] == [one["seq"] for one in whole[-2:]]
    assert oldest["pageInfo"]["hasPreviousPage"]
    newer = (await place.cem.one(back, c=oldest["pageInfo"]["startCursor"]))["notifications"]
    assert [one["seq"] for one in newer["nodes"]] == [one["seq"] for one in whole[-4:-2]]
    mentions = (await place.page("cem", f={"reasons": ["MENTION"]}))["nodes"]
    assert mentions == [one for one in whole if one["reason"] == "MENTION"] != []
    problem = await place.ben.problem(LIST, after=after)
    assert problem["code"] == "INVALID_INPUT"


async def test_what_is_read_is_known_by_a_position_and_single_ones_after_it(place: Place):
    acme, ann, cem = place.acme, place.ann, place.cem
    for _ in range(4):
        await ann.do("commentCreate", on=MACROS, text=mention(acme, "cem"))
    whole = [one["seq"] for one in (await place.page("cem"))["nodes"]]
    head, rows = await acme.seq(), await acme.fetch("select * from feed_head")
    done = await cem.do("notificationsRead", "viewer { name notifications { unreadCount } }", upTo=whole[4])
    assert (done["seq"], done["viewer"]["notifications"]["unreadCount"]) == (head, 4)
    for again in (False, True):
        key = {"seqs": [whole[1], whole[1]], "idempotencyKey": "one"}
        assert (await cem.do("notificationsRead", **key))["replayed"] is again
    assert [one["isRead"] for one in (await place.page("cem"))["nodes"]] == [False, True, False, False] + [
        True
    ] * (len(whole) - 4)
    for unread, expected in ((True, [whole[0], *whole[2:4]]), (False, [whole[1], *whole[4:]])):
        nodes = (await place.page("cem", f={"isUnread": unread}))["nodes"]
        assert [one["seq"] for one in nodes] == expected
    await cem.do("notificationsRead", seqs=whole[2:4])
    [state] = await acme.fetch("select read_until, read_apart from notification_read")
    assert state == {"read_until": whole[0] - 1, "read_apart": []}, "nothing is kept that a position says"
    await cem.do("notificationsRead", upTo=1)
    assert (await place.page("cem"))["unreadCount"] == 1
    await cem.do("notificationsRead", upTo=head)
    assert (await place.page("cem"))["unreadCount"] == 0
    assert await acme.fetch("select * from feed_head") == rows, "reading is no change"
    assert (await place.page("ben"))["unreadCount"] > 0


@pytest.mark.parametrize(
    ("mutation", "input", "code", "path"),
    (
        ("notificationsRead", {}, "INVALID_INPUT", ["upTo"]),
        ("notificationsRead", {"seqs": []}, "INVALID_INPUT", ["upTo"]),
        ("notificationsRead", {"upTo": 10**9}, "INVALID_INPUT", ["upTo"]),
        ("notificationsRead", {"seqs": [1]}, "NOT_FOUND", ["seqs", "0"]),
        ("notificationsRead", {"seqs": [1] * (MAX_NOTIFICATIONS_MARKED + 1)}, "TOO_MANY", ["seqs"]),
        ("notificationSettingsUpdate", {"settings": []}, "INVALID_INPUT", ["settings"]),
        ("notificationSettingsUpdate", {"settings": [{"reason": "DUE", "delivery": "OFF"}, {"reason": "DUE", "delivery": "DAILY"}]}, "INVALID_INPUT", ["settings", "1", "reason"]),
    ),
)  # fmt: skip
async def test_bad_input_is_refused_and_changes_nothing(
    place: Place, mutation: str, input: dict[str, Any], code: str, path: list[str]
):
    before = await place.acme.tables()
    assert await place.ben.refused(mutation, **input) == [(code, path)]
    assert await place.acme.tables() == before


async def test_a_service_has_no_notifications(place: Place, reader: Client, acme: Acme):
    assert await reader.one(LIST) == {
        "notifications": {
            "unreadCount": 0,
            "nodes": [],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        }
    }
    assert await reader.one("{ viewer { notificationSettings { reason } } }") == {"notificationSettings": []}
    assert await reader.refused("notificationsRead", upTo=1) == [("PEOPLE_ONLY", [])]
    setting = {"reason": "DUE", "delivery": "OFF"}
    assert await reader.refused("notificationSettingsUpdate", settings=[setting]) == [("PEOPLE_ONLY", [])]
    async with place.served.socket(acme.world.tokens[Scope.READ]) as socket:
        events = await socket.follow(RECEIVED, after=0)
        changes = await socket.subscribe("subscription { changes(after: 0) { seq } }")
        await changes.take(await acme.seq())
        assert events.waiting() == 0


async def test_settings_decide_what_is_listed_and_what_is_sent(place: Place):
    ann, cem, acme = place.ann, place.cem, place.acme
    settings = "viewer { notificationSettings { reason delivery } }"
    await cem.do("follow", on=MACROS)
    chosen = [
        {"reason": "FOLLOWED_CHANGE", "delivery": "DAILY"},
        {"reason": "MENTION", "delivery": "OFF"},
    ]
    done = await cem.do("notificationSettingsUpdate", settings, settings=chosen)
    assert {one["reason"]: one["delivery"] for one in done["viewer"]["notificationSettings"]} == {
        "MENTION": "OFF",
        "REPLY": "IMMEDIATE",
        "ASSIGNED": "IMMEDIATE",
        "DUE": "IMMEDIATE",
        "REVIEW": "IMMEDIATE",
        "FOLLOWED_CHANGE": "DAILY",
    }
    again = await cem.do("notificationSettingsUpdate", settings=chosen[:1])
    assert again["seq"] == done["seq"], "the same choice is no change"
    async with place.served.socket(await place.token("cem", Scope.READ)) as socket:
        events = await socket.follow(RECEIVED)
        await ann.do("commentCreate", on=MACROS, text=mention(acme, "cem"))
        await ann.do("keyResultUpdate", keyResult={"externalId": "macros"}, owner={"externalId": "cem"})
        assert (await events.next())["reason"] == "ASSIGNED"
    assert await place.told("cem") == [
        ("KEY_RESULT_UPDATED", "ASSIGNED"),
        ("COMMENT_CREATED", "FOLLOWED_CHANGE"),
    ], "a mention that is off leaves the other reason"
    await cem.do("notificationSettingsUpdate", settings=[{"reason": "FOLLOWED_CHANGE", "delivery": "OFF"}])
    await ann.do("commentCreate", on=MACROS, text=mention(acme, "cem"))
    assert len(await place.told("cem")) == 2


async def test_only_those_who_are_told_are_sent_events_each_with_their_own_reason(place: Place):
    acme, ann = place.acme, place.ann
    tokens = {name: await place.token(name) for name in ("ann", "ben", "cem")}
    await acme.person("Dana", external_id="dana", role=Role.ADMIN)
    tokens["dana"] = await place.token("dana")
    await place.ben.do("follow", on=MACROS)
    async with (
        place.served.socket(tokens["ann"]) as one,
        place.served.socket(tokens["ben"]) as two,
        place.served.socket(tokens["cem"]) as three,
        place.served.socket(tokens["dana"]) as four,
    ):
        sockets = dict(zip(tokens, (one, two, three, four), strict=True))
        begun = await acme.seq()
        events = {name: await socket.follow(RECEIVED) for name, socket in sockets.items()}
        text = mention(acme, "cem") + f" @[Dana]({encode_id(NodeType.PERSON, await id_of(acme, 'dana'))})"
        seq = (await ann.do("commentCreate", on=MACROS, text=text))["seq"]
        heard = {name: await events[name].next() for name in ("ben", "cem", "dana")}
        assert {name: (one["seq"], one["reason"]) for name, one in heard.items()} == {
            "ben": (seq, "FOLLOWED_CHANGE"),
            "cem": (seq, "MENTION"),
            "dana": (seq, "MENTION"),
        }
        await place.cem.do("commentCreate", on=MACROS, text=mention(acme, "ann"))
        assert (await events["ann"].next())["seq"] == seq + 1, "the first that Ann is sent"
        later = await sockets["cem"].subscribe(RECEIVED, after=begun)
        assert await later.next() == heard["cem"]
    for name in ("ben", "cem", "dana"):
        page = (await client_of_token(place, tokens[name]).one(LIST))["notifications"]["nodes"]
        assert heard[name] in page, "what was sent is what is listed"


async def id_of(acme: Acme, external_id: str) -> Any:
    [row] = await acme.fetch("select id from person where external_id = $1", external_id)
    return row["id"]


def client_of_token(place: Place, token: str) -> Client:
    return place.served.client(token)


MANY = """
    with made as (
        insert into change
        select made.* from change last, generate_series(1, $2::int) number,
            jsonb_populate_record(last, jsonb_build_object('seq', last.seq + number)) made
        where last.organization_id = $1 and last.seq = (select seq from feed_head where organization_id = $1)
        returning seq
    ), told as (
        insert into notification
        select $1, $3, seq, 'FOLLOWED_CHANGE', $4, true from made
    )
    update feed_head set seq = (select max(seq) from made) where organization_id = $1
"""


async def test_a_page_that_scans_much_ends_early_and_at_most_a_hundred_unread_are_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    acme = place.acme
    await place.ann.do("commentCreate", on=MACROS, text=mention(acme, "cem"))
    shown = (await place.page("cem"))["nodes"]
    organization = acme.organization.id
    await acme.fetch(MANY, organization, MAX_UNREAD_COUNTED + 1, acme.cem, acme.answer_fast)
    counted = await place.page("cem", n=1)
    assert counted["unreadCount"] == MAX_UNREAD_COUNTED
    await acme.fetch("delete from notification where seq > $1", shown[0]["seq"])
    await restrict(acme, "never_down", acme.ben)
    await acme.fetch(MANY, organization, MAX_NOTIFICATIONS_SCANNED + 1, acme.cem, acme.never_down)
    shown = [one for one in shown if one["change"]["kind"] == "COMMENT_CREATED"]
    first = await place.page("cem", n=1)
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == ([], True)
    page = await place.page("cem", n=1, after=first["pageInfo"]["endCursor"])
    assert page["nodes"] == shown
    await place.ann.do("commentCreate", on=MACROS, text=mention(acme, "cem"))
    whole = (await place.page("cem", n=2))["nodes"]
    assert len(whole) == 1
    monkeypatch.setattr(stored_changes, "MAX_BATCH_STORED_BYTES", 1)
    monkeypatch.setattr(notifications, "MAX_NOTIFICATION_DELTA_CHARACTERS", 1)
    await acme.fetch(
        "delete from notification where about_id = $1 and seq > $2", acme.never_down, place.since
    )
    page = await place.page("cem", n=2)
    assert (len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (1, True)
    page = await place.page("cem", n=2, after=page["pageInfo"]["endCursor"])
    assert page["nodes"][0] == shown[0]


async def test_the_statements_of_a_page_do_not_depend_on_how_many_there_are(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    acme, statements = place.acme, list[str]()
    fetch = Snapshot.fetch

    async def counting(self: Snapshot, statement: str, *parameters: Any, dated: bool = False) -> list[Any]:
        statements.append(statement)
        return await fetch(self, statement, *parameters, dated=dated)

    monkeypatch.setattr(Snapshot, "fetch", counting)
    counts = []
    for many in (0, 200):
        if many:
            await acme.fetch(MANY, acme.organization.id, many, acme.cem, acme.answer_fast)
        statements.clear()
        await place.page("cem", n=1 if not many else 100)
        counts.append(len(statements))
    assert 3 < counts[0] == counts[1]
