"""Every column of every table can be read inside a record, by a connection that has read nothing before."""

from collections.abc import AsyncIterator

import pytest

from okr_api.okr.policy import ObjectiveVisibility
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.absences import add_absence
from okr_api.services.check_in_drafts import add_draft
from okr_api.services.comments import add_comment
from okr_api.services.cycles import begin_review
from okr_api.services.decisions import add_decision
from okr_api.services.dependencies import add_dependency
from okr_api.services.experiments import add_experiment
from okr_api.services.follows import choose_to_follow
from okr_api.services.initiatives import add_initiative
from okr_api.services.lessons import add_lesson
from okr_api.services.meetings import record_meeting
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.metrics import add_metric
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.services.notifications import mark_read
from okr_api.services.objectives import edit_objective
from okr_api.services.priorities import add_priority
from okr_api.services.pulses import add_pulse, answer_pulse, open_pulse
from okr_api.services.reactions import add_reaction
from okr_api.services.reviews import record_review
from okr_api.services.roadblocks import add_roadblock
from okr_api.services.teams import add_member
from okr_api.store.database import Database, new_id
from okr_api.store.tables import metadata
from tests.acme import TODAY, Acme, World, measured, ref, said
from tests.conftest import Server

WEBHOOK = """
    insert into webhook (organization_id, id, person_id, url, selection, owner_name, secret, state, position,
        failures, version, created_at, updated_at)
    values ($1, $2, $3, 'https://a.example', '{ seq }', 'Ann', 'whsec_', 'ACTIVE', 0, 0, 1, now(), now())
"""
ATTEMPT = """
    insert into webhook_attempt (organization_id, id, webhook_id, seq, attempted_at, outcome, duration_ms, payload_bytes)
    values ($1, $2, $3, 1, now(), 'DELIVERED', 5, 100)
"""
SIGN_IN = """
    insert into sign_in (organization_id, id, person_id, issuer, subject, created_at)
    values ($1, $2, $3, 'https://id.example', 'ann', now())
"""


@pytest.fixture(scope="module")
async def filled(server: Server, acme_template: tuple[str, World]) -> AsyncIterator[Acme]:
    """Yield Acme with a row in every table."""
    async with (
        server.copy_of(acme_template[0]) as name,
        Database.open(server.url_of(name)) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        acme = Acme(database, wakeups, acme_template[1])
        leaf = await acme.key_result("Leaf", await acme.objective("Objective"))
        await acme.say(said(leaf, 1), once=IdempotencyKey("once", b"input"))
        await acme.fetch("insert into job values ('work', now(), 'half-way')")
        await acme.fetch(
            "insert into clock_position (organization_id, source, told_until, seq, next_at)"
            " values ($1, 'cycles', now(), 1, now())",
            acme.organization.id,
        )
        webhook = new_id()
        await acme.fetch(WEBHOOK, acme.organization.id, webhook, acme.ann)
        await acme.fetch(ATTEMPT, acme.organization.id, new_id(), webhook)
        await acme.fetch(SIGN_IN, acme.organization.id, new_id(), acme.ann)
        await acme.done(add_draft, measured=measured(leaf), assignee=ref("ann"), note="Up")
        await acme.done(add_member, team="support", person="ann")
        await acme.done(add_priority, title="Calm", owner="ann")
        metric = await acme.done(add_metric, name="Revenue")
        await acme.done(record_readings, items=[MetricReadingRequest(ref(metric), 1.0)])
        await acme.done(add_absence, person="ann", starts_on=TODAY, ends_on=TODAY)
        await acme.done(add_initiative, measured=measured(leaf), title="Work", owner="ann")
        await acme.done(add_dependency, needing=measured(leaf), giving_team="support", description="Help")
        ann = acme.as_person(acme.ann)
        await acme.done(add_comment, on=measured(leaf), text="Hm", by=ann)
        await acme.done(add_reaction, on=measured(leaf), emoji="🎉", by=ann)
        await acme.done(choose_to_follow, on=measured(leaf), is_following=True, by=ann)
        await acme.done(mark_read, up_to=1, seqs=None, by=ann)
        await acme.done(add_roadblock, on=measured(leaf), title="Wall")
        meeting = await acme.done(record_meeting, team="support", cycle="quarter", attendees=[ref("ann")])
        await acme.done(add_decision, about=measured(leaf), meeting=meeting, text="Go")
        await acme.done(add_experiment, key_result=leaf, hypothesis="So")
        await acme.done(add_lesson, source=measured(leaf), title="So")
        pulse = await acme.done(add_pulse, cycle="year", questions=["Clear?"])
        await acme.done(open_pulse, pulse=pulse)
        await acme.done(answer_pulse, pulse=pulse, answers=[3], by=ann)
        await acme.done(begin_review, cycle="year")
        await acme.done(
            record_review,
            objective="customers_stay",
            decision=ReviewDecision.KEEP,
            decision_reason="R",
            root_cause=RootCause.OTHER,
        )
        await acme.done(
            edit_objective,
            objective="never_down",
            edits={"visibility": ObjectiveVisibility.TEAM},
            by=acme.seeing_all(),
        )
        yield acme


@pytest.mark.parametrize("table", sorted(metadata.tables))
async def test_every_column_is_read_inside_of_a_record(filled: Acme, table: str):
    columns = [f'row."{column.name}"' for column in metadata.tables[table].columns]
    statement = f'select array(select row({", ".join(columns)}) from "{table}" row limit 1)'
    async with (
        Database.open(filled.database.dsn) as database,
        database.reading(filled.organization.id) as connection,
    ):
        records = await connection.fetchval(statement)
    assert records
    assert len(records[0]) == len(columns)
