"""Tenancy: no row can refer to another organisation."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from okr_api.auth.sign_ins import link_subject
from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.follow import FOLLOWED
from okr_api.okr.reaction import REACTED
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.services import (
    absences,
    check_in_drafts,
    comments,
    cycles,
    decisions,
    dependencies,
    experiments,
    follows,
    initiatives,
    key_results,
    lessons,
    meetings,
    metrics,
    notifications,
    priorities,
    pulses,
    reactions,
    reviews,
    roadblocks,
    teams,
)
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.webhooks import create_webhook
from okr_api.store.tables import metadata
from tests.acme import TODAY, Acme, World, found_acme, measured, ref

INSIDE = [
    (table.name, constraint.columns.keys()[1], constraint.referred_table.name)
    for table in metadata.sorted_tables
    for constraint in sorted(table.foreign_key_constraints, key=lambda each: each.columns.keys())
    if constraint.referred_table.name != "organization"
]


def test_every_foreign_key_but_to_the_organisation_carries_the_organisation():
    for table in metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            mine = constraint.columns.keys()
            theirs = [element.column.name for element in constraint.elements]
            if constraint.referred_table.name == "organization":
                assert (mine, theirs) == (["organization_id"], ["id"])
            else:
                assert (mine[0], theirs) == ("organization_id", ["organization_id", "id"])


def test_every_table_is_keyed_by_its_organisation_first():
    keys = {table.name: table.primary_key.columns.keys()[0] for table in metadata.sorted_tables}
    assert (keys.pop("organization"), keys.pop("job")) == ("id", "name")  # jobs are of no organisation
    assert set(keys.values()) == {"organization_id"}


async def say_something(place: Acme, check_in: UUID, records: dict[NodeType, UUID]) -> None:
    """Add comments, reactions and follows of each kind of node, and a reply; read notifications."""
    ann = place.as_person(place.ann)
    on = {
        NodeType.OBJECTIVE: measured("never_down", NodeType.OBJECTIVE),
        NodeType.KEY_RESULT: measured("macros"),
        NodeType.CHECK_IN: measured(check_in, NodeType.CHECK_IN),
        **{node_type: measured(id, node_type) for node_type, id in records.items()},
        NodeType.TEAM: measured("support", NodeType.TEAM),
    }
    for node_type in DISCUSSED:
        made = await place.done(comments.add_comment, on=on[node_type], text="Hm", by=ann)
        await place.done(comments.add_comment, on=on[node_type], text="Hm", reply_to=ref(made), by=ann)
        on[NodeType.COMMENT] = measured(made, NodeType.COMMENT)
    for node_type in REACTED:
        await place.done(reactions.add_reaction, on=on[node_type], emoji="🎉", by=ann)
    for node_type in FOLLOWED:
        await place.done(follows.choose_to_follow, on=on[node_type], is_following=True, by=ann)
    await place.done(notifications.mark_read, up_to=1, seqs=None, by=ann)


async def make_webhooks(place: Acme) -> None:
    """Create a webhook of a person and one of a service, and an attempt of one."""
    new: dict[str, Any] = {
        "url": "https://hooks.example/",
        "selection": "{ seq }",
        "filter": None,
        "after": None,
        "is_enabled": True,
    }
    for by in (place.as_person(place.ann), place.actor):
        made = await place.do(create_webhook, by=by, **new)
        assert not made.errors
    await place.fetch(
        "insert into webhook_attempt select organization_id, gen_random_uuid(), id, 1, now(), 'DELIVERED', 200, 1, 1 "
        "from webhook where organization_id = $1 limit 1 returning id",
        place.organization.id,
    )


@pytest.fixture
async def beta(acme: Acme) -> World:
    """Return another organisation with a row in every table."""
    world = await found_acme(acme.database, acme.notifier)
    other = Acme(acme.database, acme.notifier, world)
    for place in (acme, other):
        first = await place.check_in(place.macros, 1)
        await place.check_in(None, 2, supersedes=first)
        await place.check_in(None, objective=ref("never_down"), note="Up")
        await place.team("Second line", parent="support")
        await place.objective("Learn", place.macros)
        await place.person("Dana")
        await place.done(teams.add_member, team="support", person="ann")
        await place.done(priorities.add_priority, title="Calm", owner="ann")
        await make_webhooks(place)
        whole = [measured(name, NodeType.OBJECTIVE) for name in ("clear_backlog", "never_down")]
        for needing, giving in ((measured("macros"), measured("uptime")), whole):
            given: dict[str, Any] = {"needing": needing, "giving": giving, "owner": "ann"}
            await place.done(dependencies.add_dependency, giving_team="support", description="Help", **given)
        days = {"starts_on": TODAY, "ends_on": TODAY}
        await place.done(absences.add_absence, person="ann", delegate=ref(place.ben), **days)
        for of in (measured("macros"), measured("never_down", NodeType.OBJECTIVE)):
            await place.done(initiatives.add_initiative, measured=of, title="Work", owner="ann")
            await place.done(check_in_drafts.add_draft, measured=of, assignee="ann", note="Up")
            block = await place.done(roadblocks.add_roadblock, on=of, title="Wall", owner="ann")
            await place.done(roadblocks.escalate_roadblock, roadblock=block, to=ref("ann"))
            given = {"team": "support", "cycle": "quarter", "attendees": [ref("ann")]}
            meeting = await place.done(meetings.record_meeting, **given)
            given = {"about": of, "meeting": meeting, "owner": "ann"}
            decision = await place.done(decisions.add_decision, text="Go", **given)
            given = {"key_result": "macros", "hypothesis": "So", "owner": "ann"}
            trial = await place.done(experiments.add_experiment, **given)
            given = {"title": "So", "owner": "ann"}
            await place.done(lessons.add_lesson, source=of, **given)
            await place.done(lessons.add_lesson, source=measured(trial, NodeType.EXPERIMENT), **given)
            learned = await place.done(lessons.add_lesson, source=measured(first, NodeType.CHECK_IN), **given)
        records = {NodeType.ROADBLOCK: block, NodeType.DECISION: decision}
        records |= {NodeType.EXPERIMENT: trial, NodeType.LESSON: learned}
        records[NodeType.REVIEW_RECORD] = await place.review("clear_backlog", learned="So")
        await say_something(place, first, records)
        metric = await place.done(
            metrics.add_metric, name="Backlog", unit="tickets", owner="ann", team=place.support
        )
        edits = {"metric": ref(metric)}
        await place.done(key_results.edit_key_result, key_result=place.backlog, edits=edits, measure={})
        read = await place.done(record_readings, items=[MetricReadingRequest(ref(metric), 1.0)])
        again = [MetricReadingRequest(value=2.0, supersedes=ref(read))]
        await place.done(record_readings, items=again)
        pulse = await place.done(pulses.add_pulse, cycle="year", questions=["Clear?"])
        await place.done(pulses.open_pulse, pulse=pulse)
        by = place.as_person(place.ann)
        await place.done(pulses.answer_pulse, pulse=pulse, answers=[3], by=by)
        id = place.organization.id
        await link_subject(place.database, id, issuer="https://login.example", subject=f"{id}", person="ann")
        await place.done(cycles.begin_review, cycle="year")
        kept: dict[str, Any] = {"decision": ReviewDecision.KEEP, "decision_reason": "R"}
        await place.done(
            reviews.record_review, objective="customers_stay", root_cause=RootCause.OTHER, **kept
        )
    return world


# Tables whose rows name exactly one of several.
WITH_ONE_OF = (
    "check_in",
    "check_in_draft",
    "initiative",
    "dependency",
    "comment",
    "reaction",
    "follow",
    "roadblock",
    "decision",
    "lesson",
)


async def test_no_row_can_be_made_to_point_into_another_organisation(acme: Acme, beta: World):
    mine, theirs = acme.organization.id, beta.organization.id
    assert len(INSIDE) >= 20
    for table, column, referred in INSIDE:
        [foreign] = await acme.fetch(f"select id from {referred} where organization_id = $1 limit 1", theirs)
        edge = table == "alignment" and column.startswith("parent_")
        one_of = (
            edge
            or table == "webhook"
            or (
                table in WITH_ONE_OF
                and column.endswith(
                    ("objective_id", "key_result_id", "team_id", "parent_id", *REACTED.values())
                )
            )
        )
        [row] = await acme.fetch(
            f"select ctid::text as place from {table} where organization_id = $1 "
            f"{f'and {column} is not null' if one_of else ''} limit 1",
            mine,
        )
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await acme.fetch(
                f"update {table} set {column} = $2{', parent_id = $2' if edge else ''} "
                "where organization_id = $1 and ctid = $3::text::tid",
                mine,
                foreign["id"],
                row["place"],
            )


async def test_one_of_two_tenants_with_the_same_names_is_left_byte_for_byte(acme: Acme, beta: World):
    other = Acme(acme.database, acme.notifier, beta)
    theirs = f"%{beta.organization.id}%"

    async def as_it_is() -> list[object]:
        names = [name for name in (await acme.tables()) if name != "alembic_version"]
        return [
            await acme.fetch(
                f"select every::text from {name} every where every::text like $1 order by 1", theirs
            )
            for name in names
        ]

    before = await as_it_is()
    await acme.check_in("macros", 9)
    await acme.move("clear_backlog", "never_down")
    await acme.person("Eve", external_id="eve")
    assert await as_it_is() == before
    assert await other.verify() == await acme.verify() == []
