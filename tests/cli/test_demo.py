"""The demo: a plausible quarter on any day, seeded once, whose stored numbers all follow from the facts."""

import asyncio
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.computed_values import Status, Timeline
from okr_api.okr.experiment import ExperimentState
from okr_api.okr.initiative import InitiativeState
from okr_api.okr.measure import KeyResultMeasure
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import recompute
from okr_api.services.demo.check_in_generator import tellings
from okr_api.services.demo.company import DIRECTOR, NAME, TIME_ZONE, joining
from okr_api.services.demo.dates import Calendar
from okr_api.services.demo.demo_mutations import working
from okr_api.services.demo.discussion import read_all
from okr_api.services.demo.seed import demo_organization, seed
from okr_api.services.mutation_runner import MutationRunner
from okr_api.services.pulses import answer_pulse
from okr_api.services.references import Ref
from okr_api.services.webhooks import create_webhook
from okr_api.store.database import Database
from okr_api.store.organizations import all_organizations
from tests.cli.conftest import process
from tests.docs.examples import examples_of
from tests.serving import serving
from tests.store.embedded.guests import runs

ZONE = ZoneInfo(TIME_ZONE)
TABLES = ("person", "team", "cycle", "objective", "key_result", "alignment", "check_in", "change")
UNRECORDED = (read_all, answer_pulse, create_webhook)  # what is no change of the feed
FIRST_DAY, LEAP_DAY, LAST_DAY = date(2024, 1, 1), date(2024, 2, 29), date(2025, 12, 31)

TO_SEE = """{
  quarter: cycle(externalId: "2024-q1") {
    easedTargets { nodes { keyResult { externalId originalTargetValue targetValue } revision { reason } } }
  }
  year: cycle(externalId: "2024") {
    doubleCounts { nodes { kind ancestor { externalId } objective { externalId } pathCount } }
  }
  last: cycle(externalId: "2023-q4") {
    state
    summary { committed { metCount missedCount } aspirational { meanScore } celebrations { totalCount } lessons { totalCount } }
    pulse { state answerCount results { mean distribution } }
  }
  objective(externalId: "tickets-on-every-phone") {
    carriedFrom { externalId }
    priorities { externalId }
    carriedLessons { externalId }
    keyResults { externalId startValue currentValue }
  }
  keyResult(externalId: "left-on-the-quay") { role withinLimit brokenShare brokenBudget objective { externalId } }
}"""

REVIEWED = {
    "state": "CLOSED",
    "summary": {
        "committed": {"metCount": 1, "missedCount": 1},
        "aspirational": {"meanScore": 0.5},
        "celebrations": {"totalCount": 2},
        "lessons": {"totalCount": 4},
    },
    "pulse": {
        "state": "CLOSED",
        "answerCount": 8,
        "results": [
            {"mean": 4.125, "distribution": [0, 0, 2, 3, 3]},
            {"mean": 2.875, "distribution": [0, 3, 3, 2, 0]},
            {"mean": 3.125, "distribution": [1, 1, 2, 4, 0]},
        ],
    },
}
CARRIED_OVER = {
    "carriedFrom": {"externalId": "tickets-on-the-phone"},
    "priorities": [{"externalId": "as-easy-as-stepping-aboard"}],
    "carriedLessons": [{"externalId": None}, {"externalId": "works-without-a-signal"}],
    "keyResults": [
        {"externalId": "tickets-still-without-paper", "startValue": 41, "currentValue": 57},
        {"externalId": "all-desks-without-a-printer", "startValue": 3, "currentValue": None},
    ],
}


class Demo:
    """The demo in the test's database."""

    def __init__(self, desk, url=None):
        self.mutation_runner = desk
        self.url = url

    async def seed(self, today, **more):
        organization = await demo_organization(self.mutation_runner.database)
        return await seed(self.mutation_runner, organization, today=today, **more)

    async def fetch(self, statement):
        async with self.mutation_runner.database.across() as connection:
            return [dict(row) for row in await connection.fetch(statement)]

    async def counts(self):
        """Return the number of rows of each table."""
        return {table: (await self.fetch(f"select count(*) from {table}"))[0]["count"] for table in TABLES}

    async def statuses(self, table, at):
        """Return how often each status is shown at an instant."""
        rows = await self.fetch(f"select statuses, status_turns from {table}")
        timelines = [
            Timeline(tuple(map(Status, row["statuses"])), tuple(row["status_turns"])) for row in rows
        ]
        return Counter(timeline.at(at) for timeline in timelines)

    async def differences(self):
        """Return the stored numbers that do not follow from the facts."""
        [organization] = await all_organizations(self.mutation_runner.database)
        return await recompute.verify(self.mutation_runner.database, organization)


@pytest.fixture
def demo(desk):
    return Demo(desk)


