"""Pulses over GraphQL: what each reader sees and does at each state, and what subscribers are told."""

from typing import Any

from okr_api.auth.actor import Scope
from okr_api.okr.pulse import MIN_PULSE_ANSWERS
from tests.acme import Acme
from tests.serving import Client, Server

PULSE = {"pulse": {"externalId": "asked"}}
WHOLE = "state questions answerCount results { question mean distribution } viewerHasAnswered"
READ = f'{{ cycle(externalId: "quarter") {{ pulse {{ {WHOLE} }} }} }}'
CHANGES = "query ($after: Seq!) { changes(after: $after) { nodes { kind summary node { ... on Pulse { state } } } } }"


async def client_of(acme: Acme, served: Server, name: str, scope: Scope = Scope.WRITE) -> Client:
    return served.client(
        await acme.tokens.create(acme.organization.id, name=name, scopes=[scope], person=name)
    )


async def read(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await client.one(READ))["pulse"]
    return found


async def test_a_pulse_is_asked_answered_and_read(acme: Acme, client: Client, served: Server):
    seq = await acme.seq()
    given = {"cycle": {"externalId": "quarter"}, "questions": ["Clear?", "Done?"], "externalId": "asked"}
    await client.do("pulseCreate", **given)
    await client.do("pulseUpdate", **PULSE, questions=["Clear?", "Within reach?"])
    await client.do("pulseOpen", **PULSE)
    nothing = {
        "state": "OPEN",
        "questions": ["Clear?", "Within reach?"],
        "answerCount": None,
        "results": None,
        "viewerHasAnswered": False,
    }
    assert await read(client) == nothing
    names = [f"p{number}" for number in range(MIN_PULSE_ANSWERS)]
    for number, name in enumerate(names):
        await acme.person(name, external_id=name)
        own = await client_of(acme, served, name, Scope.CHECK_IN)
        done = await own.do(
            "pulseAnswer", f"pulse {{ {WHOLE} }} deltas {{ nodeId }}", **PULSE, answers=[number + 1, 5]
        )
        assert (done["pulse"], done["deltas"]) == (nothing | {"viewerHasAnswered": True}, [])
        assert await own.refused("pulseAnswer", **PULSE, answers=[1, 1]) == [
            ("ALREADY_ANSWERED", ["pulse", "externalId"])
        ]
        assert await read(client) == nothing
    await client.do("pulseClose", **PULSE)
    for each in (
        client,
        await client_of(acme, served, "p0", Scope.READ),
        served.client(acme.world.tokens[Scope.READ]),
    ):
        assert await read(each) == nothing | {
            "state": "CLOSED",
            "answerCount": 5,
            "results": [
                {"question": "Clear?", "mean": 3.0, "distribution": [1, 1, 1, 1, 1]},
                {"question": "Within reach?", "mean": 5.0, "distribution": [0, 0, 0, 0, 5]},
            ],
        }
    told = (await client.one(CHANGES, after=seq))["nodes"]
    assert [each["summary"] for each in told if each["kind"].startswith("PULSE")] == [
        "Ann drafted a pulse of the cycle 'Quarter'",
        "Ann edited the pulse of the cycle 'Quarter' (questions)",
        "Ann opened the pulse of the cycle 'Quarter'",
        "Ann closed the pulse of the cycle 'Quarter'",
    ]
    assert {each["kind"] for each in told} == {
        "PULSE_CREATED", "PULSE_UPDATED", "PULSE_OPENED", "PULSE_CLOSED", "PERSON_CREATED",
    }  # fmt: skip


async def test_members_answer_and_admins_ask(acme: Acme, client: Client, served: Server):
    await acme.person("Vic", external_id="vic", role="VIEWER")
    given = {"cycle": {"externalId": "quarter"}, "questions": ["Clear?"], "externalId": "asked"}
    ben = await client_of(acme, served, "ben")
    await client.do("organizationUpdate", editing="RESPONSIBLE")
    assert await ben.refused("pulseCreate", **given) == [("FORBIDDEN", [])]
    await client.do("pulseCreate", **given)
    for mutation in ("pulseOpen", "pulseClose", "pulseDelete"):
        assert await ben.refused(mutation, **PULSE) == [("FORBIDDEN", [])]
    await client.do("pulseOpen", **PULSE)
    vic = await client_of(acme, served, "vic")
    assert await vic.refused("pulseAnswer", **PULSE, answers=[1]) == [("FORBIDDEN", [])]
    reading = await client_of(acme, served, "ben", Scope.READ)
    assert await reading.refused("pulseAnswer", **PULSE, answers=[1]) == [("FORBIDDEN", [])]
    service = served.client(acme.world.tokens[Scope.ADMIN])
    assert await service.refused("pulseAnswer", **PULSE, answers=[1]) == [("PEOPLE_ONLY", [])]
    await ben.do("pulseAnswer", **PULSE, answers=[1])
    await client.do("pulseAnswer", **PULSE, answers=[2])
