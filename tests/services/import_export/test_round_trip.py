"""Round trip of everything that a team can do: an export restores the same bytes, rows and numbers."""

import json
from dataclasses import replace
from datetime import time, timedelta
from functools import partial
from typing import Any

import jsonschema
import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.cycle import CycleState
from okr_api.okr.decision import DecisionState
from okr_api.okr.dependency import DependencyState
from okr_api.okr.entities import BY_SECTION
from okr_api.okr.entity import NodeType
from okr_api.okr.experiment import ExperimentOutcome
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.grade import GradeKind
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.okr.initiative import InitiativeState
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.mentions import mention_of
from okr_api.okr.metric import BetterDirection
from okr_api.okr.objective import ObjectiveKind, ProgressSource
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, ObjectiveVisibility
from okr_api.okr.pulse import MIN_PULSE_ANSWERS
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.okr.roadblock import RoadblockType
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import (
    absences,
    alignments,
    check_in_drafts,
    comments,
    cycles,
    decisions,
    dependencies,
    experiments,
    follows,
    grades,
    initiatives,
    key_results,
    lessons,
    meetings,
    metrics,
    objectives,
    organization,
    priorities,
    pulses,
    reactions,
    recompute,
    reviews,
    roadblocks,
    teams,
)
from okr_api.services.decisions import NewDecision
from okr_api.services.formulas import FormulaRequest
from okr_api.services.import_export.file_format import SECTIONS
from okr_api.services.import_export.json_schema import interchange_schema
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.references import Ref
from okr_api.store.database import Database
from tests.acme import TODAY, Acme, days_ago, decrease, increase, measured, ref, said
from tests.house.tree import ROOT
from tests.services.import_export.conftest import opened
from tests.services.import_export.files import bring, contents, exported, organization_of

PUBLISHED = ROOT / "docs/interchange-1.schema.json"


def schema():
    """Return the published JSON Schema of the interchange format."""
    return json.loads(PUBLISHED.read_text())


@pytest.fixture(scope="module")
async def lived_in_template(server, acme_template):
    """Yield the name of a database in which everything has happened to Acme that can, in a month."""
    template, world = acme_template
    async with server.copy_of(template) as name:
        async with (
            Database.open(server.url_of(name)) as database,
            ChangeNotifier.running(database) as wakeups,
        ):
            await everything_happens(Acme(database, wakeups, world))
        yield name


@pytest.fixture
async def lived_in(server, lived_in_template, acme_template):
    """Yield Acme after that month."""
    async with opened(server, lived_in_template) as (database, wakeups):
        yield Acme(database, wakeups, acme_template[1])


async def everything_happens(acme):
    await check_ins_of_every_measure(acme)
    await people_and_teams_change(acme)
    await the_tree_changes(acme)
    await priorities_change(acme)
    await the_organisation_changes(acme)
    await definitions_change(acme)
    await metrics_are_read(acme)
    await formulas_change(acme)
    await cadences_are_set(acme)
    await work_is_done(acme)
    await objectives_are_checked_in_on(acme)
    await people_talk(acme)
    await others_are_needed(acme)
    await a_team_meets(acme)
    await people_learn(acme)
    await audiences_change(acme)
    await people_are_asked(acme)
    await a_cycle_closes(acme)


async def check_ins_of_every_measure(acme):
    status = ReportedStatus.AT_RISK
    await acme.say(
        said(acme.backlog, 150, confidence=0.4, status=status, note='Slow: "holidays" \\ rain\n½ — 🙂'),
        said(acme.macros, 2.5),
        said(acme.uptime, 99.95),
        said(acme.errors, 1.0000000000000002),
        said(acme.load, 39.9, effective_at=days_ago(20)),
        said(acme.failover, 1),
        said(acme.rollout, milestones_done=("pilot", "plan")),
        said(acme.latency, 1 / 3 * 1000, external_id="latency-1"),
    )
    await acme.check_in(acme.load, 55, effective_at=days_ago(10))
    await acme.check_in(acme.load, 71, effective_at=days_ago(5))
    wrong = await acme.check_in(acme.macros, 9, effective_at=days_ago(2))
    await acme.check_in(acme.macros, 3, supersedes=wrong, effective_at=days_ago(2))
    mistaken = await acme.check_in(acme.backlog, 10)
    await acme.retract(mistaken)
    await acme.check_in(acme.backlog, 180, effective_at=days_ago(40))
    await acme.check_in(acme.uptime, note="Only words")


async def formulas_change(acme):
    """Earlier versions name each other, which no present ones may."""
    shares = [await acme.key_result(name, "answer_fast", increase(0, 100)) for name in ("Own", "Other")]
    for function, over, under in ((FormulaFunction.SUM, *shares), (FormulaFunction.MEAN, *shares[::-1])):
        request = FormulaRequest(function, [Ref(under)])
        for formula in (request, None) if function is FormulaFunction.SUM else (request,):
            await acme.done(
                key_results.edit_key_result, key_result=over, edits={"formula": formula}, measure={}
            )
    await acme.check_in(shares[0], 17)
    total = FormulaRequest(FormulaFunction.SUM, [Ref(shares[1]), Ref(shares[0])])
    await acme.key_result("All", "clear_backlog", increase(0, 100), formula=total, external_id="a-total")


