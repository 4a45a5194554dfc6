"""Summaries of cycles: whole answers of a small cycle, who sees what, and what a closed cycle keeps."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entity import NodeType
from okr_api.okr.grade import GradeKind
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.query_engine.cycle_summary import MAX_SUMMARY_TEAMS
from okr_api.services import cycles, key_results, objectives, organization
from okr_api.services.grades import grade_key_result, grade_objective
from okr_api.services.lessons import add_lesson
from okr_api.services.reviews import record_review
from tests.acme import MORE_OBJECTIVES, TODAY, Acme, at_most, days_ago, measured
from tests.restricting import restrict
from tests.serving import Client, Server

SCORES = "tenths redCount yellowCount greenCount scoredCount notMeasuredCount atOneCount atOneShare tooSafe"
OUTCOMES = "objectiveCount metCount missedCount notMeasuredCount"
NUMBERS = f"""
    objectiveCount learningCount coverage
    objectiveScores {{ {SCORES} }} keyResultScores {{ {SCORES} }}
    committed {{ {OUTCOMES} }} aspirational {{ {OUTCOMES} meanScore }}
    easedTargets {{ keyResultCount meanScore meanOriginalScore }} guardRails {{ guardRailCount brokenCount }}
    rhythm {{ onTimeCount lateCount missedCount excusedCount onTimeShare }}
"""
LISTS = """
    celebrations(first: 10) { totalCount nodes { celebration objective { externalId } } }
    lessons(first: 10) { totalCount nodes { title } }
"""
SUMMARY = f"""query ($cycle: String) {{ cycle(externalId: $cycle) {{ summary {{
    {NUMBERS} alignedCount alignedShare byTeam {{ team {{ externalId }} {NUMBERS} }} hiddenTeamCount {LISTS}
}} }} }}"""
SHORT = """{ cycle(externalId: "trial") { summary {
    objectiveCount committed { metCount missedCount } hiddenTeamCount
    byTeam { team { externalId } objectiveCount objectiveScores { tenths } }
    celebrations { totalCount nodes { celebration } } lessons { totalCount nodes { title } }
} } }"""
ALIGNED = '{ cycle(externalId: "trial") { alignment { objectiveCount alignedCount share } } }'
WEEKLY = Cadence(weeks=1, weekday=list(Weekday)[TODAY.weekday()])
FOREVER = (
    "update organization_version set cadence = (select cadence from organization where id = $1)"
    " where organization_id = $1"
)
CLOSED_EARLIER = """
    update cycle set rules = jsonb_set(rules, '{at}', to_jsonb((rules ->> 'at')::timestamptz - interval '10 days'))
    where external_id = 'trial'
"""
MORE_TEAMS = """
    insert into team select made.* from team copied, generate_series(1, $1) number,
        jsonb_populate_record(copied, jsonb_build_object('id', gen_random_uuid(), 'external_id', null,
            'name', 'Team ' || to_char(number, 'FM000'))) made
    where copied.external_id = 'support'
"""
ONE_EACH = """
    update objective set team_id = placed.team_id
    from (
        select id as team_id, row_number() over (order by name) as place from team where name like 'Team %'
    ) placed
    join (
        select id, row_number() over (order by id) as place from objective
        where title = 'One of many' and id <> $1
    ) one on one.place = placed.place
    where objective.id = one.id
