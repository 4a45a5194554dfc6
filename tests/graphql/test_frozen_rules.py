"""Closed cycles: nothing that happens afterwards moves any of their numbers, bit for bit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from okr_api.auth.actor import Scope
from okr_api.coaching.coach import RULE_IDS
from okr_api.okr.author import Author
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.entities import BY_MODEL
from okr_api.okr.experiment import ExperimentOutcome
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.okr.people import Language, Organization
from okr_api.okr.policy import Editing
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.scoring.frozen_rules import RULES_VERSION
from okr_api.services import cycles, objectives, organization, priorities, teams
from okr_api.services.absences import add_absence, delete_absence
from okr_api.services.clock.ticker import tick
from okr_api.services.experiments import add_experiment, conclude_experiment
from okr_api.services.formulas import FormulaRequest
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.number_repair import recount_organization
from okr_api.services.recompute import verify_cycles, verify_objectives
from okr_api.services.references import Ref
from okr_api.store.database import Database
from tests.acme import Acme, Workplace, World, increase, ref
from tests.conftest import Server
from tests.graphql.cycle_numbers import numbers_query
from tests.handed_clock import acme_by_a_handed_clock
from tests.services.lived_in_quarter import close, live
from tests.serving import Client, serving

INSIDE = "select id from objective where cycle_id = (select id from cycle where external_id = $1)"
STORED = f"""
    select (to_jsonb(node) - 'announced_at')::text as row from objective node where id in ({INSIDE})
    union all
    select (to_jsonb(part) - 'announced_at')::text from key_result part where objective_id in ({INSIDE})
    order by row