async def people_and_teams_change(acme):
    dora = await acme.person("Dora")
    await acme.done(
        organization.edit_person, person=dora, edits={"name": "Dora D.", "email": "d@acme.example"}
    )
    await acme.done(organization.edit_person, person=acme.cem, edits={"external_id": "cem-2"})
    await acme.done(organization.remove_person, person=acme.ben)
    crew = await acme.team("Crew", parent=acme.platform)
    top = await acme.team("Top")
    await acme.done(teams.edit_team, team=acme.platform, edits={"parent": ref(top)})
    await acme.done(teams.edit_team, team=crew, edits={"parent": None})
    await acme.done(teams.edit_team, team=top, edits={"parent": ref(crew)})
    lead = await acme.done(teams.add_member, team=crew, person=dora, role=TeamRole.LEAD, external_id="lead")
    await acme.done(teams.edit_member, team_membership=lead, edits={"role": TeamRole.MEMBER})
    gone = await acme.done(teams.add_member, team="support", person=acme.ann, external_id="gone")
    await acme.done(teams.remove_member, team_membership=gone)
    await acme.done(teams.add_member, team="support", person=acme.ann, external_id="gone")
    edits = {"contributors": [ref(dora), ref(acme.ann)], "owner": None, "team": ref(crew)}
    await acme.done(objectives.edit_objective, objective=acme.never_down, edits=edits)


async def priorities_change(acme):
    days = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=700)}
    calm = await acme.done(priorities.add_priority, title="Calm", description=" As *written*\n", **days)
    await acme.done(priorities.add_priority, title="Speed", owner=acme.ann, external_id="speed")
    await acme.done(priorities.edit_priority, priority=calm, edits={"rank": 1 / 3, "ends_on": None})
    serving = {"priorities": [ref("speed"), ref(calm)], "stands_alone_reason": " On its *own*\n"}
    await acme.done(objectives.edit_objective, objective=acme.answer_fast, edits=serving)
    await acme.done(objectives.edit_objective, objective=acme.answer_fast, edits={"priorities": [ref(calm)]})
    await acme.objective("Served by its creation", priorities=[ref("speed")])
    await acme.done(priorities.archive_priority, priority="speed")
    gone = await acme.done(priorities.add_priority, title="Gone", external_id="gone")
    await acme.done(priorities.remove_priority, priority=gone)


async def audiences_change(acme):
    by, team, private = acme.seeing_all(), ObjectiveVisibility.TEAM, ObjectiveVisibility.PRIVATE
    seen = await acme.objective("Of a team", by=by, visibility=team, team=acme.platform, owner=acme.ann)
    await acme.done(teams.add_member, team=acme.platform, person=acme.cem, external_id="sees-it")
    hidden = await acme.objective("Private", by=by, visibility=private, owner=acme.ann)
    shared = {"shared_with": [ref(acme.cem), ref(acme.ann)]}
    await acme.done(objectives.edit_objective, by=by, objective=hidden, edits=shared)
    for visibility in (ObjectiveVisibility.ORGANIZATION, team):
        edits = {"visibility": visibility}
        await acme.done(objectives.edit_objective, by=by, objective=seen, edits=edits)


async def the_organisation_changes(acme):
    await acme.done(organization.edit_organization, edits={"mission": " Help *all*\n", "vision": "Calm"})
    edits = {"name": "Acme Ltd.", "language": "de", "editing": Editing.EVERYONE}
    await acme.done(organization.edit_organization, edits=edits)
    await acme.done(organization.edit_organization, edits={"time_zone": "Asia/Tokyo"})
    off = ["title-long", "owner-missing"]
    await acme.done(organization.edit_organization, edits={"coaching_rules_off": off})
    await acme.done(organization.edit_organization, edits={"name": "Acme", "time_zone": "Europe/Berlin"})


async def the_tree_changes(acme):
    learning = await acme.objective("Learn", kind=ObjectiveKind.LEARNING, under=acme.backlog, weight=2.5)
    await acme.align(learning, acme.never_down, weight=0.1)
    await acme.supports(learning, acme.customers_stay)
    await acme.align(learning, acme.never_down, weight=7)
    await acme.done(alignments.unalign, objective=learning, parent=ref(acme.customers_stay))
    await acme.key_result("Read", learning, increase(None, 12, "books"), weight=0.5)
    paused = await acme.objective("Rest", under=acme.answer_fast, progress_source=ProgressSource.BOTH)
    await acme.done(objectives.pause_objective, objective=paused, reason="Summer")
    dropped = await acme.objective("Give up", under=acme.customers_stay)
    await acme.key_result("Never read", dropped, decrease(5, 1))
    await acme.done(objectives.drop_objective, objective=dropped, reason="Nobody asked")
    draft = await acme.objective("Perhaps", draft=True, kind=ObjectiveKind.ASPIRATIONAL)
    await acme.key_result("Maybe", draft)
    unsaid = await acme.objective("Never mind", draft=True)
    await acme.done(objectives.drop_objective, objective=unsaid, reason="Nobody heard of it")
    await acme.move(acme.clear_backlog, acme.customers_stay, weight=2)
    await acme.move(acme.clear_backlog, acme.answer_fast, kind=AlignmentKind.SUPPORTS)


