"""Webhooks end to end: real mutations, the real job, and a receiver on a real socket."""

import asyncio
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql import webhook_payloads
from okr_api.graphql.document_limits import MAX_ALIASES
from okr_api.okr.webhook import (
    MAX_ATTEMPTS_KEPT,
    MAX_FAILING,
    MAX_FAILURES,
)
from okr_api.services.webhook_signatures import USER_AGENT
from okr_api.store import retention
from okr_api.webhooks import delivery, dispatcher, http_sender
from tests.acme import Acme
from tests.loop_blocks import ATTEMPTS, MAX_BLOCK_S, loop_blocks
from tests.serving import PATIENCE_S, Client, Server, serving
from tests.webhook_receiver import Answer, Received, Receiver, receiving
from tests.webhooks.conftest import (
    LOOPBACK,
    SELECTION,
    STATE,
    LeapingClock,
    check_in,
    create,
    delivering,
    in_order,
    look,
    until_stored,
)


@pytest.fixture
def client(served: Server, acme: Acme) -> Client:
    return served.client(acme.token)


async def test_each_change_is_delivered_in_order_signed_and_as_the_subscription_sends_it(
    client: Client, served: Server, acme: Acme, receiver: Receiver
):
    made = await create(client, receiver)
    async with served.socket(acme.token) as socket:
        events = await socket.follow(f"subscription {{ changes {SELECTION} }}")
        seqs = await check_in(client, 1, 2, 3)
        await receiver.until_accepted(seqs[-1])
        pushed = [(await events.message())["payload"] for _ in range(3)]
    assert [one.payload for one in receiver.received] == pushed
    assert [one.verify(made["secret"]) for one in receiver.received] == pushed
    id = made["id"].removeprefix("whk_")
    assert [one.headers["webhook-id"] for one in receiver.received] == [f"{id}-{seq}" for seq in seqs]
    assert {one.headers["content-type"] for one in receiver.received} == {"application/json"}
    assert {one.headers["user-agent"] for one in receiver.received} == {USER_AGENT}
    assert {one.path for one in receiver.received} == {"/hook"}
    assert receiver.connected == 1  # which is used again
    await until_stored(acme, f"position = {seqs[-1]} and failures = 0")
    now = await look(client, made)
    assert [(one["seq"], one["outcome"], one["statusCode"]) for one in now["attempts"]] == [
        (seq, "DELIVERED", 204) for seq in reversed(seqs)
    ]


async def test_a_filter_passes_by_what_does_not_match(client: Client, acme: Acme, receiver: Receiver):
    await create(client, receiver, filter={"kinds": ["TEAM_CREATED"]}, selection="{ kind node { id } }")
    await check_in(client, 1, 2)
    made = await client.make("teamCreate", name="New")
    await receiver.until_accepted(await acme.seq())
    assert [one.payload["data"]["changes"] for one in receiver.received] == [
        {"kind": "TEAM_CREATED", "node": {"id": made}}
    ]
    [seq] = await check_in(client, 3)
    await until_stored(acme, f"position = {seq}")
    assert len(receiver.received) == 1


async def test_it_begins_after_a_position_and_is_replayed_from_another(
    client: Client, acme: Acme, receiver: Receiver
):
    before = await check_in(client, 1, 2, 3)
    made = await create(client, receiver, after=before[0])
    await receiver.until_accepted(before[-1])
    await until_stored(acme, f"position = {before[-1]}")
    done = await client.do("webhookReplay", STATE, id=made["id"], after=before[1])
    assert done["webhook"]["position"] in before[1:]
    await receiver.until(lambda: receiver.accepted == [*before[1:], before[2]])
    first, repeated = receiver.received[1], receiver.received[2]
    assert first.headers["webhook-id"] == repeated.headers["webhook-id"]
    assert first.body == repeated.body


async def test_for_a_day_after_a_rotation_both_secrets_sign(quiet: Server, acme: Acme, receiver: Receiver):
    client, clock = quiet.client(acme.token), LeapingClock(timedelta())
    made = await create(client, receiver)
    rotated = await client.do("webhookRotateSecret", f"secret {STATE}", id=made["id"])
    assert rotated["secret"] not in (made["secret"], None)
    assert rotated["webhook"]["formerSecretUntil"] is not None
    async with delivering(quiet, clock=clock):
        [first] = await check_in(client, 1)
        await receiver.until_accepted(first)
        for secret in (made["secret"], rotated["secret"]):
            receiver.received[0].verify(secret)
        clock.ahead = timedelta(hours=24, minutes=1)
        [second] = await check_in(client, 2)
        await receiver.until_accepted(second)
    assert len(receiver.received[0].headers["webhook-signature"].split()) == 2
    assert len(receiver.received[1].headers["webhook-signature"].split()) == 1