"""
EVENINGS = Cadence(weeks=2, weekday=Weekday.FRIDAY, grace_days=9, tolerance_days=9)
SETTINGS: Mapping[str, Any] = {
    "name": "Elsewhere",
    "time_zone": "Pacific/Auckland",
    "language": Language.GERMAN,
    "mission": "To be elsewhere",
    "vision": "To have been",
    "editing": Editing.EVERYONE,
    "coaching_rules_off": [next(iter(sorted(RULE_IDS)))],
    "cadence": EVENINGS,
    "holiday_calendar": HolidayCalendar("US", None, (date(2026, 1, 19), date(2026, 3, 16))),
    "review_required": True,
}


@dataclass
class Closed:
    """An organisation with its closed quarter, and the answer and the rows of it when it was closed."""

    place: Workplace
    client: Client
    cycle: str = "q:q1"

    async def numbers(self) -> str:
        """Return everything that is told and stored of the cycle, as text."""
        told = await self.client.ask(numbers_query(), cycle=self.cycle)
        stored = await self.place.fetch(STORED, self.cycle)
        days = await self.place.fetch(
            "select starts_at, ends_at, rules from cycle where external_id = $1", self.cycle
        )
        return orjson.dumps([told, stored, days], option=orjson.OPT_INDENT_2).decode()


@asynccontextmanager
async def closed_quarter(database: Database, wakeups: ChangeNotifier, url: str) -> AsyncIterator[Closed]:
    place = await Workplace.found(database, wakeups, "Lived in")
    await live(place)
    await place.done(
        add_experiment, key_result="q:macros", hypothesis="It runs on", started_on=date(2026, 3, 1)
    )
    await close(place)
    token = await place.tokens.create(place.organization.id, name="reader", scopes=[Scope.ADMIN])
    async with serving(url) as running:
        yield Closed(place, running.client(token))


@pytest.fixture
async def closed(database: Database, wakeups: ChangeNotifier, database_url: str) -> AsyncIterator[Closed]:
    async with closed_quarter(database, wakeups, database_url) as found:
        yield found


def test_every_setting_of_an_organisation_is_tried():
    assert set(SETTINGS) == {field.name for field in BY_MODEL[Organization].fields if field.is_edited}


async def test_no_setting_of_the_organisation_moves_a_closed_cycle(closed: Closed):
    place, before = closed.place, await closed.numbers()
    for name, value in SETTINGS.items():
        await place.done(organization.edit_organization, edits={name: value}, scope=Scope.ADMIN)
        assert await closed.numbers() == before, name
    for name in ("cadence", "holiday_calendar"):
        await place.done(organization.edit_organization, edits={name: None}, scope=Scope.ADMIN)
    assert await closed.numbers() == before
    [year] = await place.fetch("select starts_at from cycle where external_id = 'q:y'")
    assert year["starts_at"] == datetime(2025, 12, 31, 11, tzinfo=UTC)  # that of Auckland
    assert await place.verify() == []


async def _publish(place: Workplace) -> None:
    await place.done(objectives.publish_objective, objective="q:y2")


async def _measure_the_year(place: Workplace) -> None:
    for days in (250, 20):
        at = datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days - 230)
        await place.check_in("q:year-macros", 90 + days, effective_at=min(at, datetime.now(UTC)))
    await place.done(objectives.drop_objective, objective="q:y1", reason="It was the wrong one")


async def _read_the_metric(place: Workplace) -> None:
    at = datetime(2026, 2, 14, tzinfo=UTC)
    await place.done(
        record_readings, items=[MetricReadingRequest(Ref(external_id="q:open"), 3, effective_at=at)]
    )


async def _move_the_teams(place: Workplace) -> None:
    await place.done(teams.edit_team, team="q:platform", edits={"cadence": EVENINGS})
    await place.done(
        teams.edit_team, team="q:support", edits={"parent": ref("q:platform"), "name": "Support desk"}
    )
    await place.done(
        teams.edit_team, team="q:platform", edits={"parent": ref("q:operations"), "cadence": None}
    )
    await place.done(teams.edit_team, team="q:operations", edits={"cadence": replace(EVENINGS, locked=True)})


async def _leave(place: Workplace) -> None:
    [away] = await place.fetch("select id from absence")
    await place.done(delete_absence, absence=away["id"])
    for name in ("cem", "ann"):
        days = {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 30)}
        await place.done(add_absence, person=f"q:{name}", **days)
    await place.done(organization.remove_person, person="q:cem")


async def _serve_others(place: Workplace) -> None:
    await place.done(objectives.edit_objective, objective="q:y1", edits={"priorities": [ref("q:spare")]})
    await place.done(priorities.archive_priority, priority="q:loyal")


async def _count_on_it(place: Workplace) -> None:
    """Let objectives and a formula of another cycle use what is closed, and plan a cycle after it."""
    await place.cycle("2026-Q2", date(2026, 4, 1), date(2026, 6, 30), parent="q:y", external_id="q2")
    other = await place.objective("Later", under="q:y1", weight=7.0)
    measured = await place.key_result("Adds up", other, increase(0, 50, "macros"))
    await place.check_in(measured, 12)
    both = (Ref(external_id="q:macros"), Ref(measured))
    summed = FormulaRequest(FormulaFunction.SUM, both)
    await place.key_result("All", other, increase(0, 50, "macros"), formula=summed)


async def _recount(place: Workplace) -> None:
    repaired = await recount_organization(place.database, place.organization.id, author=Author("tests"))
    assert repaired.differences == []
    ids = [row["id"] for row in await place.fetch("select id from objective")]
    assert await verify_objectives(place.database, place.organization.id, ids) == []
    assert await verify_cycles(place.database, place.organization.id) == []
    await tick(place.database)


ELSEWHERE: tuple[Callable[[Workplace], Awaitable[None]], ...] = (
    _publish,
    _count_on_it,
    _serve_others,
    _read_the_metric,
    _move_the_teams,
    _measure_the_year,
    _leave,
    _recount,
)


async def test_nothing_that_happens_elsewhere_moves_a_closed_cycle(closed: Closed):
    place, before = closed.place, await closed.numbers()
    for happens in ELSEWHERE:
        await happens(place)
        assert await closed.numbers() == before, happens.__name__
    assert await place.verify() == []


EFFECT = """{ keyResult(externalId: "q:macros") { experiments { nodes { state endedOn measuredEffect {
    reason countBefore countDuring meanBefore meanDuring comparedFrom comparedUntil
} } } } }"""


async def test_an_experiment_that_is_concluded_after_closing_keeps_its_effect(closed: Closed):
    place = closed.place
    [before] = (await closed.client.one(EFFECT))["experiments"]["nodes"]
    at = datetime.now(UTC) - timedelta(days=100)
    await place.fetch(
        "update cycle set rules = rules || jsonb_build_object('at', $1::timestamptz) where rules is not null",
        at,
    )
    [earlier] = (await closed.client.one(EFFECT))["experiments"]["nodes"]
    assert earlier["measuredEffect"] != before["measuredEffect"]
    [experiment] = await place.fetch("select id from experiment where hypothesis = 'It runs on'")
    await place.done(conclude_experiment, experiment=experiment["id"], outcome=ExperimentOutcome.REFUTED)
    [after] = (await closed.client.one(EFFECT))["experiments"]["nodes"]
    assert (earlier["state"], after["state"]) == ("RUNNING", "CONCLUDED")
    assert after["measuredEffect"] == earlier["measuredEffect"]


RULES = """
    query ($cycle: String!) { cycle(externalId: $cycle) { startsAt rules {
        version frozenAt timeZone holidayCalendar { country subdivision days }
        pendingShare onTrackGap atRiskGap yellowFrom greenFrom
    } } }