async def definitions_change(acme):
    edit = key_results.edit_key_result
    due = {"due_on": TODAY + timedelta(days=20), "weight": 3.5, "description": "By then"}
    await acme.done(edit, key_result=acme.macros, edits=due, measure={"target_value": 20.0}, reason="Easy")
    await acme.done(edit, key_result=acme.backlog, edits={}, measure={"start_value": 190.0})
    await acme.check_in(acme.backlog, 95)
    kind = {"kind": KeyResultMeasure.INCREASE, "start_value": 0.0, "target_value": 3.0}
    await acme.done(edit, key_result=acme.rollout, edits={}, measure=kind)
    await acme.done(key_results.pause_key_result, key_result=acme.errors, reason="No monitor")
    await acme.done(key_results.drop_key_result, key_result=acme.failover, reason="Done elsewhere")
    await acme.done(key_results.restore_key_result, key_result=acme.failover)
    await acme.done(key_results.move_key_result, key_result=acme.macros, objective=acme.answer_fast)
    await acme.done(objectives.edit_objective, objective=acme.answer_fast, edits={"title": "Answer faster"})


async def cadences_are_set(acme):
    """Set, change and remove cadences of everything, with holidays; absences are added, edited, deleted."""
    weekly = Cadence(weeks=1, weekday=Weekday.FRIDAY, at=time(9, 30))
    monthly = Cadence(months=3, day=31, counted_from=TODAY, grace_days=9, tolerance_days=0)
    holidays = HolidayCalendar("DE", "BE", (TODAY,))
    for edits in ({"cadence": weekly}, {"cadence": monthly, "holiday_calendar": holidays}):
        await acme.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
    for cadence in (weekly, replace(monthly, locked=True)):
        await acme.done(teams.edit_team, team=acme.platform, edits={"cadence": cadence})
    await acme.done(objectives.edit_objective, objective=acme.answer_fast, edits={"cadence": monthly})
    for own in (weekly, None, monthly):
        await acme.done(
            key_results.edit_key_result, key_result=acme.macros, edits={"cadence": own}, measure={}
        )
    days = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=3)}
    for name, note in (("away", " As *written*\n"), ("gone", None), (None, None)):
        absence = await acme.done(
            absences.add_absence, person=acme.cem, delegate=ref(acme.ann), note=note, external_id=name, **days
        )
        if name == "away":
            moved = {"starts_on": TODAY - timedelta(days=3), "ends_on": TODAY - timedelta(days=1)}
            await acme.done(absences.edit_absence, absence=ref(absence), edits=moved)
        if name == "gone":
            await acme.done(absences.delete_absence, absence=ref(absence))


async def work_is_done(acme):
    """Add initiatives of an objective and of a key result; edit one, delete one."""
    of = measured(acme.never_down, NodeType.OBJECTIVE)
    made = {
        "description": " As *written*\n",
        "owner": acme.ann,
        "due_on": TODAY,
        "link": "https://x.example/?a=1",
    }
    rota = await acme.done(
        initiatives.add_initiative, measured=of, title="A rota", external_id="rota", **made
    )
    edits = {"state": InitiativeState.DOING, "owner": None}
    await acme.done(initiatives.edit_initiative, initiative=rota, edits=edits)
    for key_result, name in ((acme.uptime, "gone"), (acme.macros, None)):
        work = await acme.done(
            initiatives.add_initiative, measured=measured(key_result), title="Work", external_id=name
        )
        if name:
            await acme.done(initiatives.delete_initiative, initiative=work)


async def others_are_needed(acme):
    """Add dependencies of and on objectives and key results; edit one, delete one, end in the giving team."""
    of = measured(acme.never_down, NodeType.OBJECTIVE)
    given = {"giving": measured(acme.answer_fast, NodeType.OBJECTIVE), "owner": acme.ann, "needed_by": TODAY}
    add = partial(acme.done, dependencies.add_dependency, giving_team=acme.support)
    await add(needing=of, description=" As *written*\n", external_id="list", **given)
    edits = {"state": DependencyState.AGREED, "giving": measured(acme.macros), "owner": None}
    await acme.done(dependencies.edit_dependency, dependency="list", edits=edits)
    await add(needing=measured(acme.uptime), description="More", giving=measured(acme.backlog))
    gone = await add(needing=measured(acme.uptime), description="Gone", external_id="gone")
    await acme.done(dependencies.delete_dependency, dependency=gone)
    await acme.done(objectives.edit_objective, objective=acme.never_down, edits={"team": ref(acme.support)})