async def test_what_fails_is_repeated_until_it_is_accepted_and_nothing_overtakes_it(
    quiet: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(http_sender, "DELIVERY_TIMEOUT_S", 0.3)
    client, never = quiet.client(acme.token), asyncio.Event()
    redirect = b"HTTP/1.1 302 -\r\nlocation: http://127.0.0.1:%d/elsewhere\r\ncontent-length: 0\r\n\r\n"
    answers: list[Answer | str] = [500, "hang", None, b"no HTTP\r\n\r\n", "redirect", 429, 204]

    async def fail(request: Received) -> Answer:
        answer = answers.pop(0) if answers else 204
        if answer == "hang":
            await never.wait()
        if answer == "redirect":
            return redirect % receiver.port
        return answer if isinstance(answer, int | bytes) else None

    async with receiving(fail) as receiver:
        made = await create(client, receiver)
        seqs = await check_in(client, 1, 2)
        async with delivering(quiet, clock=LeapingClock()):
            await receiver.until_accepted(seqs[-1])
            await until_stored(acme, f"position = {seqs[-1]}")
    assert [one.seq for one in receiver.received] == [seqs[0]] * 7 + [seqs[1]]
    assert len({one.headers["webhook-id"] for one in receiver.received[:7]}) == 1
    assert {one.path for one in receiver.received} == {"/hook"}
    now = await look(client, made)
    assert [(one["outcome"], one["statusCode"]) for one in reversed(now["attempts"])] == [
        ("REJECTED", 500),
        ("TIMED_OUT", None),
        ("UNREACHABLE", None),
        ("UNREACHABLE", None),
        ("REJECTED", 302),
        ("REJECTED", 429),
        ("DELIVERED", 204),
        ("DELIVERED", 204),
    ]
    assert (now["failures"], now["failingSince"], now["nextAttemptAt"]) == (0, None, None)


async def test_a_failure_is_repeated_later_and_at_once_if_somebody_enables_it(
    quiet: Server, acme: Acme, receiver: Receiver
):
    client = quiet.client(acme.token)
    made = await create(client, receiver)
    await receiver.stop()
    [seq] = await check_in(client, 1)
    clock = LeapingClock(timedelta())
    async with delivering(quiet, clock=clock):
        await until_stored(acme, "failures = 1")
        waiting = await look(client, made)
        assert waiting["nextAttemptAt"] > waiting["failingSince"]
        assert [one["outcome"] for one in waiting["attempts"]] == ["UNREACHABLE"]
        await receiver.start()
        await client.do("webhookEnable", id=made["id"])
        await receiver.until_accepted(seq)


async def test_only_the_latest_attempts_are_kept(quiet: Server, acme: Acme, receiver: Receiver):
    client = quiet.client(acme.token)
    made = await create(client, receiver)
    seqs = await check_in(client, *range(MAX_ATTEMPTS_KEPT + 2))
    async with delivering(quiet, clock=LeapingClock()):
        await receiver.until_accepted(seqs[-1])
        await until_stored(acme, f"position = {seqs[-1]}")
    now = await look(client, made)
    assert [one["seq"] for one in now["attempts"]] == seqs[:1:-1]
    assert len(await acme.fetch("select id from webhook_attempt")) == MAX_ATTEMPTS_KEPT


async def test_what_fails_for_days_is_disabled_and_its_owner_is_notified(quiet: Server, acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="ann", scopes=[Scope.ADMIN], person="ann")
    ann, clock = quiet.client(token), LeapingClock(timedelta(hours=5))

    async def fail(_: Received) -> Answer:
        return 500

    async with receiving(fail) as receiver, quiet.socket(token) as socket:
        events = await socket.follow("subscription { notificationReceived { reason change { kind } } }")
        made = await create(ann, receiver)
        [seq] = await check_in(ann, 1)
        async with delivering(quiet, clock=clock):
            told = await events.next()
            now = await look(ann, made)
            assert told == {"reason": "ASSIGNED", "change": {"kind": "WEBHOOK_DISABLED"}}
            assert (now["state"], now["disabledReason"]) == ("DISABLED", "FAILING")
            assert now["failures"] == len(receiver.received) == MAX_FAILURES
            first, last = now["attempts"][-1]["at"], now["attempts"][0]["at"]
            [row] = await acme.fetch(
                "select $1::timestamptz - $2::timestamptz as lasted", *map(_instant, (last, first))
            )
            assert row["lasted"] >= MAX_FAILING
            change = await ann.one(
                "query ($s: Seq!) { changes(after: $s) { nodes { kind summary actor { kind } node { ... on Person { name } } } } }",
                s=seq,
            )
            assert change["nodes"] == [
                {
                    "kind": "WEBHOOK_DISABLED",
                    "summary": "A webhook of the person 'Ann' was disabled",
                    "actor": {"kind": "CLOCK"},
                    "node": {"name": "Ann"},
                }
            ]
            receiver.behave = _accept
            await ann.do("webhookEnable", id=made["id"])
            await receiver.until_accepted(seq)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def _accept(_: Received) -> Answer:
    return 200


async def test_a_receiver_that_is_gone_is_not_called_again(quiet: Server, acme: Acme):
    client = quiet.client(acme.token)

    async def gone(_: Received) -> Answer:
        return 410

    async with receiving(gone) as receiver:
        made = await create(client, receiver)
        await check_in(client, 1, 2)
        async with delivering(quiet, clock=LeapingClock()):
            await until_stored(acme, "disabled_reason = 'RECEIVER_IS_GONE'")
    assert len(receiver.received) == 1
    assert (await look(client, made))["state"] == "DISABLED"


async def test_a_turn_ends_after_five_seconds_with_the_attempt_that_is_under_way(
    quiet: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    """Each attempt takes two of them, so that a turn has three; the next turn goes on after these."""
    passed, ends, monotonic = [0.0], [], delivery.monotonic

    async def slow(_: Received) -> Answer:
        passed[0] += 2.0
        return 200

    monkeypatch.setattr(delivery, "monotonic", lambda: monotonic() + passed[0])
    client, work = quiet.client(acme.token), delivery.Delivery.take_turn

    async def turn(*given: Any) -> int:
        ends.append(await work(*given))
        return ends[-1]

    monkeypatch.setattr(delivery.Delivery, "take_turn", turn)
    async with receiving(slow) as receiver:
        await create(client, receiver)
        seqs = await check_in(client, *range(7))
        async with delivering(quiet):
            await receiver.until_accepted(seqs[-1])
            await until_stored(acme, f"position = {seqs[-1]}")
    attempts = ceil(delivery.MAX_TURN_S / 2)
    assert ends[:2] == [attempts, attempts]
    assert receiver.accepted == seqs


async def test_a_slow_receiver_delays_no_other_one(client: Client, acme: Acme, receiver: Receiver):
    release = asyncio.Event()

    async def slow(_: Received) -> Answer:
        await release.wait()
        return 200

    async with receiving(slow) as waiting:
        for _ in range(dispatcher.MAX_TURNS_PER_ORGANIZATION - 1):
            await create(client, waiting)
        await create(client, receiver)
        seqs = await check_in(client, 1, 2, 3)
        await receiver.until_accepted(seqs[-1])
        assert waiting.accepted == []
        release.set()
        await waiting.until(
            lambda: waiting.accepted.count(seqs[-1]) == dispatcher.MAX_TURNS_PER_ORGANIZATION - 1
        )


async def test_so_many_webhooks_of_an_organisation_are_delivered_at_a_time(
    client: Client, acme: Acme, receiver: Receiver
):
    release, most = asyncio.Event(), dispatcher.MAX_TURNS_PER_ORGANIZATION

    async def slow(_: Received) -> Answer:
        await release.wait()
        return 200

    async with receiving(slow) as waiting:
        for _ in range(most + 1):
            await create(client, waiting)
        [seq] = await check_in(client, 1)
        await waiting.until(lambda: len(waiting.received) == most)
        [row] = await acme.fetch(
            "select count(*) from webhook where attempted_at is null and position < $1", seq
        )
        assert row["count"] == most + 1
        release.set()
        await waiting.until(lambda: waiting.accepted.count(seq) == most + 1)


async def test_the_rest_of_a_response_does_not_matter(client: Client, acme: Acme, receiver: Receiver):
    endless = b"HTTP/1.1 200 -\r\ncontent-length: 999999999\r\n\r\n" + b"x" * (
        http_sender.MAX_RESPONSE_BYTES + 70_000
    )

    async def tell(_: Received) -> Answer:
        return endless

    async with receiving(tell) as waiting:
        await create(client, waiting)
        seqs = await check_in(client, 1, 2)
        await waiting.until(lambda: [one.seq for one in waiting.received] == seqs)
        await until_stored(acme, f"position = {seqs[-1]}")


async def test_a_payload_that_is_too_large_has_an_error_instead_of_its_data(
    client: Client, acme: Acme, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhook_payloads, "MAX_WEBHOOK_PAYLOAD_BYTES", 100)
    await create(client, receiver)
    [seq] = await check_in(client, 1)
    await receiver.until_accepted(seq)
    payload = receiver.received[0].payload
    assert (payload["data"], payload["extensions"]) == (None, {"seq": seq})
    assert [error["extensions"]["code"] for error in payload["errors"]] == ["TOO_MANY"]


async def test_a_change_whose_selection_is_rejected_is_sent_as_an_error_and_others_follow(
    client: Client, acme: Acme, receiver: Receiver
):
    history = 'history(metric: PROGRESS, from: "1990-01-01T00:00:00Z") { at }'
    selection = f"{{ seq node {{ ... on CheckIn {{ keyResult {{ {history} }} }} ... on KeyResult {{ {history} }} }} }}"
    await create(client, receiver, selection=selection)
    [seq] = await check_in(client, 1)
    renamed = await client.do("objectiveUpdate", objective={"externalId": "clear_backlog"}, title="Cleared")
    await receiver.until_accepted(renamed["seq"])
    first, last = (one.payload for one in receiver.received)
    assert (first["data"], first["extensions"]) == (None, {"seq": seq})
    assert [error["extensions"]["code"] for error in first["errors"]] == ["TOO_MANY"]
    assert last["data"]["changes"]["seq"] == renamed["seq"]


async def test_what_the_owner_does_not_see_any_more_is_not_sent(client: Client, served: Server, acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="ann", scopes=[Scope.ADMIN], person="ben")
    await acme.fetch("update person set role = 'ADMIN' where external_id = 'ben' returning id")
    assert served.app_services
    served.app_services.tokens.forget()
    ben = served.client(token)
    async with receiving() as receiver:
        await create(ben, receiver)
        hidden = {"objective": {"externalId": "never_down"}, "visibility": "PRIVATE"}
        await client.do("objectiveUpdate", **hidden)
        seqs = [
            (await client.do("checkInRecord", keyResult={"externalId": "errors"}, value=2))["seq"],
        ]
        await receiver.until_accepted(seqs[-1])  # as an admin
        await client.do("personUpdate", person={"externalId": "ben"}, role="MEMBER")
        seqs.append((await client.do("checkInRecord", keyResult={"externalId": "errors"}, value=3))["seq"])
        seqs += await check_in(client, 4)
        await receiver.until_accepted(seqs[-1])
    known = {one.seq: one.payload["data"]["changes"] for one in receiver.received}
    assert known[seqs[0]]["nodeId"] is not None
    assert seqs[1] not in known or known[seqs[1]]["nodeId"] is None
    assert known[seqs[2]]["nodeId"] is not None


async def test_the_webhook_of_somebody_who_has_left_is_disabled(client: Client, served: Server, acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="ben", scopes=[Scope.ADMIN], person="ben")
    await acme.fetch("update person set role = 'ADMIN' where external_id = 'ben' returning id")
    assert served.app_services
    served.app_services.tokens.forget()
    made = await client.do("tokenCreate", "secret token { id }", service="tool", scopes=["ADMIN"])
    async with receiving() as receiver:
        of_ben = await create(served.client(token), receiver)
        of_tool = await create(served.client(made["secret"]), receiver)
        await client.do("tokenRevoke", id=made["token"]["id"])
        await until_stored(acme, "true")
        await client.do("personRemove", person={"externalId": "ben"})
        for id in (of_ben, of_tool):
            await until_stored(
                acme, f"id = '{id['id'].removeprefix('whk_')}' and disabled_reason = 'OWNER_HAS_LEFT'"
            )
    assert receiver.received == []


async def test_a_position_that_the_feed_lost_disables_it(quiet: Server, acme: Acme, receiver: Receiver):
    client = quiet.client(acme.token)
    made = await create(client, receiver, after=0)
    await check_in(client, 1, 2, 3)
    await acme.fetch("update change set recorded_at = recorded_at - interval '100 days' returning seq")
    assert await retention.delete_old_changes(acme.database, acme.organization.id, timedelta(days=50))
    async with delivering(quiet):
        await until_stored(acme, "disabled_reason = 'POSITION_IS_LOST'")
    [refused] = (await client.try_("webhookReplay", id=made["id"], after=0))["errors"]
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["after"])


async def test_a_position_beyond_the_feed_disables_it(quiet: Server, acme: Acme, receiver: Receiver):
    await create(quiet.client(acme.token), receiver)
    await acme.fetch(
        "update webhook set position = position + 1000 returning id"
    )  # as after a partial restore
    async with delivering(quiet):
        await until_stored(acme, "disabled_reason = 'POSITION_IS_LOST'")


async def test_a_selection_that_the_schema_has_lost_disables_it(
    quiet: Server, acme: Acme, receiver: Receiver
):
    client = quiet.client(acme.token)
    await create(client, receiver)
    await acme.fetch("update webhook set selection = '{ whatWasThere }' returning id")
    await check_in(client, 1)
    async with delivering(quiet):
        await until_stored(acme, "disabled_reason = 'SELECTION_IS_INVALID'")
    assert receiver.received == []


async def test_an_edit_applies_to_the_next_attempt(quiet: Server, acme: Acme, receiver: Receiver):
    client, arrived, release = quiet.client(acme.token), asyncio.Event(), asyncio.Event()

    async def slow(_: Received) -> Answer:
        arrived.set()
        await release.wait()
        return 200

    async with receiving(slow) as former:
        made = await create(client, former)
        [seq] = await check_in(client, 1)
        async with delivering(quiet):
            await arrived.wait()
            await client.do("webhookUpdate", id=made["id"], url=receiver.url, expectedVersion=1)
            release.set()
            await receiver.until_accepted(seq)  # what the former one accepted was not recorded
    assert in_order([one.seq for one in former.received]) == [seq]


async def test_a_run_ends_and_the_next_one_goes_on(
    quiet: Server, acme: Acme, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dispatcher, "WEBHOOK_RUN_S", 0.5)
    assert quiet.app_services
    client, database, accepted = quiet.client(acme.token), quiet.app_services.database, 0
    await create(client, receiver)
    job = dispatcher.WebhookDispatcher()
    async with job.running(quiet.app_services):
        for values in ((1, 2), (3,)):
            seqs = await check_in(client, *values)
            while not receiver.accepted or receiver.accepted[-1] < seqs[-1]:
                outcome = await job.run(database)
                assert outcome.failures == 0
                accepted += outcome.items
    assert accepted == len(receiver.accepted) == 3
    assert job.turns == {}


async def test_a_fault_of_a_turn_delays_that_webhook_alone(
    quiet: Server, acme: Acme, receiver: Receiver, caplog: pytest.LogCaptureFixture
):
    client = quiet.client(acme.token)
    broken, good = await create(client, receiver), await create(client, receiver)
    number = broken["id"].removeprefix("whk_")
    await acme.fetch(f"update webhook set secret = 'whsec_' where id = '{number}' returning id")
    [seq] = await check_in(client, 1)
    async with delivering(quiet) as job:
        await receiver.until_accepted(seq)
        await until_stored(acme, f"position = {seq}")
        async with asyncio.timeout(PATIENCE_S):
            while not job.postponed:  # noqa: ASYNC110  nothing tells it
                await asyncio.sleep(0)
        assert [id.hex for id in job.postponed] == [number]
    assert (await look(client, good))["position"] == seq
    assert (await look(client, broken))["attempts"] == []
    assert "The turn of webhook" in caplog.text


async def test_no_selection_and_no_delivery_of_it_blocks_the_event_loop(
    quiet: Server, acme: Acme, receiver: Receiver
):
    client = quiet.client(acme.token)
    wide = "node { ... on KeyResult { title unit progress objective { title owner { name } } } }"
    for attempt in range(ATTEMPTS):
        many = [f"a{attempt}x{place}: {wide}" for place in range(MAX_ALIASES)]
        with loop_blocks() as blocks:
            made = await create(client, receiver, selection="{ " + " ".join(many) + " }")
            [seq] = await check_in(client, attempt)
            async with delivering(quiet):
                await receiver.until_accepted(seq)
        assert len(receiver.received[-1].payload["data"]["changes"]) == MAX_ALIASES
        await client.do("webhookDelete", id=made["id"])
        if blocks.longest.seconds < MAX_BLOCK_S:
            break
    assert blocks.longest.seconds < MAX_BLOCK_S, blocks.found


async def test_of_two_processes_one_delivers_and_each_change_comes_once(
    client: Client, acme: Acme, acme_url: str, receiver: Receiver
):
    async with serving(acme_url, webhooks=True, webhook_networks=LOOPBACK) as other:
        await create(client, receiver)
        seqs = []
        for place in range(10):
            seqs += await check_in((client, other.client(acme.token))[place % 2], place)
        await receiver.until_accepted(seqs[-1])
    assert [one.seq for one in receiver.received] == seqs