"""


async def test_a_closed_cycle_says_what_it_was_graded_under_until_it_is_opened_again(closed: Closed):
    place = closed.place
    [closing] = await place.fetch("select recorded_at from change where kind = 'CYCLE_CLOSED'")
    assert (await closed.client.one(RULES, cycle="q:q1"))["rules"] == {
        "version": RULES_VERSION,
        "frozenAt": closing["recorded_at"].isoformat().replace("+00:00", "Z"),
        "timeZone": "Europe/Berlin",
        "holidayCalendar": {"country": "DE", "subdivision": "BE", "days": ["2026-01-12"]},
        "pendingShare": 0.05,
        "onTrackGap": 0.10,
        "atRiskGap": 0.25,
        "yellowFrom": 0.4,
        "greenFrom": 0.7,
    }
    assert (await closed.client.one(RULES, cycle="q:y"))["rules"] is None
    edits = {"time_zone": "America/New_York", "cadence": EVENINGS}
    await place.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
    macros = "select current_value, reported_until from key_result where external_id = 'q:macros'"
    held = (
        "select effective_cadence->'cadence'->>'grace_days' as days from objective where external_id = 'q:o1'"
    )
    assert [row["current_value"] for row in await place.fetch(macros)] == [5.3]
    assert [row["days"] for row in await place.fetch(held)] == ["3"]
    await place.done(cycles.reopen_cycle, cycle="q:q1", reason="The last day was one more")
    opened = await closed.client.one(RULES, cycle="q:q1")
    assert opened == {"startsAt": "2026-01-01T05:00:00Z", "rules": None}
    assert [row["current_value"] for row in await place.fetch(macros)] == [9]
    assert [row["days"] for row in await place.fetch(held)] == ["9"]
    assert await place.verify() == []
    await place.done(cycles.close_cycle, cycle="q:q1", not_measured_reason="Nobody looked")
    rules = (await closed.client.one(RULES, cycle="q:q1"))["rules"]
    assert (rules["timeZone"], rules["frozenAt"] > closing["recorded_at"].isoformat()) == (
        "America/New_York",
        True,
    )


async def test_a_later_release_with_other_rules_recomputes_no_closed_cycle(
    closed: Closed, monkeypatch: pytest.MonkeyPatch
):
    place, before = closed.place, await closed.numbers()
    for name, value in (
        ("frozen_rules.RULES_VERSION", RULES_VERSION + 1),
        ("status.ON_TRACK_GAP", 0.5),
        ("explanation_rules.ON_TRACK_GAP", 0.5),
        ("status.PENDING_SHARE", 0.6),
        ("explanation_rules.PENDING_SHARE", 0.6),
        ("grading.GREEN_FROM", 0.99),
        ("frozen_rules.GREEN_FROM", 0.99),
        ("grading.YELLOW_FROM", 0.98),
        ("pace.ZONES_EXPECTATION", 0.1),
    ):
        monkeypatch.setattr(f"okr_api.scoring.{name}", value)
    repaired = await recount_organization(place.database, place.organization.id, author=Author("tests"))
    assert {each.title for each in repaired.differences} == {"Title of y1", "Title of year-macros"}
    assert await closed.numbers() == before
    await place.done(cycles.reopen_cycle, cycle="q:q1", reason="Graded by the new rules")
    assert await place.verify() == []
    await place.done(cycles.close_cycle, cycle="q:q1", not_measured_reason="Nobody looked")
    rules = (await closed.client.one(RULES, cycle="q:q1"))["rules"]
    assert (rules["version"], rules["greenFrom"]) == (RULES_VERSION + 1, 0.99)
    [o1] = await place.fetch("select band from objective where external_id = 'q:o1'")
    assert o1["band"] == "RED"


async def test_a_wrong_number_of_a_closed_cycle_is_repaired_under_its_own_rules(closed: Closed):
    place, before = closed.place, await closed.numbers()
    zone = {"time_zone": "Pacific/Auckland", "cadence": EVENINGS}
    await place.done(organization.edit_organization, edits=zone, scope=Scope.ADMIN)
    kept = "(select objective_id from key_result where external_id = 'q:macros')"
    await place.fetch("update key_result set progress = 0.1, band = 'RED' where external_id = 'q:macros'")
    await place.fetch(f"update objective set final_score = 0.1, band = 'RED' where id = {kept}")
    found = {(each.title, each.field) for each in await place.verify()}
    assert found >= {
        ("Title of macros", "progress"),
        ("Title of macros", "band"),
        ("Title of o1", "final_score"),
    }
    await recount_organization(place.database, place.organization.id, author=Author("tests"))
    after = await closed.numbers()
    assert after == before


async def test_the_clock_moves_nothing_of_a_cycle_that_was_closed_before_its_end(
    server: Server, acme_template: tuple[str, World], monkeypatch: pytest.MonkeyPatch
):
    async with acme_by_a_handed_clock(server, acme_template, monkeypatch) as clock:
        acme: Acme = clock.acme
        edits = {"cadence": Cadence(weeks=1, weekday=Weekday.MONDAY)}
        await acme.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
        await clock.to(0.5)
        await acme.check_in("macros", 3, status=ReportedStatus.OFF_TRACK, confidence=0.5)
        await acme.check_in("uptime", 99.95, status=ReportedStatus.ON_TRACK)
        learning = await acme.objective("Learn", kind="LEARNING", external_id="learn", under="customers_stay")
        await acme.check_in(await acme.key_result("Interviews", learning), 20)
        await acme.check_in(None, objective=ref("learn"), status=ReportedStatus.AT_RISK)
        await clock.to(1)
        await acme.done(cycles.begin_review, cycle="quarter")
        await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Ended early")
        closed = Closed(acme, await clock.client("reader", Scope.ADMIN), "quarter")
        before = await closed.numbers()
        told = orjson.loads(before)[0]["cycle"]["objectives"]["nodes"]
        [learned] = [one for one in told if one["externalId"] == "learn"]
        said = ("reportedStatus", "status", "nextStatusChangeAt")
        assert [learned[name] for name in said] == ["AT_RISK", "AT_RISK", None]
        assert 0 < learned["expectedProgress"] < 1
        head = await acme.seq()
        for days in (12, 40, 100, 900):
            await clock.to(days)
            assert await closed.numbers() == before, days
        inside = await acme.fetch("select id from objective where cycle_id = $1", acme.quarter)
        turned = await acme.fetch("select deltas::text as deltas from change where seq > $1", head)
        assert not [row for row in inside if any(str(row["id"]) in each["deltas"] for each in turned)]
        assert await acme.verify() == []