async def objectives_are_checked_in_on(acme):
    """Check in on an objective, correct it, retract another; prepare drafts, edit one and delete one."""
    on = {"objective": ref("never_down")}
    first = await acme.check_in(
        None, **on, status=ReportedStatus.AT_RISK, external_id="whole", effective_at=days_ago(9)
    )
    await acme.check_in(None, supersedes=first, status=ReportedStatus.OFF_TRACK, confidence=0.25)
    await acme.retract(await acme.check_in(None, **on, note="Wrong one"))
    await acme.done(
        check_in_drafts.add_draft,
        measured=measured("never_down", NodeType.OBJECTIVE),
        assignee="ann",
        note="Whole",
    )
    given = {"assignee": "ann", "value": 99.5, "confidence": 0.5, "effective_at": days_ago(1)}
    draft = await acme.done(
        check_in_drafts.add_draft, measured=measured("uptime"), external_id="drafted", **given
    )
    await acme.done(
        check_in_drafts.edit_draft, check_in_draft=draft, edits={"status": ReportedStatus.AT_RISK}
    )
    steps = {"assignee": "ann", "note": "Gone"}
    gone = await acme.done(check_in_drafts.add_draft, measured=measured("rollout"), **steps)
    await acme.done(check_in_drafts.delete_draft, check_in_draft=gone)


async def people_talk(acme):
    """Comment on nodes of several types, with replies, mentions, reactions and follows; edit and delete some."""
    ann = acme.as_person(acme.ann)
    check_in = await acme.check_in(acme.uptime, 99.9)
    wall = await acme.done(roadblocks.add_roadblock, on=measured(acme.uptime), title="Wall")
    settled = await acme.done(decisions.add_decision, text="Go")
    for on, name in (
        (measured(acme.never_down, NodeType.OBJECTIVE), "remark"),
        (measured(check_in, NodeType.CHECK_IN), None),
        (measured(wall, NodeType.ROADBLOCK), None),
        (measured(settled, NodeType.DECISION), "settled_remark"),
    ):
        text = f"Hm, {mention_of('Ben', acme.ben)}"
        remark = await acme.done(comments.add_comment, on=on, text=text, external_id=name, by=ann)
        reply = await acme.done(comments.add_comment, on=on, text="Yes", reply_to=remark)
        await acme.done(comments.edit_comment, comment=reply, edits={"text": "No"})
        for place in (on, measured(remark, NodeType.COMMENT)):
            await acme.done(reactions.add_reaction, on=place, emoji="🎉", by=ann)
        await acme.done(reactions.remove_reaction, on=on, emoji="🎉", by=ann)
        gone = await acme.done(comments.add_comment, on=on, text="Gone", by=ann)
        await acme.done(comments.delete_comment, comment=gone, by=ann)
    await acme.done(decisions.delete_decision, decision=settled)
    for is_following in (True, False):
        on = measured(acme.support, NodeType.TEAM)
        await acme.done(follows.choose_to_follow, on=on, is_following=is_following, by=ann)


async def people_learn(acme):
    """Conclude and abandon experiments, keep lessons from each kind of node; edit and delete some of each."""
    given = {"key_result": acme.uptime, "what_changes": " All\n", "owner": acme.ann}
    trial = await acme.done(
        experiments.add_experiment,
        **given,
        hypothesis="We believe\nthat *it* helps",
        expected_value=99.9,
        expected_by=TODAY,
        started_on=TODAY - timedelta(days=3),
        external_id="trial",
    )
    outcome = {"outcome": ExperimentOutcome.REFUTED, "conclusion": " It did *not*\n"}
    await acme.done(experiments.conclude_experiment, experiment=trial, **outcome)
    for name in ("other", None):
        other = await acme.done(
            experiments.add_experiment, key_result="macros", hypothesis="So", external_id=name
        )
        await acme.done(experiments.abandon_experiment, experiment=other, reason="Enough\n")
        if name:
            await acme.done(experiments.delete_experiment, experiment=other)
    made = await acme.check_in(acme.uptime, 99.9)
    for on, name in (
        (measured(acme.never_down, NodeType.OBJECTIVE), "learned"),
        (measured(acme.uptime), None),
        (measured(trial, NodeType.EXPERIMENT), None),
        (measured(made, NodeType.CHECK_IN), "gone"),
    ):
        text = {"title": "So", "text": " As *written*\n", "tags": ["one", "two words"]}
        lesson = await acme.done(lessons.add_lesson, source=on, external_id=name, **text)
        remark = await acme.done(comments.add_comment, on=measured(lesson, NodeType.LESSON), text="Hm")
        await acme.done(comments.edit_comment, comment=remark, edits={"text": "Hm?"})
        edits = {"carry_forward": True, "tags": ["two words"], "owner": ref(acme.cem)}
        await acme.done(lessons.edit_lesson, lesson=lesson, edits=edits)
        if name == "gone":
            await acme.done(lessons.delete_lesson, lesson=lesson)
    await acme.done(comments.add_comment, on=measured(trial, NodeType.EXPERIMENT), text="Hm")