"""
NAMES = """{ cycle(externalId: "trial") { summary {
    objectiveCount hiddenTeamCount byTeam { team { name } }
} } }"""
CREATED = "update key_result set created_at = $2 where external_id = $1"
NO_CHECK_INS = {"onTimeCount": 0, "lateCount": 0, "missedCount": 0, "excusedCount": 0, "onTimeShare": None}


async def part(acme: Acme, name: str, objective: str, value: float | None, **more: Any) -> None:
    """Create a key result from 0 to 100, perhaps with a check-in."""
    await acme.key_result(name.upper(), objective, external_id=name, **more)
    if value is not None:
        await acme.check_in(name, value)


@pytest.fixture
async def trial(acme: Acme) -> Acme:
    """Return Acme with a cycle in review that has an objective of each kind, and two teams and none."""
    await acme.cycle("Trial", external_id="trial")
    committed, aspirational = ObjectiveKind.COMMITTED, ObjectiveKind.ASPIRATIONAL
    for name, team, kind in (
        ("met", "support", committed),
        ("bold", "support", aspirational),
        ("harmed", "platform", committed),
        ("blank", "platform", aspirational),
        ("curious", None, ObjectiveKind.LEARNING),
    ):
        await acme.objective(name.title(), team=team, kind=kind, external_id=name)
    await acme.done(objectives.edit_objective, objective="met", edits={"stands_alone_reason": "It does"})
    await part(acme, "a", "met", 100)
    await part(acme, "b", "bold", 60)
    await part(acme, "c", "bold", 90)
    await part(acme, "d", "harmed", 50)
    await part(acme, "e", "harmed", None)
    await part(acme, "f", "curious", 25)
    rail = {"role": KeyResultRole.GUARD_RAIL, "broken_budget": 0.0, "measure": at_most(5)}
    await part(acme, "rail", "harmed", 6, **rail)
    for target, reason in ((80.0, None), (50.0, "Half is enough")):
        revision = {"edits": {}, "measure": {"target_value": target}, "reason": reason or "Nearer"}
        await acme.done(key_results.edit_key_result, key_result="d", **revision)
    await acme.objective("Draft", draft=True, external_id="draft")
    await part(acme, "g", "draft", None)
    await acme.done(cycles.begin_review, cycle="trial")
    said = {"decision": ReviewDecision.KEEP, "decision_reason": "Why", "root_cause": RootCause.OTHER}
    await acme.done(record_review, objective="met", **said, celebration="Cake")
    await acme.done(record_review, objective="harmed", **said, celebration="More cake")
    await acme.done(record_review, objective="bold", **said)
    await acme.done(add_lesson, source=measured("a"), title="Ask early")
    await acme.done(add_lesson, source=measured("harmed", NodeType.OBJECTIVE), title="Look twice")
    await acme.done(add_lesson, source=measured("macros"), title="Of another cycle")
    return acme


def scores(tenths: dict[int, int], red: int, yellow: int, green: int, **more: Any) -> dict[str, Any]:
    """Return a distribution; `tenths` has the numbers that are not 0."""
    return {
        "tenths": [tenths.get(place, 0) for place in range(10)],
        "redCount": red,
        "yellowCount": yellow,
        "greenCount": green,
        "scoredCount": red + yellow + green,
        "notMeasuredCount": 0,
        "atOneCount": 0,
        "atOneShare": 0,
        "tooSafe": False,
        **more,
    }


def outcomes(met: int, missed: int, blank: int = 0, **more: Any) -> dict[str, Any]:
    counts = {"objectiveCount": met + missed + blank, "metCount": met, "missedCount": missed}
    return counts | {"notMeasuredCount": blank} | more


NONE = scores({}, 0, 0, 0, atOneShare=None)
NOT_EASED = {"keyResultCount": 0, "meanScore": None, "meanOriginalScore": None}
NO_RAILS = {"guardRailCount": 0, "brokenCount": 0}
SUPPORT = {
    "objectiveCount": 2,
    "learningCount": 0,
    "coverage": 1,
    "objectiveScores": scores({7: 1, 9: 1}, 0, 0, 2, atOneCount=1, atOneShare=0.5),
    "keyResultScores": scores({6: 1, 9: 2}, 0, 1, 2, atOneCount=1, atOneShare=pytest.approx(1 / 3)),
    "committed": outcomes(1, 0),
    "aspirational": outcomes(1, 0, meanScore=0.75),
    "easedTargets": NOT_EASED,
    "guardRails": NO_RAILS,
    "rhythm": NO_CHECK_INS,
}
# `d` is at its eased target and `e` was not measured: the score is 1, and its floor 0.5.
PLATFORM = {
    "objectiveCount": 2,
    "learningCount": 0,
    "coverage": 0.25,
    "objectiveScores": scores({9: 1}, 0, 1, 0, notMeasuredCount=1, atOneCount=1, atOneShare=1, tooSafe=True),
    "keyResultScores": scores({9: 1}, 0, 0, 1, notMeasuredCount=1, atOneCount=1, atOneShare=1, tooSafe=True),
    "committed": outcomes(0, 1),
    "aspirational": outcomes(0, 0, 1, meanScore=None),
    "easedTargets": {"keyResultCount": 1, "meanScore": 1, "meanOriginalScore": 0.5},
    "guardRails": {"guardRailCount": 1, "brokenCount": 1},
    "rhythm": NO_CHECK_INS,
}
NO_TEAM = {
    "objectiveCount": 1,
    "learningCount": 1,
    "coverage": 1,
    "objectiveScores": NONE,
    "keyResultScores": NONE,
    "committed": outcomes(0, 0),
    "aspirational": outcomes(0, 0, meanScore=None),
    "easedTargets": NOT_EASED,
    "guardRails": NO_RAILS,
    "rhythm": NO_CHECK_INS,
}
WHOLE = {
    "objectiveCount": 5,
    "learningCount": 1,
    "alignedCount": 1,
    "alignedShare": 0.2,
    "coverage": 0.7,
    "objectiveScores": scores(
        {7: 1, 9: 2}, 0, 1, 2, notMeasuredCount=1, atOneCount=2, atOneShare=pytest.approx(2 / 3)
    ),
    "keyResultScores": scores({6: 1, 9: 3}, 0, 1, 3, notMeasuredCount=1, atOneCount=2, atOneShare=0.5),
    "committed": outcomes(1, 1),
    "aspirational": outcomes(1, 0, 1, meanScore=0.75),
    "easedTargets": {"keyResultCount": 1, "meanScore": 1, "meanOriginalScore": 0.5},
    "guardRails": {"guardRailCount": 1, "brokenCount": 1},
    "rhythm": NO_CHECK_INS,
}


async def test_a_cycle_in_review_is_summed_up_in_total_and_by_team(client: Client, trial: Acme):
    assert await client.one(SUMMARY, cycle="trial") == {
        "summary": {
            **WHOLE,
            "byTeam": [
                {"team": {"externalId": "platform"}, **PLATFORM},
                {"team": {"externalId": "support"}, **SUPPORT},
                {"team": None, **NO_TEAM},
            ],
            "hiddenTeamCount": 0,
            "celebrations": {
                "totalCount": 2,
                "nodes": [
                    {"celebration": "Cake", "objective": {"externalId": "met"}},
                    {"celebration": "More cake", "objective": {"externalId": "harmed"}},
                ],
            },
            "lessons": {"totalCount": 2, "nodes": [{"title": "Ask early"}, {"title": "Look twice"}]},
        }
    }
    found = (await client.one(ALIGNED))["alignment"]
    assert found == {"objectiveCount": 5, "alignedCount": 1, "share": 0.2}
    assert await client.one(SUMMARY, cycle="quarter") == {"summary": None}  # it is active


async def test_a_summary_follows_the_grades_and_stays_when_the_cycle_is_closed(client: Client, trial: Acme):
    acme = trial
    grade = {"kind": GradeKind.OVERRIDE, "score": 0.35, "reason": "It felt like less"}
    await acme.done(grade_objective, objective="bold", **grade)
    await acme.done(grade_key_result, key_result="e", **grade)
    before = (await client.one(SUMMARY, cycle="trial"))["summary"]
    assert before["aspirational"] == outcomes(0, 1, 1, meanScore=0.35)
    assert before["objectiveScores"]["tenths"] == [0, 0, 0, 1, 0, 0, 1, 0, 0, 1]
    assert before["keyResultScores"]["notMeasuredCount"] == 0
    await acme.done(cycles.close_cycle, cycle="trial", not_measured_reason="Nobody looked")
    assert (await client.one(SUMMARY, cycle="trial"))["summary"] == before
    asked = '{ objectives(filter: { cycle: { externalId: "trial" } }) { nodes { status } } }'
    closed = [one["status"] for one in (await client.one(asked))["nodes"]]
    told = (before["committed"], before["aspirational"])
    assert closed.count("ACHIEVED") == sum(one["metCount"] for one in told)
    assert closed.count("MISSED") == sum(one["missedCount"] for one in told)


async def test_numbers_count_what_is_hidden_and_lists_do_not_name_it(
    client: Client, trial: Acme, served: Server
):
    acme = trial
    token = await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.READ], person="cem")
    cem = served.client(token)
    before = await cem.one(SHORT)
    for name in ("harmed", "blank"):
        await restrict(acme, name, acme.ben)
    ben = await acme.tokens.create(acme.organization.id, name="ben", scopes=[Scope.READ], person="ben")
    assert await served.client(ben).one(SHORT) == before
    hidden = (await cem.one(SHORT))["summary"]
    support, without = before["summary"]["byTeam"][1:]
    assert hidden == {
        **before["summary"],
        "byTeam": [support, without],
        "hiddenTeamCount": 1,
        "celebrations": {"totalCount": 1, "nodes": [{"celebration": "Cake"}]},
        "lessons": {"totalCount": 1, "nodes": [{"title": "Ask early"}]},
    }
    await restrict(acme, "met", acme.ben)  # the team has another that is seen, so its numbers stay
    assert (await cem.one(SHORT))["summary"]["byTeam"][0] == support


async def test_the_rhythm_is_that_of_the_slots_until_the_cycle_was_closed(client: Client, trial: Acme):
    acme = trial
    await acme.done(organization.edit_organization, edits={"cadence": WEEKLY}, scope=Scope.ADMIN)
    await acme.fetch(FOREVER, acme.organization.id)
    for name in ("a", "d"):
        await acme.fetch(CREATED, name, days_ago(20))
    report = {"status": ReportedStatus.ON_TRACK}
    await acme.check_in("a", 40, effective_at=days_ago(14), **report)
    await acme.check_in("d", 40, effective_at=days_ago(5), **report)
    asked = """{ cycle(externalId: "trial") { summary {
        rhythm { onTimeCount lateCount missedCount excusedCount onTimeShare }
        byTeam { team { externalId } rhythm { onTimeCount missedCount } }
    } } }"""
    # `a` was met two weeks ago and not last week, `d` not two weeks ago and late last week.
    expected = {"onTimeCount": 1, "lateCount": 1, "missedCount": 2, "excusedCount": 0, "onTimeShare": 0.25}
    found = (await client.one(asked))["summary"]
    slots = await client.one(
        '{ keyResults(filter: { cycle: { externalId: "trial" } }) { nodes { checkInSlots { state } } } }'
    )
    states = [slot["state"] for one in slots["nodes"] for slot in one["checkInSlots"]]
    assert found["rhythm"] == expected
    assert [states.count(state) for state in ("ON_TIME", "LATE", "MISSED", "EXCUSED")] == [1, 1, 2, 0]
    of_team = {(one["team"] or {}).get("externalId"): one["rhythm"] for one in found["byTeam"]}
    assert of_team == {
        "platform": {"onTimeCount": 0, "missedCount": 1},
        "support": {"onTimeCount": 1, "missedCount": 1},
        None: {"onTimeCount": 0, "missedCount": 0},
    }
    await acme.done(cycles.close_cycle, cycle="trial", not_measured_reason="Nobody looked")
    await acme.fetch(CLOSED_EARLIER)
    closed = (await client.one(asked))["summary"]["rhythm"]
    assert closed == expected | {"missedCount": 1, "onTimeShare": pytest.approx(1 / 3)}


async def test_so_many_teams_are_listed_by_name(client: Client, acme: Acme):
    await acme.cycle("Trial", external_id="trial")
    one = await acme.objective("One of many", team="support")
    await acme.fetch(MORE_TEAMS, MAX_SUMMARY_TEAMS)
    await acme.fetch(MORE_OBJECTIVES, one, MAX_SUMMARY_TEAMS)
    await acme.fetch(ONE_EACH, one)
    await acme.done(cycles.begin_review, cycle="trial")
    found = (await client.one(NAMES))["summary"]
    names = [one["team"]["name"] for one in found["byTeam"]]
    assert names == ["Support", *(f"Team {number:03}" for number in range(1, MAX_SUMMARY_TEAMS))]
    assert (found["objectiveCount"], found["hiddenTeamCount"]) == (MAX_SUMMARY_TEAMS + 1, 0)
