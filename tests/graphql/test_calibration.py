"""Calibration over GraphQL: which check-ins and key results count, who sees whose, and what it costs."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.grade import GradeKind
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.people import TeamRole
from okr_api.query_engine import calibrations
from okr_api.scoring.calibration import MIN_CALIBRATION_CASES
from okr_api.services import cycles, key_results, teams
from okr_api.services.grades import grade_key_result
from tests.acme import TODAY, Acme, days_ago, said
from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.restricting import restrict
from tests.serving import Client, Server

MOMENT = "{ brierScore deciles { lower upper caseCount meanConfidence achievedShare } }"
WHOLE = f"calibration {{ caseCount achievedShare first {MOMENT} middle {MOMENT} last {MOMENT} }}"
COUNT = "calibration { caseCount }"
OF_CEM = 'person(externalId: "cem")'
OF_PLATFORM = 'team(externalId: "platform")'
FIRST, LAST = TODAY - timedelta(days=120), TODAY - timedelta(days=31)


async def closed_cycle(acme: Acme, *, missed: int = 2, besides: int = 0) -> list[UUID]:
    """Close a cycle with ten key results of Cem's objective of Platform, some missed, and `besides` others.

    Return the key results. Each was measured once, and said to be 0.2, 0.9, 0.6 and 0.8 likely.
    """
    await acme.cycle("Last", FIRST, LAST, external_id="last")
    await acme.objective(
        "Be there", owner="cem", team="platform", kind=ObjectiveKind.COMMITTED, external_id="be_there"
    )
    parts = [await acme.key_result(f"Part {n}", "be_there") for n in range(MIN_CALIBRATION_CASES + besides)]
    await acme.say(
        *(
            said(part, value, confidence=confidence, effective_at=days_ago(days))
            for n, part in enumerate(parts)
            for days, value, confidence in (
                (100, None, 0.2),
                (80, None, 0.9),
                (60, None, 0.6),
                (40, 0 if n < missed else 100, 0.8),
                (20, None, 0.0),  # after the end
            )
        )
    )
    return parts


async def close(acme: Acme) -> None:
    await acme.done(cycles.begin_review, cycle="last")
    await acme.done(cycles.close_cycle, cycle="last", not_measured_reason="Nobody looked")


async def count(client: Client, of: str, arguments: str = "") -> int | None:
    found = (await client.one(f"{{ {of} {{ {COUNT.replace('{', arguments + ' {', 1)} }} }}"))["calibration"]
    return found and found["caseCount"]


async def test_it_is_of_the_first_the_middle_and_the_last_check_in_of_closed_cycles(
    acme: Acme, client: Client
):
    await closed_cycle(acme)
    assert await count(client, OF_CEM) is None  # the cycle is open
    await close(acme)
    found = (await client.one(f"{{ {OF_CEM} {{ {WHOLE} }} }}"))["calibration"]

    def moment(confidence: float, brier: float) -> dict[str, Any]:
        lower = int(confidence * 10) / 10
        decile = {
            "lower": lower,
            "upper": (int(confidence * 10) + 1) / 10,
            "caseCount": 10,
            "meanConfidence": pytest.approx(confidence),
            "achievedShare": 0.8,
        }
        return {"brierScore": pytest.approx(brier), "deciles": [decile]}

    assert found == {
        "caseCount": 10,
        "achievedShare": 0.8,
        "first": moment(0.2, 0.8 * 0.64 + 0.2 * 0.04),
        "middle": moment(0.9, 0.8 * 0.01 + 0.2 * 0.81),  # the earlier of two in the middle
        "last": moment(0.8, 0.8 * 0.04 + 0.2 * 0.64),
    }
    for of in (OF_PLATFORM, "organization"):
        assert (await client.one(f"{{ {of} {{ {WHOLE} }} }}"))["calibration"] == found
    assert await count(client, 'team(externalId: "support")') is None
    await acme.done(cycles.reopen_cycle, cycle="last", reason="R", scope=Scope.ADMIN)
    assert await count(client, OF_CEM) is None


async def test_what_has_no_outcome_no_confidence_or_another_owner_does_not_count(acme: Acme, client: Client):
    parts = await closed_cycle(acme, besides=4)
    await acme.done(key_results.drop_key_result, key_result=parts[0], reason="R")
    others = await acme.key_result("Of Ben", "be_there", owner="ben")
    await acme.check_in(others, 100, confidence=0.5, effective_at=days_ago(50))
    await acme.key_result("Never read", "be_there")
    for row in await acme.fetch("select id from check_in where key_result_id = $1", parts[3]):
        await acme.retract(row["id"])
    await acme.done(cycles.begin_review, cycle="last")
    graded = {"kind": GradeKind.NOT_MEASURED, "reason": "R"}
    await acme.done(grade_key_result, key_result=parts[1], **graded)
    await acme.done(cycles.close_cycle, cycle="last", not_measured_reason="Nobody looked")
    assert await count(client, OF_CEM) == 11


async def test_it_is_of_cycles_that_end_within_the_days(acme: Acme, client: Client):
    await closed_cycle(acme)
    await close(acme)
    for arguments, expected in (
        (f'(since: "{LAST}", until: "{LAST}")', 10),
        (f'(since: "{LAST + timedelta(days=1)}")', None),
        (f'(until: "{LAST - timedelta(days=1)}")', None),
    ):
        assert await count(client, OF_CEM, arguments) == expected
    error = await client.problem(
        f'{{ {OF_CEM} {{ calibration(since: "2027-01-02", until: "2027-01-01") {{ caseCount }} }} }}'
    )
    assert (error["code"], error["message"]) == ("INVALID_INPUT", "since is after until")


async def test_only_the_person_leads_and_admins_see_it(acme: Acme, served: Server):
    await closed_cycle(acme)
    await close(acme)
    for name in ("dana", "eve", "finn"):
        await acme.person(name.capitalize(), external_id=name)
    above = await acme.team("Engineering", external_id="engineering")
    await acme.fetch("update team set parent_id = $2 where id = $1", acme.platform, above)
    for person, team, role in (
        ("cem", "platform", TeamRole.MEMBER),
        ("dana", "platform", TeamRole.LEAD),
        ("eve", "engineering", TeamRole.LEAD),
        ("finn", "platform", TeamRole.MEMBER),
    ):
        await acme.done(teams.add_member, team=team, person=person, role=role)
    seen = {}
    for name in ("ann", "cem", "dana", "eve", "finn", "ben"):
        token = await acme.tokens.create(acme.organization.id, name=name, scopes=[Scope.READ], person=name)
        client = served.client(token)
        seen[name] = [await count(client, of) for of in (OF_CEM, OF_PLATFORM, "organization")]
    for name in (Scope.WRITE, Scope.ADMIN):
        client = served.client(acme.world.tokens[name])
        seen[name.name] = [await count(client, of) for of in (OF_CEM, OF_PLATFORM, "organization")]
    assert seen == {
        "ann": [10, 10, 10],
        "cem": [10, None, None],
        "dana": [10, 10, None],
        "eve": [10, 10, None],
        "finn": [None, None, None],
        "ben": [None, None, None],
        "WRITE": [None, None, None],
        "ADMIN": [10, 10, 10],
    }


async def test_what_the_reader_does_not_see_is_not_counted(acme: Acme, client: Client, served: Server):
    await closed_cycle(acme)
    await close(acme)
    token = await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.READ], person="cem")
    owner = served.client(token)
    assert (await count(owner, OF_CEM), await count(client, OF_CEM)) == (10, 10)
    await restrict(acme, "be_there", acme.ben)
    assert (await count(owner, OF_CEM), await count(client, OF_CEM)) == (None, 10)


MANY = 10_000
COPIES = """
    with made as (
        select old, gen_random_uuid() as id from key_result old, generate_series(1, $2) where old.id = $1
    ), parts as (
        insert into key_result
        select part.* from made cross join lateral jsonb_populate_record(made.old,
            jsonb_build_object('id', made.id, 'external_id', null)) part
    ), readings as (
        select reading, made.id as key_result_id, gen_random_uuid() as id from made, check_in reading
        where reading.key_result_id = $1 and reading.effective_at > now() - interval '90 days'
    )
    insert into check_in
    select said.* from readings cross join lateral jsonb_populate_record(readings.reading, jsonb_build_object(
        'id', readings.id, 'external_id', null, 'key_result_id', readings.key_result_id)) said
"""


async def test_ten_thousand_key_results_block_nobody_and_take_as_many_statements(
    acme: Acme, client: Client, monkeypatch: pytest.MonkeyPatch
):
    parts = await closed_cycle(acme)
    await close(acme)
    page = f"{{ people(first: 3) {{ nodes {{ externalId {COUNT} }} }} }}"
    few = await client.ask(page)
    await acme.fetch(COPIES, parts[0], MANY)
    await acme.fetch("analyze")
    many = await client.ask(page)
    assert [node["calibration"] for node in many["people"]["nodes"]] == [
        None,
        None,
        {"caseCount": MANY + 10},
    ]
    assert few["people"]["nodes"][2]["calibration"] == {"caseCount": 10}
    block = await least_block(partial(client.ask, f"{{ organization {{ {WHOLE} }} }}"))
    assert block.seconds < MAX_BLOCK_S, block
    monkeypatch.setattr(calibrations, "MAX_CALIBRATION_CASES", MANY)
    error = await client.problem(f"{{ organization {{ {COUNT} }} }}")
    assert error["code"] == "TOO_MANY"
    assert "give `since`" in error["message"]