async def a_team_meets(acme):
    """Raise roadblocks, record meetings and decisions; edit, resolve and delete some of each."""
    of = measured(acme.never_down, NodeType.OBJECTIVE)
    made = {"type": RoadblockType.RESOURCE, "description": " As *written*\n", "next_action": "Ask"}
    wall = await acme.done(
        roadblocks.add_roadblock,
        on=of,
        title="Wall",
        owner=acme.ann,
        due_on=TODAY,
        external_id="wall",
        **made,
    )
    await acme.done(roadblocks.escalate_roadblock, roadblock=wall, to=ref(acme.cem), reason="Large\n")
    await acme.done(roadblocks.resolve_roadblock, roadblock=wall, resolution="Gone\n")
    for key_result, name in ((acme.uptime, "gone"), (acme.macros, None)):
        block = await acme.done(
            roadblocks.add_roadblock, on=measured(key_result), title="Block", external_id=name
        )
        if name:
            await acme.done(roadblocks.delete_roadblock, roadblock=block)
    held = {"team": acme.support, "cycle": acme.current_cycle, "attendees": [ref(acme.ann), ref(acme.ben)]}
    new = [NewDecision(of, {"text": "Ask\n*all*", "owner": ref(acme.cem), "due_on": TODAY})]
    meeting = await acme.done(
        meetings.record_meeting, **held, decisions=new, held_at=days_ago(3), external_id="weekly"
    )
    await acme.done(meetings.edit_meeting, meeting=meeting, edits={"notes": " All\n", "attendees": []})
    other = await acme.done(meetings.record_meeting, **held)
    for about, name in ((measured(acme.uptime), "go"), (None, None)):
        decision = await acme.done(
            decisions.add_decision, about=about, meeting=other, text="Go", external_id=name
        )
        await acme.done(decisions.edit_decision, decision=decision, edits={"state": DecisionState.DONE})
        if name:
            await acme.done(decisions.delete_decision, decision=decision)
    await acme.done(meetings.delete_meeting, meeting=other)


async def metrics_are_read(acme):
    """Bind two key results to a metric; one reading is corrected, one is retracted, one metric is deleted."""
    made = {"description": "Of all\n", "unit": "ms", "better_direction": BetterDirection.DOWN}
    response = await acme.done(
        metrics.add_metric, name="Response", external_id="response", owner=acme.ann, **made
    )
    await acme.done(metrics.edit_metric, metric=response, edits={"team": ref(acme.platform)})
    await acme.done(
        key_results.edit_key_result, key_result=acme.latency, edits={"metric": ref(response)}, measure={}
    )
    await acme.key_result("Fast", acme.never_down, increase(1, 9, "ms"), metric=ref(response))
    read = partial(MetricReadingRequest, metric=ref(response))
    for items in (
        [
            read(value=900.0, effective_at=days_ago(60), note="Long ago"),
            read(value=250.0, external_id="read"),
        ],
        [MetricReadingRequest(value=240.5, supersedes=ref("read"), external_id="again"), read(value=1.0)],
        [MetricReadingRequest(supersedes=ref("again"), retraction_reason="The clock was wrong")],
    ):
        await acme.done(record_readings, items=items)
    await acme.done(
        metrics.delete_metric, metric=await acme.done(metrics.add_metric, name="Gone", external_id="gone")
    )


async def people_are_asked(acme):
    """Ask about the quarter, once in vain, and about the year, which people are still answering."""
    gone = await acme.done(pulses.add_pulse, cycle="quarter", questions=["Who?"], external_id="gone-pulse")
    await acme.done(pulses.delete_pulse, pulse=gone)
    asked = await acme.done(pulses.add_pulse, cycle="quarter", questions=["Clear?"], external_id="asked")
    await acme.done(pulses.edit_pulse, pulse=asked, edits={"questions": ["Clear?", "*Done*?"]})
    year = await acme.done(pulses.add_pulse, cycle="year", questions=["Clear?"])
    for pulse in (asked, year):
        await acme.done(pulses.open_pulse, pulse=pulse)
    for number in range(MIN_PULSE_ANSWERS):
        person = acme.as_person(await acme.person(f"Asked {number}"))
        await acme.done(pulses.answer_pulse, pulse=asked, answers=[number + 1, 2], by=person)
    await acme.done(pulses.answer_pulse, pulse=year, answers=[1], by=person)
    await acme.done(pulses.close_pulse, pulse=asked)


