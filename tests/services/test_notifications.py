"""What is stored of whom changes tell: with the change, once for each person, and as previews say."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.entity_fields import camel
from okr_api.okr.people import MAX_NOTIFICATION_REASONS, MAX_REASON_LENGTH
from okr_api.query_engine.global_ids import encode_id
from okr_api.services import (
    comments,
    decisions,
    experiments,
    follows,
    key_results,
    lessons,
    notifications,
    roadblocks,
)
from okr_api.services.absences import add_absence, edit_absence
from okr_api.services.check_in_records import NewRecords, check_in_with_records
from okr_api.services.group_commit import GroupCommit
from okr_api.services.jobs.pruning import prune_feeds
from okr_api.services.mutation_runner import MutationRunner
from okr_api.services.notifications import MAX_READ_APART
from okr_api.services.references import Ref
from tests.acme import TODAY, Acme, Workplace, measured, ref, said
from tests.conftest import Server
from tests.graphql.test_restricted import client_of
from tests.restricting import restrict
from tests.services.import_export.conftest import opened
from tests.services.import_export.files import bring, exported
from tests.serving import serving

TOLD = """
    select person.external_id as person, told.reason from notification told
    join person on person.organization_id = told.organization_id and person.id = told.person_id
    where told.seq = $1 order by 2, 1