@pytest.fixture(scope="module")
async def shown(server, template):
    """Seed the demo on a leap day, for tests that only read it."""
    async with (
        server.copy_of(template) as name,
        Database.open(server.url_of(name)) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        demo = Demo(MutationRunner(database, wakeups), server.url_of(name))
        await demo.seed(LEAP_DAY)
        yield demo


@pytest.mark.parametrize("today", (FIRST_DAY, LEAP_DAY, LAST_DAY, date(2025, 4, 2)))
async def test_its_numbers_follow_from_its_facts_on_any_day(demo, today):
    assert await demo.seed(today)
    assert await demo.differences() == []
    begun = datetime.combine(today, time(0), ZONE)
    assert await demo.fetch("select id from check_in where recorded_at < effective_at") == []
    [latest] = await demo.fetch("select max(effective_at) from check_in")
    assert latest["max"] < begun
    running = await demo.fetch("select name, starts_on, ends_on from cycle where state = 'ACTIVE'")
    assert len(running) == 2
    assert all(cycle["starts_on"] <= today <= cycle["ends_on"] for cycle in running)


async def test_a_second_time_adds_nothing(demo):
    assert await demo.seed(LEAP_DAY)
    before = await demo.counts()
    assert not await demo.seed(LEAP_DAY)
    assert not await demo.seed(LEAP_DAY + timedelta(days=100))
    assert await demo.counts() == before
    assert [each.name for each in await all_organizations(demo.mutation_runner.database)] == [NAME]


async def test_two_at_once_make_one_quarter(demo):
    await asyncio.gather(demo.seed(LEAP_DAY), demo.seed(LEAP_DAY))
    assert await demo.differences() == []
    steps = [*joining(), *working(Calendar(LEAP_DAY, ZONE))]
    changes = [step for step in steps if step.do not in UNRECORDED]
    assert (await demo.counts())["change"] == len(changes)


async def test_one_that_was_interrupted_is_finished_by_the_next(demo):
    def stop_in_the_middle(done, of):
        if done > of / 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await demo.seed(LEAP_DAY, on_step=stop_in_the_middle)
    assert await demo.seed(LEAP_DAY)
    steps = [*joining(), *working(Calendar(LEAP_DAY, ZONE))]
    changes = [step for step in steps if step.do not in UNRECORDED]
    assert (await demo.counts())["change"] == len(changes)
    assert await demo.differences() == []


async def test_it_shows_what_there_is_to_show(shown):
    demo, counts = shown, await shown.counts()
    assert {name: counts[name] for name in ("person", "team", "cycle", "objective", "key_result")} == {
        "person": 8, "team": 5, "cycle": 5, "objective": 27, "key_result": 56,
    }  # fmt: skip
    [company] = await demo.fetch("select mission, vision from organization")
    assert all(company.values())
    served = await demo.fetch(
        "select count(*) from priority where exists (select from objective where priority_ids @> array[priority.id])"
    )
    assert served == [{"count": 3}]
    alone = await demo.fetch(
        "select external_id, stands_alone_reason is null as says_nothing from objective where priority_ids = '{}' "
        "and state = 'PUBLISHED' and not exists (select from alignment where child_id = objective.id) order by 1"
    )
    assert [tuple(row.values()) for row in alone] == [
        ("a-shop-in-the-terminal", True),
        ("first-aid-aboard", False),
        ("told-before-they-leave-home", False),
    ]
    restricted = await demo.fetch(
        "select objective.external_id, visibility, array_agg(person.external_id order by person.external_id) as seen_by "
        "from objective join person on person.id = any(viewer_ids) group by 1, 2 order by 1"
    )
    assert [tuple(row.values()) for row in restricted] == [
        ("a-shop-in-the-terminal", "TEAM", ["amara", "luca", "priya"]),
        ("guests-come-back", "PRIVATE", ["ines", "priya"]),
    ]
    work = await demo.fetch("select distinct state, objective_id is null as of_key_result from initiative")
    assert {row["state"] for row in work} == set(InitiativeState)
    assert {row["of_key_result"] for row in work} == {True, False}
    needs = await demo.fetch("select state, needing_objective_id, giving_objective_id from dependency")
    assert {row["state"] for row in needs} == {"OPEN", "AGREED", "DELIVERED"}
    for column in ("needing_objective_id", "giving_objective_id"):
        assert {row[column] is None for row in needs} == {True, False}
    reports = await demo.fetch("select status, objective_id from check_in where objective_id is not null")
    assert {row["status"] for row in reports} == {"AT_RISK", "ON_TRACK"}
    [draft] = await demo.fetch("select author_person_id, value from check_in_draft where not removed")
    assert (draft["author_person_id"], draft["value"]) == (None, 344.0)
    said = await demo.fetch("select parent_id, mention_ids, objective_id from comment")
    for column in ("parent_id", "objective_id"):
        assert {row[column] is None for row in said} == {True, False}
    assert any(row["mention_ids"] for row in said)
    assert {row["is_following"] for row in await demo.fetch("select is_following from follow")} == {
        True,
        False,
    }
    assert len(await demo.fetch("select distinct emoji from reaction")) == 2
    blocked = await demo.fetch("select state, escalated_to_id, objective_id from roadblock")
    assert {row["state"] for row in blocked} == {"OPEN", "RESOLVED"}
    for column in ("escalated_to_id", "objective_id"):
        assert {row[column] is None for row in blocked} == {True, False}
    met = await demo.fetch(
        "select held_at < clock_timestamp() as is_past, cardinality(attendee_ids) as many from meeting"
    )
    assert [row["is_past"] and row["many"] > 1 for row in met] == [True] * 3
    decided = await demo.fetch("select state, meeting_id from decision")
    assert {row["state"] for row in decided} == {"OPEN", "DONE", "DROPPED"}
    tried = await demo.fetch("select state, outcome from experiment")
    assert {row["state"] for row in tried} == set(ExperimentState)
    learned = await demo.fetch(
        "select objective_id, experiment_id, check_in_id, review_record_id, carry_forward from lesson"
    )
    for column in ("objective_id", "experiment_id", "check_in_id", "review_record_id"):
        assert {row[column] is None for row in learned} == {True, False}
    for table in (
        "initiative",
        "dependency",
        "comment",
        "reaction",
        "follow",
        "roadblock",
        "meeting",
        "decision",
        "experiment",
        "lesson",
        "review_record",
        "person",
        "team",
        "priority",
        "cycle",
        "objective",
        "key_result",
        "check_in",
    ):
        # Reviews make lessons, and an import makes readings of current values, without external ids.
        own = {"lesson": "review_record_id is null", "check_in": "imported_as is null"}.get(table, "true")
        assert await demo.fetch(f"select id from {table} where external_id is null and {own}") == []
    [imported] = await demo.fetch(
        "select cycle.state, count(distinct objective.id) as objectives, count(key_result.id) as key_results "
        "from cycle join objective on cycle.id = cycle_id "
        "join key_result on objective.id = objective_id where cycle.external_id = 'sheet:2023' group by 1"
    )
    assert imported == {"state": "CLOSED", "objectives": 3, "key_results": 7}
    bound = await demo.fetch(
        "select objective.team_id, cycle.name from key_result key join objective on objective.id = objective_id "
        "join cycle on cycle.id = cycle_id where metric_id is not null"
    )
    assert len({row["team_id"] for row in bound}) == len({row["name"] for row in bound}) == 2
    assert [row["count"] for row in await demo.fetch("select count(*) from metric_reading")] == [6]
    last = await demo.fetch(
        "select objective.outcome, decision, root_cause, celebration is null as is_quiet from review_record "
        "join objective on objective.id = objective_id join cycle on cycle.id = cycle_id where cycle.state = 'CLOSED'"
    )
    assert [tuple(row.values()) for row in last] == [
        ("ACHIEVED", "ACHIEVED", None, False),
        ("MISSED", "KEEP", None, False),
        ("MISSED", "MODIFY", "MEASUREMENT", True),
    ]
    graded = await demo.fetch(
        "select grade ->> 'kind' as kind from key_result where grade is not null order by 1"
    )
    assert [row["kind"] for row in graded] == ["NOT_MEASURED", "OVERRIDE"]
    carried = await demo.fetch(
        "select earlier.external_id as earlier, later.external_id as later, later.state from objective later "
        "join objective earlier on earlier.id = later.carried_from_id order by 1"
    )
    assert [tuple(row.values()) for row in carried] == [
        ("no-bag-left-behind", "no-bag-left-at-the-gate", "DRAFT"),
        ("tickets-on-the-phone", "tickets-on-every-phone", "PUBLISHED"),
    ]
    [webhook] = await demo.fetch(
        "select state, url, position > 0 as is_behind, (select count(*) from webhook_attempt) as attempts from webhook"
    )
    assert urlsplit(webhook.pop("url")).hostname == "hooks.saltwind.example"  # which nobody can register
    assert webhook == {"state": "DISABLED", "is_behind": True, "attempts": 0}
    measures = await demo.fetch("select distinct measure from key_result")
    assert {row["measure"] for row in measures} == set(KeyResultMeasure)
    kinds = await demo.fetch("select kind, state, count(*) from objective group by kind, state")
    assert {row["kind"] for row in kinds} == {"COMMITTED", "ASPIRATIONAL", "LEARNING"}
    assert {row["state"] for row in kinds} == {"PUBLISHED", "DRAFT", "PAUSED", "DROPPED", "CLOSED"}
    edges = await demo.fetch(
        "select kind, count(*), count(parent_key_result_id) as through from alignment group by kind"
    )
    assert {row["kind"] for row in edges} == {"CONTRIBUTES", "SUPPORTS"}
    assert sum(row["through"] for row in edges) == 1
    twice = await demo.fetch(
        "select child_id from alignment where kind = 'CONTRIBUTES' group by child_id having count(*) > 1"
    )
    assert len(twice) == 2
    [corrections] = await demo.fetch(
        "select count(*) filter (where retraction_reason is null) as corrected, "
        "count(retraction_reason) as taken_back from check_in where supersedes_id is not null"
    )
    assert corrections == {"corrected": 1, "taken_back": 1}


async def test_what_is_worth_seeing_is_answered_as_a_client_asks_for_it(server, shown):
    database = shown.mutation_runner.database
    [organization] = await all_organizations(database)
    token = await TokenStore(database).create(
        organization.id, name="demo", scopes=[Scope.READ], person=DIRECTOR
    )
    async with serving(shown.url) as running:
        answer = await running.client(token).ask(TO_SEE)
    [eased] = answer["quarter"]["easedTargets"]["nodes"]
    assert eased["keyResult"] == {"externalId": "gates-working", "originalTargetValue": 8, "targetValue": 6}
    assert eased["revision"]["reason"]
    guard_rail = answer["keyResult"]
    assert (guard_rail["role"], guard_rail["withinLimit"]) == ("GUARD_RAIL", False)
    assert guard_rail["brokenShare"] > guard_rail["brokenBudget"]
    assert guard_rail["objective"] == {"externalId": "leave-on-time"}
    [twice] = answer["year"]["doubleCounts"]["nodes"]
    assert twice == {
        "kind": "SEVERAL_PATHS",
        "ancestor": {"externalId": "crossings-people-rely-on"},
        "objective": {"externalId": "no-queue-on-the-quay"},
        "pathCount": 2,
    }
    assert (answer["last"], answer["objective"]) == (REVIEWED, CARRIED_OVER)


async def test_statuses_are_mixed_once_the_quarter_is_under_way(shown):
    noon = datetime.combine(LEAP_DAY, time(12), UTC)
    below = await shown.statuses("key_result", noon)
    wanted = (Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK, Status.STALE)
    assert all(below[status] >= 2 for status in wanted), below
    above = await shown.statuses("objective", noon)
    assert all(above[status] for status in wanted[:3]), above


def test_the_check_in_of_the_readme_moves_up_on_every_day():
    [example, *_] = examples_of("README.md")
    key, value = re.findall(r'keyResult: \{ externalId: "(.+?)" \}, value: (\d+)', example.operation)[0]
    for number in range(2 * 366):
        calendar = Calendar(FIRST_DAY + timedelta(days=number), ZONE)
        said = [each.said for each in tellings(calendar) if each.said.key_result == Ref(external_id=key)]
        values = [each.value for each in said]
        assert all(each is not None and each < float(value) for each in values)


def test_every_day_has_its_story():
    for number in range(0, 2 * 366, 4):
        calendar = Calendar(FIRST_DAY + timedelta(days=number), ZONE)
        assert calendar.quarter.starts_on <= calendar.today <= calendar.quarter.ends_on
        assert calendar.year.starts_on <= calendar.quarter.starts_on
        assert calendar.quarter.ends_on <= calendar.year.ends_on
        assert calendar.next_quarter.starts_on == calendar.quarter.ends_on + timedelta(days=1)
        steps = [*joining(), *working(calendar)]
        said = [item for step in steps for item in step.items]
        assert len({step.key for step in steps}) == len(steps)
        assert len({item.external_id for item in said}) == len(said)
        begun = datetime.combine(calendar.today, time(0), ZONE)
        assert all(item.effective_at < begun for item in said if item.effective_at)
        assert steps == [*joining(), *working(calendar)]


def test_the_command_serves_it_and_keeps_its_token(folder, start):
    tokens = []
    for _ in range(2):
        running = start(
            "demo", "--port", 0, data_dir=folder, database_url="postgresql://not.used.invalid/okr"
        )
        address, _, token = running.heard("GraphiQL").split()[1].partition("#token=")
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/graphql")
        running.heard("Press Ctrl-C to stop")
        tokens.append(token)
        assert running.stopped() == 0
    assert tokens[0] == tokens[1]
    assert tokens[0].startswith("okr_")
    assert oct((folder / "demo.token").stat().st_mode)[-3:] == "600"
    verified = process("verify", data_dir=folder)
    assert (verified.returncode, verified.stdout) == (0, "Every stored number follows from the facts.\n")
    assert not runs(folder)