async def a_cycle_closes(acme):
    past = await acme.cycle("Last spring", TODAY - timedelta(days=200), TODAY - timedelta(days=100))
    objective = await acme.objective("Was", owner=acme.ann)
    part = await acme.key_result("Was measured", objective)
    await acme.check_in(part, 80, effective_at=days_ago(150))
    await acme.done(cycles.begin_review, cycle=past)
    override: dict[str, Any] = {"kind": GradeKind.OVERRIDE, "score": 1 / 3, "reason": "It *was*"}
    ann = acme.as_person(acme.ann)
    await acme.done(grades.grade_key_result, key_result=part, **override, by=ann)
    await acme.done(grades.grade_objective, objective=objective, kind=GradeKind.COMPUTED)
    missing: dict[str, Any] = {"kind": GradeKind.NOT_MEASURED, "reason": "Who was?"}
    await acme.done(grades.grade_objective, objective=objective, **missing, replace_grade=True)
    kept: dict[str, Any] = {"decision": ReviewDecision.KEEP, "decision_reason": "R", "learned": " Much\n"}
    gone = await acme.done(reviews.record_review, objective=objective, **kept)
    await acme.done(reviews.delete_review, review_record=gone)
    await acme.done(reviews.record_review, objective=objective, **kept, external_id="was-reviewed")
    edits = {"root_cause": RootCause.OTHER}
    await acme.done(reviews.edit_review, review_record="was-reviewed", edits=edits)
    of = measured("was-reviewed", NodeType.REVIEW_RECORD)
    await acme.done(lessons.add_lesson, source=of, title="So", external_id="was-learned")
    remark = await acme.done(comments.add_comment, on=of, text="Hm", by=ann)
    for place in (of, measured(remark, NodeType.COMMENT)):
        await acme.done(reactions.add_reaction, on=place, emoji="🎉", by=ann)
    await acme.done(cycles.close_cycle, cycle=past)
    await acme.done(cycles.reopen_cycle, cycle=past, reason="Forgot one")
    await acme.done(cycles.close_cycle, cycle=past)
    await acme.cycle("Next", TODAY + timedelta(days=70), TODAY + timedelta(days=150), state=CycleState.DRAFT)


async def test_it_comes_back_byte_for_byte_and_row_for_row(lived_in, elsewhere):
    whole = await exported(lived_in)
    report = await bring(elsewhere, json.loads(whole))
    assert report.rows == []
    assert await exported(elsewhere) == whole
    assert await contents(elsewhere) == await contents(lived_in)


async def test_numbers_follow_from_the_facts_in_both(lived_in, elsewhere):
    await bring(elsewhere, json.loads(await exported(lived_in)))
    assert await lived_in.verify() == []
    assert await recompute.verify(elsewhere.database, await organization_of(elsewhere)) == []


async def test_the_export_holds_everything_that_happened(lived_in):
    """The round trip above covers every kind of row."""
    document = json.loads(await exported(lived_in))
    measures = {row["measure"]["kind"] for row in document["key_results"]}
    measures |= {old["measure"]["kind"] for row in document["key_results"] for old in row.get("history", [])}
    assert measures == set(KeyResultMeasure)
    assert {row["state"] for row in document["objectives"]} == {
        "DRAFT", "PUBLISHED", "PAUSED", "DROPPED", "CLOSED",
    }  # fmt: skip
    assert [row["title"] for row in document["objectives"] if row.get("is_dropped_draft")] == ["Never mind"]
    assert {row["state"] for row in document["key_results"]} == {"ACTIVE", "PAUSED"}
    assert {row["state"] for row in document["cycles"]} == {"DRAFT", "ACTIVE", "CLOSED"}
    edges = [edge for row in document["objectives"] for edge in row["parents"]]
    assert {edge["kind"] for edge in edges} == {"CONTRIBUTES", "SUPPORTS"}
    assert any(edge["key_result_id"] for edge in edges)
    assert max(len(row["parents"]) for row in document["objectives"]) > 1
    assert any(edge["ended"] for row in document["objectives"] for edge in row.get("parents_history", []))
    assert {row["definition"] for row in document["check_ins"]} == {1, 2}
    assert sum(row["supersedes_id"] is not None for row in document["check_ins"]) == 8
    assert sum(row["retraction_reason"] is not None for row in document["check_ins"]) == 4
    assert {row["active"] for row in document["people"]} == {True, False}
    assert all(
        any("history" in row for row in document[section])
        for section in SECTIONS
        if BY_SECTION[section].is_versioned
    )
    readings = document["metric_readings"]
    assert [sum(bool(row[name]) for row in readings) for name in ("supersedes_id", "retraction_reason")] == [
        2,
        1,
    ]
    assert [row.get("removed") for row in document["metrics"]].count(True) == 1
    assert {row["metric_id"] for row in document["key_results"]} == {None, "response"}
    assert len({row.get("metric_reading_id") for row in document["check_ins"]}) == 5
    needs = document["dependencies"]
    assert {(row["needing_objective_id"] is None, row["removed"]) for row in needs} == {
        (True, True), (True, False), (False, False),
    }  # fmt: skip
    assert sum(row["giving_key_result_id"] is not None for row in needs) == 2
    own = [row for row in document["check_ins"] if row["key_result_id"] is None]
    assert {row["objective_id"] for row in own} == {"never_down"}
    assert {(row["status"], row["removed"]) for row in document["check_in_drafts"]} == {
        (None, False),
        ("AT_RISK", False),
        (None, True),
    }
    for section, removed in (
        ("roadblocks", 1),
        ("meetings", 1),
        ("decisions", 2),
        ("experiments", 1),
        ("lessons", 2),
    ):
        assert [row["removed"] for row in document[section]].count(True) == removed
    assert {row["resolved_at"] is None for row in document["roadblocks"]} == {True, False}
    assert {row["meeting_id"] is None for row in document["decisions"]} == {True, False}
    work = document["initiatives"]
    assert {(row["objective_id"] is None, row["removed"]) for row in work} == {
        (True, True), (True, False), (False, False),
    }  # fmt: skip
    assert document["organization"]["version"] == 8
    assert [(row["time_zone"], row["mission"]) for row in document["organization"]["history"]] == [
        ("Europe/Berlin", None),
        ("Europe/Berlin", " Help *all*\n"),
        ("Europe/Berlin", " Help *all*\n"),
        *[("Asia/Tokyo", " Help *all*\n")] * 2,
        *[("Europe/Berlin", " Help *all*\n")] * 2,
    ]
    assert {(row["state"], tuple(row["counts"]), row["removed"]) for row in document["pulses"]} == {
        ("DRAFT", (), True),
        ("CLOSED", (1, 1, 1, 1, 1, 0, 5, 0, 0, 0), False),
        ("OPEN", (), False),
    }
    absent = document["absences"]
    assert [(row["note"] is None, row["removed"]) for row in absent].count((True, True)) == 1
    assert document["organization"]["cadence"]["months"] == 3
    assert document["organization"]["holiday_calendar"]["subdivision"] == "BE"
    assert {(row["state"], row["removed"]) for row in document["priorities"]} == {
        ("ACTIVE", False), ("ACTIVE", True), ("ARCHIVED", False),
    }  # fmt: skip
    reasons = {change["reason"] for change in document["changes"]}
    assert reasons >= {"Summer", "Nobody asked", "Easy", "No monitor", "Forgot one"}