"""
PREVIEW = (
    "query ($input: CommentPreviewInput!) { commentPreview(input: $input) "
    "{ notified { person { externalId } reason } } }"
)


async def told(acme: Acme, seq: int | None = None) -> list[tuple[str, str]]:
    """Return whom a change told, and why; by default the latest."""
    rows = await acme.fetch(TOLD, await acme.seq() if seq is None else seq)
    return [(row["person"], row["reason"]) for row in rows]


def mention(id: Any) -> str:
    return f"@[X]({encode_id(NodeType.PERSON, id)})"


@pytest.fixture
async def many(acme: Acme) -> dict[str, Any]:
    """Let people follow, unfollow and discuss Acme in all ways; return their ids."""
    names = ("dana", "eve", "fay", "gus", "hal", "ida", "vic")
    ids = {name: await acme.person(name.capitalize(), external_id=name) for name in names}
    nodes = {
        "dana": measured("macros"),
        "eve": measured("clear_backlog", NodeType.OBJECTIVE),
        "fay": measured("support", NodeType.TEAM),
        "gus": measured("macros"),
        "hal": measured("macros"),
    }
    for name, on in nodes.items():
        actor = acme.as_person(ids[name], name)
        await acme.done(follows.choose_to_follow, on=on, is_following=True, by=actor)
    for name in ("gus", "eve"):
        actor = acme.as_person(ids[name], name)
        await acme.done(follows.choose_to_follow, on=measured("macros"), is_following=False, by=actor)
    await acme.fetch("update person set active = false where external_id = 'hal'")
    await acme.fetch("update person set role = 'VIEWER' where external_id = 'vic'")
    await acme.fetch("update objective set team_id = $1 where external_id = 'clear_backlog'", acme.support)
    return ids


async def discussed(acme: Acme) -> dict[NodeType, str]:
    """Create what is discussed around `macros`; return an external id of each type that is."""
    block = await acme.done(
        roadblocks.add_roadblock, on=measured("macros"), title="Wall", owner="cem", external_id="wall"
    )
    await acme.done(roadblocks.escalate_roadblock, roadblock=block, to=ref("ida"))
    await acme.check_in("macros", 1, external_id="one")
    objective = measured("clear_backlog", NodeType.OBJECTIVE)
    await acme.done(decisions.add_decision, about=objective, text="So", owner="vic", external_id="so")
    await acme.done(
        experiments.add_experiment, key_result="macros", hypothesis="If", owner="ida", external_id="if"
    )
    await acme.done(lessons.add_lesson, source=objective, title="Rest", owner="cem", external_id="rest")
    await acme.review("clear_backlog", external_id="back")
    return {
        NodeType.KEY_RESULT: "macros",
        NodeType.OBJECTIVE: "clear_backlog",
        NodeType.CHECK_IN: "one",
        NodeType.ROADBLOCK: "wall",
        NodeType.DECISION: "so",
        NodeType.EXPERIMENT: "if",
        NodeType.LESSON: "rest",
        NodeType.REVIEW_RECORD: "back",
    }


async def test_a_comment_tells_whom_its_preview_names(acme: Acme, acme_url: str, many: dict[str, Any]):
    on = await discussed(acme)
    assert set(on) == set(DISCUSSED)
    for (node_type, name), author in zip(on.items(), cycle(("gus", "dana", "ida", "vic")), strict=False):
        by = acme.as_person(many[author], author)
        first = {"text": "First", "external_id": f"first {name}"}
        await acme.done(comments.add_comment, on=measured(name, node_type), **first, by=by)
    text = " ".join(map(mention, (many["gus"], many["hal"], many["vic"], acme.ben)))
    async with serving(acme_url) as served:
        for restricted in (False, True):
            if restricted:
                await restrict(acme, "clear_backlog", acme.ben, many["gus"], many["dana"])
            ben = await client_of(served, acme, "ben", Scope.CHECK_IN)
            for node_type, name in on.items():
                reply = {"replyTo": {"externalId": f"first {name}"}}
                several: list[dict[str, Any]] = [
                    {"text": "Second"},
                    {"text": text},
                    {"text": "Second", **reply},
                ]
                for given in ([] if restricted else several) + [{"text": text, **reply}]:
                    given["on"] = {camel(DISCUSSED[node_type].removesuffix("_id")): {"externalId": name}}
                    preview = await ben.one(PREVIEW, input=given)
                    done = await ben.do("commentCreate", **given)
                    reasons = {"FOLLOW": "FOLLOWED_CHANGE"}
                    assert await told(acme, done["seq"]) == sorted(
                        (
                            (one["person"]["externalId"], reasons.get(one["reason"], one["reason"]))
                            for one in preview["notified"]
                        ),
                        key=lambda one: (one[1], one[0]),
                    )
                    assert preview["notified"]


async def test_one_change_of_many_nodes_tells_each_person_once(acme: Acme, many: dict[str, Any]):
    by = acme.as_person(acme.ann)
    check_ins = GroupCommit(MutationRunner(acme.database, acme.notifier)).check_in
    await check_ins(by, [said("macros", 1), said("backlog", 150), said("uptime", 99.95)])
    assert await told(acme) == [(name, "FOLLOWED_CHANGE") for name in ("ben", "cem", "dana", "eve", "fay")], (
        "Eve has unfollowed one of the two"
    )
    await check_ins(by, [said("macros", 2)])
    assert await told(acme) == [(name, "FOLLOWED_CHANGE") for name in ("ben", "dana", "fay")]


async def test_a_check_in_tells_the_same_people_alone_and_with_a_record(acme: Acme, many: dict[str, Any]):
    """Alone it is saved in one statement with whom it tells; with a record, these are found after it."""
    nodes = await discussed(acme)
    for name, on in (("ann", "one"), ("vic", "wall"), ("ida", "if")):
        node = next(Ref(external_id=on, node_type=type) for type, id in nodes.items() if id == on)
        by = acme.as_person(many.get(name) or acme.ann, name)
        await acme.done(comments.add_comment, on=node, text=f"Hm, {mention(acme.ben)}", by=by)
    await acme.fetch("update person set notifications_daily = '{FOLLOWED_CHANGE}' where external_id = 'dana'")
    await acme.fetch("update person set notifications_off = '{FOLLOWED_CHANGE}' where external_id = 'fay'")
    whole = "select person_id, reason, about_id, is_immediate from notification where seq = $1 order by 1"
    for value, author in enumerate(("ann", "ben", "dana", "")):
        by = acme.as_person(many.get(author) or getattr(acme, author), author) if author else acme.actor
        item = said("macros", float(value))
        found = []
        for more in (NewRecords(), NewRecords(decisions=[{"text": "Go"}])):
            await acme.done(check_in_with_records, item=item, records=more, by=by)
            found.append([dict(row) for row in await acme.fetch(whole, await acme.seq())])
        assert found[0] == found[1]
        assert len(found[0]) > 1


async def test_a_delegate_is_told_of_the_absence(acme: Acme):
    days = {"starts_on": TODAY, "ends_on": TODAY}
    absence = await acme.done(add_absence, person=acme.ben, **days)
    assert await told(acme) == []
    await acme.done(edit_absence, absence=Ref(absence), edits={"delegate": Ref(acme.cem)})
    assert await told(acme) == [("cem", "ASSIGNED")]
    await acme.done(edit_absence, absence=Ref(absence), edits={"note": "By boat"})
    assert await told(acme) == []


async def test_what_is_edited_tells_who_has_got_it_and_not_who_had_it(acme: Acme):
    for owner in ("cem", "cem", "ben"):
        edits = {"owner": ref(owner), "title": f"Macros of {owner} {await acme.seq()}"}
        await acme.done(key_results.edit_key_result, key_result="macros", edits=edits, measure={})
        assert (owner, "ASSIGNED") in await told(acme) or owner == "cem"
    rows = await acme.fetch("select count(*) as count from notification where reason = 'ASSIGNED' and person_id = $1 and seq > $2", acme.cem, await acme.seq() - 3)  # fmt: skip
    assert rows[0]["count"] == 1


@pytest.fixture
async def elsewhere(server: Server, template: str) -> AsyncIterator[Workplace]:
    """Yield another organisation in a database of its own."""
    async with opened(server, template) as (database, wakeups):
        yield await Workplace.found(database, wakeups, "Elsewhere", "Asia/Tokyo")


async def test_an_import_tells_nobody_and_takes_settings_along(acme: Acme, elsewhere: Workplace):
    for name, reason, delivery in (("ann", "DUE", "OFF"), ("ben", "MENTION", "DAILY")):
        by = acme.as_person(getattr(acme, name))
        chosen = [(notifications.NotificationReason(reason), notifications.NotificationDelivery(delivery))]
        await acme.done(notifications.choose_deliveries, chosen=chosen, by=by)
    document = json.loads(await exported(acme))
    assert (await bring(elsewhere, document)).errors == []
    rows = await elsewhere.fetch(
        "select external_id, notifications_daily, notifications_off from person order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("ann", [], ["DUE"]),
        ("ben", ["MENTION"], []),
        ("cem", [], []),
    ]
    assert await elsewhere.fetch("select * from notification") == []
    for field, value, code in (
        ("notifications_off", ["NEVER"], "INVALID_INPUT"),
        ("notifications_daily", ["DUE"], "INVALID_INPUT"),
        ("notifications_off", "DUE", "ROW_IS_UNCLEAR"),
        ("notifications_off", ["DUE"] * (MAX_NOTIFICATION_REASONS + 1), "INVALID_INPUT"),
        ("notifications_off", ["D" * (MAX_REASON_LENGTH + 1)], "INVALID_INPUT"),
    ):
        person = next(one for one in document["people"] if one.get("notifications_off"))
        report = await bring(elsewhere, {"people": [{**person, field: value}]})
        assert [error.code for error in report.errors] == [code]


async def test_notifications_are_pruned_with_their_changes(acme: Acme):
    await acme.check_in("macros", 1)
    await acme.fetch("update change set recorded_at = recorded_at - interval '401 days' where seq < $1", await acme.seq())  # fmt: skip
    await prune_feeds(acme.database, timedelta(days=400))
    [row] = await acme.fetch("select min(seq) as first, count(*) as count from notification")
    assert (row["first"], row["count"] > 0) == (await acme.seq(), True)


async def test_few_are_read_after_an_unread_one(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    assert MAX_READ_APART == 1_000
    monkeypatch.setattr(notifications, "MAX_READ_APART", 3)
    seqs = [await acme.seq() + number for number in range(1, 6)]
    for _ in seqs:
        await acme.check_in("macros", 1)
    by = acme.as_person(acme.ben)
    await acme.done(notifications.mark_read, up_to=seqs[0] - 1, seqs=seqs[2:], by=by)
    refused = await acme.refused(notifications.mark_read, up_to=None, seqs=seqs[1:2], by=by)
    assert (refused.code(), refused.path) == ("TOO_MANY", ("seqs",))
    await acme.done(notifications.mark_read, up_to=None, seqs=seqs[:1], by=by)
    await acme.done(notifications.mark_read, up_to=None, seqs=seqs[1:2], by=by)
    [state] = await acme.fetch("select read_until, read_apart from notification_read")
    assert state == {"read_until": seqs[-1], "read_apart": []}


async def test_a_service_is_told_why_it_has_no_notifications(acme: Acme):
    refused = await acme.refused(notifications.mark_read, up_to=1, seqs=None)
    assert (refused.code(), str(refused)) == (
        "PEOPLE_ONLY",
        "Only people have notifications; this token is of a service",
    )