async def test_it_is_valid_by_the_published_schema(lived_in):
    validator = jsonschema.Draft202012Validator(schema())
    assert [error.message for error in validator.iter_errors(json.loads(await exported(lived_in)))] == []


def test_the_published_schema_is_what_the_code_says():
    assert PUBLISHED.read_bytes() == interchange_schema()


async def test_coming_twice_it_changes_nothing(lived_in, elsewhere):
    document = json.loads(await exported(lived_in))
    await bring(elsewhere, document)
    before = await elsewhere.tables()
    report = await bring(elsewhere, document)
    assert (report.changed, report.seq, report.errors) == (False, None, [])
    assert await elsewhere.tables() == before
    assert not (await bring(lived_in, document)).changed


async def test_a_restored_organisation_has_the_name_the_days_and_the_feed_of_the_old_one(lived_in, elsewhere):
    seq = await lived_in.seq()
    report = await bring(elsewhere, json.loads(await exported(lived_in)))
    restored = await organization_of(elsewhere)
    assert (restored.name, restored.time_zone, restored.language) == ("Acme", "Europe/Berlin", "de")
    assert (restored.mission, restored.vision) == (" Help *all*\n", "Calm")
    assert restored.editing is Editing.EVERYONE
    assert restored.coaching_rules_off == ("owner-missing", "title-long")
    assert report.seq == seq + 1 == await elsewhere.seq()
    [head] = await elsewhere.fetch("select oldest_seq from feed_head")
    assert head["oldest_seq"] == seq + 1
    assert (await elsewhere.change())["kind"] == "IMPORTED"


async def test_an_export_of_a_former_release_says_less_of_the_organisation(lived_in, elsewhere):
    document = json.loads(await exported(lived_in))
    document["organization"] = {"name": "Acme", "time_zone": "Europe/Berlin"}
    report = await bring(elsewhere, document)
    assert report.rows == []
    restored = await organization_of(elsewhere)
    assert restored.editing is Editing.RESPONSIBLE
    assert (restored.name, restored.time_zone, restored.language, restored.version) == (
        "Acme",
        "Europe/Berlin",
        "en",
        2,
    )
    rows = await elsewhere.fetch("select seq, version, name from organization_version order by seq")
    assert [row["version"] for row in rows] == [1, 2]
    assert (rows[1]["seq"], rows[1]["name"]) == (report.seq, "Acme")


@pytest.mark.parametrize(
    "said",
    (
        {"language": "tlh"},
        {"language": 5},
        {"editing": "NOBODY"},
        {"coaching_rules_off": "title-long"},
        {"coaching_rules_off": ["no-such-rule"]},
        {"version": 0},
        {"history": [{"time_zone": "Mars/Olympus"}]},
        {"history": [5]},
        {"history": [{"seq": 10**6, "recorded_at": "2026-01-01T00:00:00Z"}]},
    ),
)
async def test_an_organisation_that_is_unclear_refuses_the_file(said, lived_in, elsewhere):
    document = json.loads(await exported(lived_in))
    document["organization"] |= said
    before = await elsewhere.tables()
    report = await bring(elsewhere, document)
    assert report.refused
    assert "organization" in {row.place for row in report.rows}
    assert await elsewhere.tables() == before


async def test_a_restored_organisation_goes_on_where_the_old_one_stood(lived_in, elsewhere):
    await bring(elsewhere, json.loads(await exported(lived_in)))
    for place in (lived_in, elsewhere):
        await place.check_in("macros", 11, effective_at=days_ago(1), external_id="goes-on")
    numbers = [
        await place.fetch("select progress, coverage from objective order by id")
        for place in (lived_in, elsewhere)
    ]
    assert numbers[0] == numbers[1]


async def test_decisions_come_back_with_their_reasons_behind_the_feed(lived_in, elsewhere):
    report = await bring(elsewhere, json.loads(await exported(lived_in)))
    [row] = await elsewhere.fetch("select * from change where reason = 'Summer'")
    assert (row["kind"], row["author_name"], row["deltas"]) == ("OBJECTIVE_PAUSED", "tests", "[]")
    assert row["seq"] < report.seq
    [old] = await lived_in.fetch("select seq, recorded_at, node_id from change where reason = 'Summer'")
    assert old == {key: row[key] for key in old}
    of = "select seq, related_ids from change where node_type in ('COMMENT', 'REACTION') order by seq"
    talk, again = [
        {row["seq"]: {*row["related_ids"]} for row in await place.fetch(of)}
        for place in (lived_in, elsewhere)
    ]
    assert talk == again
    assert any(lived_in.never_down in ids for ids in talk.values())


async def test_own_ids_are_kept(lived_in, elsewhere):
    await bring(elsewhere, json.loads(await exported(lived_in)))
    for table in ("objective", "key_result", "check_in", "person"):
        ids = [await each.fetch(f"select id from {table} order by id") for each in (lived_in, elsewhere)]
        assert ids[0] == ids[1]


async def test_an_export_comes_into_an_organisation_with_a_feed_of_its_own(lived_in, elsewhere):
    await elsewhere.person("Was here before")
    document = json.loads(await exported(lived_in))
    report = await bring(elsewhere, document)
    assert [(row.place, row.code) for row in report.rows] == [("organization", "TIME_ZONE_DIFFERS")]
    assert (report.seq, await elsewhere.seq()) == (2, 2)
    assert await elsewhere.verify() == []
    assert not (await bring(elsewhere, document)).changed
    theirs, ours = await contents(elsewhere), await contents(lived_in)
    assert len(theirs["check_in"]) == len(ours["check_in"])
    assert len(theirs["objective_version"]) == len(ours["objective_version"])
    assert theirs["alignment"] == ours["alignment"]


async def test_history_from_another_feed_lies_before_this_one(lived_in, elsewhere):
    await elsewhere.person("Was here before")
    await bring(elsewhere, json.loads(await exported(lived_in)))
    ours, theirs = [await each.versions("key_result", lived_in.macros) for each in (lived_in, elsewhere)]
    assert [row["seq"] for row in theirs] == [*range(2 - len(ours), 1), 2]
    for before, after in zip(ours, theirs, strict=True):
        del before["organization_id"], after["organization_id"], before["seq"], after["seq"]
    assert theirs == ours
    assert await elsewhere.fetch("select * from change where reason = 'Summer'") == []


async def test_an_external_id_that_spells_anothers_own_id_is_told_apart(acme, elsewhere):
    plain = await acme.objective("Plain")
    await acme.objective("Twin", external_id=str(plain))
    itself = await acme.person("Itself")
    await acme.done(organization.edit_person, person=itself, edits={"external_id": str(itself)})
    whole = await exported(acme)
    report = await bring(elsewhere, json.loads(whole))
    assert report.errors == []
    assert await exported(elsewhere) == whole
    assert await contents(elsewhere) == await contents(acme)


async def test_an_empty_organisation_goes_out_and_comes_back(place, elsewhere):
    whole = await exported(place)
    report = await bring(elsewhere, json.loads(whole))
    assert report.errors == []
    assert await exported(elsewhere) == whole
    assert not (await bring(elsewhere, json.loads(whole))).changed


async def test_exports_of_the_same_facts_are_the_same_bytes(lived_in):
    assert await exported(lived_in) == await exported(lived_in)


async def test_an_export_from_before_dropped_drafts_were_told_apart_keeps_them_hidden(lived_in, elsewhere):
    document = json.loads(await exported(lived_in))
    for row in document["objectives"]:
        row.pop("is_dropped_draft", None)
    assert (await bring(elsewhere, document)).rows == []
    dropped = await elsewhere.fetch("select title, is_dropped_draft from objective where state = 'DROPPED'")
    assert {row["title"]: row["is_dropped_draft"] for row in dropped} == {
        "Give up": False,
        "Never mind": True,
    }
