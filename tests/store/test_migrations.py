"""The migrations, the tables and the enums agree."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.cycle import CycleState
from okr_api.okr.decision import DecisionState
from okr_api.okr.dependency import DependencyState
from okr_api.okr.entity import NodeType
from okr_api.okr.experiment import ExperimentOutcome, ExperimentState
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.initiative import InitiativeState
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import JudgedBy, KeyResultMeasure
from okr_api.okr.metric import BetterDirection
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, ObjectiveVisibility, Role
from okr_api.okr.priority import PriorityState
from okr_api.okr.pulse import PulseState
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.okr.roadblock import RoadblockState, RoadblockType
from okr_api.okr.webhook import AttemptOutcome, WebhookDisabledReason, WebhookState
from okr_api.services import (
    absences,
    check_in_drafts,
    comments,
    cycles,
    decisions,
    dependencies,
    experiments,
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
    reviews,
    roadblocks,
    teams,
)
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.webhook_disabling import disable_webhook
from okr_api.services.webhook_records import load_webhook
from okr_api.services.webhooks import create_webhook
from okr_api.store import schema_version
from okr_api.store.migrations import alembic_runner
from okr_api.store.tables import metadata
from tests.acme import TODAY, Acme, measured, ref
from tests.conftest import Server
from tests.discussing import discuss, parts_of

COLUMNS = """
    select relname || '.' || attname, format_type(atttypid, atttypmod), attnotnull,
        pg_get_expr(adbin, adrelid), attidentity, attgenerated
    from pg_attribute join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
"""
CONSTRAINTS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace
"""
INDEXES = "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'"
OPTIONS = (
    "select relname, reloptions from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
)
OTHERS = """
    select 'type', typname from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
    union all select 'function', proname from pg_proc where pronamespace = 'public'::regnamespace
    union all select 'trigger', tgname from pg_trigger where not tgisinternal
    union all select relkind::text, relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i')
"""


async def catalog(url: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(url)
    try:
        whole = {}
        for name, statement in {
            "columns": COLUMNS,
            "constraints": CONSTRAINTS,
            "indexes": INDEXES,
            "options": OPTIONS,
            "others": OTHERS,
        }.items():
            rows = [tuple(row) for row in await connection.fetch(statement)]
            whole[name] = sorted(repr(row) for row in rows if "alembic_version" not in str(row[0]))
        return whole
    finally:
        await connection.close()


@pytest.fixture
async def blank_url(server: Server) -> AsyncIterator[str]:
    async with server.copy_of() as name:
        yield server.url_of(name)


async def test_a_fresh_schema_equals_a_migrated_one(blank_url: str, database_url: str):
    engine = create_async_engine(urlunsplit(urlsplit(blank_url)._replace(scheme="postgresql+asyncpg")))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    fresh, migrated = await catalog(blank_url), await catalog(database_url)
    assert fresh == migrated
    assert len(migrated["constraints"]) > len(metadata.tables)


async def test_alembic_would_change_nothing(database_url: str):
    assert await alembic_runner.differences(database_url) == []


async def test_alembic_would_see_a_change(database_url: str):
    connection = await asyncpg.connect(database_url)
    await connection.execute("alter table person drop column email")
    await connection.close()
    differences = await alembic_runner.differences(database_url)
    assert "add_column" in str(differences)
    assert "email" in str(differences)


def test_the_newest_file_is_the_one_that_alembic_ends_with():
    assert ScriptDirectory.from_config(alembic_runner.config()).get_current_head() == schema_version.newest()


async def test_migrating_twice_at_once_and_again_changes_nothing(blank_url: str, database_url: str):
    await asyncio.gather(*(schema_version.migrate(blank_url) for _ in range(3)))
    await schema_version.migrate(blank_url)
    assert await catalog(blank_url) == await catalog(database_url)
    await schema_version.check_current(blank_url)


async def test_a_schema_that_is_behind_is_refused_with_what_to_do(blank_url: str):
    with pytest.raises(
        schema_version.SchemaIsBehind, match=r"has no tables of okr-api yet: run okr-api migrate"
    ):
        await schema_version.check_current(blank_url)


WORDS: dict[str, type[StrEnum]] = {
    "alignment_kind": AlignmentKind,
    "check_in_status": ReportedStatus,
    "cycle_state": CycleState,
    "key_result_measure": KeyResultMeasure,
    "key_result_outcome": Status,
    "key_result_band": Band,
    "key_result_progress_reason": ProgressReason,
    "key_result_reported_status": ReportedStatus,
    "key_result_state": KeyResultState,
    "key_result_role": KeyResultRole,
    "key_result_judged_by": JudgedBy,
    "key_result_formula_function": FormulaFunction,
    "objective_kind": ObjectiveKind,
    "objective_outcome": Status,
    "objective_band": Band,
    "objective_progress_from": ProgressSource,
    "objective_progress_reason": ProgressReason,
    "objective_progress_source": ProgressSource,
    "objective_state": ObjectiveState,
    "objective_visibility": ObjectiveVisibility,
    "priority_state": PriorityState,
    "metric_better_direction": BetterDirection,
    "initiative_state": InitiativeState,
    "check_in_draft_status": ReportedStatus,
    "objective_reported_status": ReportedStatus,
    "dependency_state": DependencyState,
    "review_record_decision": ReviewDecision,
    "review_record_root_cause": RootCause,
    "pulse_state": PulseState,
    "webhook_state": WebhookState,
    "webhook_disabled_reason": WebhookDisabledReason,
    "webhook_attempt_outcome": AttemptOutcome,
    "roadblock_type": RoadblockType,
    "roadblock_state": RoadblockState,
    "decision_state": DecisionState,
    "experiment_state": ExperimentState,
    "experiment_outcome": ExperimentOutcome,
    "organization_editing": Editing,
    "person_role": Role,
    "team_membership_role": TeamRole,
}


async def test_every_named_check_of_words_has_just_the_members_of_its_enum(database_url: str):
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "select conname::text as name, pg_get_constraintdef(oid) as said from pg_constraint "
        "where contype = 'c' and connamespace = 'public'::regnamespace "
        "and pg_get_constraintdef(oid) like '%ANY%'"
    )
    await connection.close()
    stored = {row["name"]: set(re.findall(r"'(\w+)'", row["said"])) for row in rows}
    assert stored == {name: {str(member) for member in words} for name, words in WORDS.items()}


async def test_an_organisation_of_a_former_release_speaks_english_and_has_its_present_version(
    acme: Acme, acme_url: str
):
    await acme.done(organization.edit_organization, edits={"name": "Acme & Sons", "language": "de"})
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0009"))
    await schema_version.migrate(acme_url)
    [row] = await acme.fetch("select * from organization")
    said = {
        "name": "Acme & Sons",
        "time_zone": "Europe/Berlin",
        "language": "en",
        "editing": "EVERYONE",
        "version": 2,
    }
    assert row.items() >= said.items()
    [version] = await acme.fetch("select * from organization_version")
    stamp = {"organization_id": row["id"], "seq": 0, "recorded_at": row["created_at"]}
    assert version.items() >= (stamp | said).items()


async def test_an_objective_that_was_dropped_as_a_draft_before_migration_4_is_hidden_from_then_on(
    acme: Acme, acme_url: str
):
    for name, draft in (("draft", True), ("published", False), ("imported", True), ("restored", True)):
        await acme.objective(name, draft=draft, external_id=name)
        await acme.done(objectives.drop_objective, objective=name, reason="R")
    await acme.done(objectives.edit_objective, objective="draft", edits={"title": "Edited since"})
    await acme.fetch(
        "delete from objective_version where state = 'DRAFT' and external_id = 'imported' returning id"
    )
    await acme.done(objectives.restore_objective, objective="restored")
    engine = create_async_engine(urlunsplit(urlsplit(acme_url)._replace(scheme="postgresql+asyncpg")))
    async with engine.begin() as connection:
        await connection.run_sync(lambda each: command.downgrade(alembic_runner.config(each), "0003"))
    await engine.dispose()
    await schema_version.migrate(acme_url)
    found = await acme.fetch("select external_id, state from objective where is_dropped_draft")
    assert found == [{"external_id": "draft", "state": "DROPPED"}]
    versions = await acme.fetch(
        "select external_id, title from objective_version where is_dropped_draft order by seq"
    )
    assert [(row["external_id"], row["title"]) for row in versions] == [
        ("draft", "draft"),
        ("restored", "restored"),
        ("draft", "Edited since"),
    ]


MEMBERSHIP = (teams.add_member, {"team": "support", "person": "ann"}, teams.remove_member, "team_membership")
INITIATIVE = (
    initiatives.add_initiative,
    {"measured": measured("never_down", NodeType.OBJECTIVE), "title": "Calm"},
    initiatives.delete_initiative,
    "initiative",
)
DRAFT = (
    check_in_drafts.add_draft,
    {"measured": measured("macros"), "assignee": "ann", "note": "Calm"},
    check_in_drafts.delete_draft,
    "check_in_draft",
)
DEPENDENCY = (
    dependencies.add_dependency,
    {"needing": measured("macros"), "giving_team": "support", "description": "Calm"},
    dependencies.delete_dependency,
    "dependency",
)
ABSENCE = (
    absences.add_absence,
    {"person": "ann", "starts_on": TODAY, "ends_on": TODAY},
    absences.delete_absence,
    "absence",
)
COMMENT = (
    comments.add_comment,
    {"on": measured("macros"), "text": "Calm"},
    comments.delete_comment,
    "comment",
)
ROADBLOCK = (
    roadblocks.add_roadblock,
    {"on": measured("never_down", NodeType.OBJECTIVE), "title": "Wall"},
    roadblocks.delete_roadblock,
    "roadblock",
)
MEETING = (
    meetings.record_meeting,
    {"team": "support", "cycle": "quarter", "decisions": [decisions.NewDecision(values={"text": "Go"})]},
    meetings.delete_meeting,
    "meeting",
)
DECISION = (decisions.add_decision, {"text": "Go"}, decisions.delete_decision, "decision")
EXPERIMENT = (
    experiments.add_experiment,
    {"key_result": "macros", "hypothesis": "We believe"},
    experiments.delete_experiment,
    "experiment",
)
LESSON = (
    lessons.add_lesson,
    {"source": measured("macros"), "title": "So"},
    lessons.delete_lesson,
    "lesson",
)
REVIEW = (
    reviews.record_review,
    {
        "objective": "never_down",
        "decision": ReviewDecision.KEEP,
        "decision_reason": "Calm",
        "root_cause": RootCause.OTHER,
    },
    reviews.delete_review,
    "review_record",
)
PULSE = (pulses.add_pulse, {"cycle": "quarter", "questions": ["Clear?"]}, pulses.delete_pulse, "pulse")
COUNTED = "select kind, count(*) as count from change group by kind"
PRIORITY = (priorities.add_priority, {"title": "Calm"}, priorities.remove_priority, "priority")


@pytest.mark.parametrize(
    ("migration", "entity"),
    (
        ("0011", MEMBERSHIP),
        ("0016", PRIORITY),
        ("0023", INITIATIVE),
        ("0024", DEPENDENCY),
        ("0026", ABSENCE),
        ("0027", ROADBLOCK),
        ("0027", MEETING),
        ("0027", DECISION),
        ("0028", DRAFT),
        ("0029", COMMENT),
        ("0036", EXPERIMENT),
        ("0036", LESSON),
        ("0037", REVIEW),
        ("0043", PULSE),
    ),
)
async def test_without_the_migration_of_an_entity_its_changes_stay_as_edits_of_the_organisation(
    migration: str, entity: Any, acme: Acme, acme_url: str
):
    add, inputs, remove, noun = entity
    if noun == "review_record":
        await acme.done(cycles.begin_review, cycle="quarter")
    added = await acme.done(add, **inputs)
    await acme.done(remove, **{noun: added})
    engine = create_async_engine(urlunsplit(urlsplit(acme_url)._replace(scheme="postgresql+asyncpg")))
    script = ScriptDirectory.from_config(alembic_runner.config()).get_revision(migration)
    async with engine.begin() as connection:
        await connection.run_sync(
            lambda each: command.downgrade(alembic_runner.config(each), str(script.down_revision))
        )
    await engine.dispose()
    await schema_version.migrate(acme_url)
    assert await acme.fetch(f"select * from {noun}") == []
    change = await acme.change()
    assert (change["kind"], change["node_type"], change["node_id"]) == (
        "ORGANIZATION_UPDATED",
        "ORGANIZATION",
        acme.organization.id,
    )


async def test_without_migration_33_only_what_is_said_on_roadblocks_and_decisions_is_taken_away(
    acme: Acme, acme_url: str
):
    decided = await acme.done(decisions.add_decision, text="Go")
    ann = acme.as_person(acme.ann)
    for on in (measured("macros"), measured(decided, NodeType.DECISION)):
        remark = await acme.done(comments.add_comment, on=on, text="Hm", by=ann)
        await acme.done(comments.add_comment, on=on, text="Yes", reply_to=ref(remark), by=ann)
        for place in (on, measured(remark, NodeType.COMMENT)):
            await acme.done(reactions.add_reaction, on=place, emoji="🎉", by=ann)
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0032"))
    await schema_version.migrate(acme_url)
    for table in ("comment", "reaction"):
        for rows in (table, f"{table}_version"):
            found = await acme.fetch(f"select decision_id from {rows}")
            assert [row["decision_id"] for row in found] == [None, None]
    kinds = await acme.fetch("select kind, count(*) as count from change group by kind")
    counted = {row["kind"]: row["count"] for row in kinds}
    assert (counted["COMMENT_CREATED"], counted["REACTION_ADDED"], counted["ORGANIZATION_UPDATED"]) == (
        2,
        2,
        4,
    )
    again = await acme.done(comments.add_comment, on=measured(decided, NodeType.DECISION), text="Hm", by=ann)
    assert (await acme.row("comment", again))["decision_id"] == decided
    assert await acme.verify() == []


async def test_without_migration_36_only_what_is_said_on_experiments_and_lessons_is_taken_away(
    acme: Acme, acme_url: str
):
    trial = await acme.done(experiments.add_experiment, key_result="macros", hypothesis="We believe")
    learned = await acme.done(
        lessons.add_lesson, source=measured(trial, NodeType.EXPERIMENT), title="So", tags=["one"]
    )
    ann = acme.as_person(acme.ann)
    places = (measured("macros"), measured(trial, NodeType.EXPERIMENT), measured(learned, NodeType.LESSON))
    for on in places:
        remark = await acme.done(comments.add_comment, on=on, text="Hm", by=ann)
        for place in (on, measured(remark, NodeType.COMMENT)):
            await acme.done(reactions.add_reaction, on=place, emoji="🎉", by=ann)
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0034"))
    await schema_version.migrate(acme_url)
    for table, count in (("comment", 1), ("reaction", 2), ("experiment", 0), ("lesson", 0)):
        for rows in (table, f"{table}_version"):
            assert len(await acme.fetch(f"select id from {rows}")) == count
    kinds = await acme.fetch("select kind, count(*) as count from change group by kind")
    counted = {row["kind"]: row["count"] for row in kinds}
    assert (counted["COMMENT_CREATED"], counted["REACTION_ADDED"], counted["ORGANIZATION_UPDATED"]) == (
        1,
        2,
        8,
    )
    again = await acme.done(lessons.add_lesson, source=measured("macros"), title="So")
    await acme.done(comments.add_comment, on=measured(again, NodeType.LESSON), text="Hm", by=ann)
    assert await acme.verify() == []


async def test_without_migration_45_a_disabled_webhook_stays_as_an_edit_of_its_owner(
    acme: Acme, acme_url: str
):
    new: dict[str, Any] = {
        "url": "https://hooks.example/",
        "selection": "{ seq }",
        "filter": None,
        "after": None,
        "is_enabled": True,
    }
    made = await acme.do(create_webhook, by=acme.as_person(acme.ann), **new)
    async with acme.database.across() as connection:
        webhook = await load_webhook(connection, acme.organization.id, made.ids["webhook"])
    assert webhook is not None
    await disable_webhook(acme.database, webhook, WebhookDisabledReason.FAILING, datetime.now(UTC))
    assert (await acme.change())["kind"] == "WEBHOOK_DISABLED"
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0044"))
    await schema_version.migrate(acme_url)
    change = await acme.change()
    assert (change["kind"], change["node_id"], change["due_at"]) == ("PERSON_UPDATED", acme.ann, None)
    assert await acme.fetch("select id from webhook") == []
    assert await acme.verify() == []


async def test_without_migration_47_a_webhook_that_is_not_yet_enabled_stays_disabled(
    acme: Acme, acme_url: str
):
    new: dict[str, Any] = {"url": "https://hooks.example/", "selection": "{ seq }", "filter": None}
    await acme.do(create_webhook, by=acme.as_person(acme.ann), **new, after=None, is_enabled=False)
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0046"))
    await schema_version.migrate(acme_url)
    assert await acme.fetch("select state, disabled_reason from webhook") == [
        {"state": "DISABLED", "disabled_reason": "FAILING"}
    ]


async def test_without_migration_44_only_what_is_said_on_reviews_is_taken_away_and_lessons_stay(
    acme: Acme, acme_url: str
):
    back = await acme.review("clear_backlog", learned="So")
    ann = acme.as_person(acme.ann)
    for on in (measured("macros"), measured(back, NodeType.REVIEW_RECORD)):
        remark = await acme.done(comments.add_comment, on=on, text="Hm", by=ann)
        for place in (on, measured(remark, NodeType.COMMENT)):
            await acme.done(reactions.add_reaction, on=place, emoji="🎉", by=ann)
    before = {row["kind"]: row["count"] for row in await acme.fetch(COUNTED)}
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0043"))
    await schema_version.migrate(acme_url)
    for table, count in (("comment", 1), ("reaction", 2), ("lesson", 1), ("review_record", 1)):
        for rows in (table, f"{table}_version"):
            assert len(await acme.fetch(f"select id from {rows}")) == count
    [kept] = await acme.fetch("select text, objective_id, review_record_id from lesson")
    assert kept == {"text": "So", "objective_id": acme.clear_backlog, "review_record_id": None}
    counted = {row["kind"]: row["count"] for row in await acme.fetch(COUNTED)}
    assert (before["COMMENT_CREATED"], before["REACTION_ADDED"]) == (2, 4)
    assert counted == before | {"COMMENT_CREATED": 1, "REACTION_ADDED": 2, "ORGANIZATION_UPDATED": 3}
    on = measured(back, NodeType.REVIEW_RECORD)
    await acme.done(comments.add_comment, on=on, text="Hm", by=ann)
    await acme.done(lessons.add_lesson, source=on, title="So")
    assert await acme.verify() == []


async def test_migration_39_lists_earlier_comments_and_reactions_at_what_they_are_on(
    acme: Acme, acme_url: str
):
    for node_type, id in await parts_of(acme, "macros"):
        if node_type is not NodeType.REVIEW_RECORD:  # as these were not discussed at that time
            await discuss(acme, node_type, id)
    listed = "select node_id, seq, is_direct from change_node order by seq, node_id, is_direct"
    of = "select seq, related_ids from change where node_type in ('COMMENT', 'REACTION') order by seq"
    nodes = await acme.fetch(listed)
    related = {row["seq"]: {*row["related_ids"]} for row in await acme.fetch(of)}
    assert all(acme.clear_backlog in ids for ids in related.values())
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0038"))
    await acme.fetch(
        "delete from change_node using change where change.organization_id = change_node.organization_id"
        " and change.seq = change_node.seq and change.node_id <> change_node.node_id"
        " and node_type in ('COMMENT', 'REACTION')"
    )
    await acme.fetch("update change set related_ids = '{}' where node_type in ('COMMENT', 'REACTION')")
    assert await acme.fetch(listed) != nodes
    await schema_version.migrate(acme_url)
    assert await acme.fetch(listed) == nodes
    assert {row["seq"]: {*row["related_ids"]} for row in await acme.fetch(of)} == related


async def test_at_migration_14_people_with_an_admin_token_become_admins_and_everyone_edits(
    acme: Acme, acme_url: str
):
    day = timedelta(days=1)
    for person, ends in (("ben", None), ("cem", datetime.now(UTC) - day)):
        scopes = [Scope.READ, Scope.ADMIN]
        await acme.tokens.create(
            acme.organization.id, name=person, scopes=scopes, person=person, expires_at=ends
        )
    for name, scope, revoked in (("dora", Scope.ADMIN, True), ("eve", Scope.WRITE, False)):
        await acme.person(name, external_id=name)
        await acme.tokens.create(acme.organization.id, name=name, scopes=[scope], person=name)
        if revoked:
            await acme.fetch("update token set revoked_at = now() where person_id is not null and scopes = '{admin}' and name = $1 returning id", name)  # fmt: skip
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0012"))
    await schema_version.migrate(acme_url)
    for table in ("person", "person_version"):
        rows = await acme.fetch(f"select external_id, role from {table}")
        assert {row["external_id"]: row["role"] for row in rows} == {
            "ann": "ADMIN",
            "ben": "ADMIN",
            "cem": "MEMBER",
            "dora": "MEMBER",
            "eve": "MEMBER",
        }
    for table in ("organization", "organization_version"):
        assert {row["editing"] for row in await acme.fetch(f"select editing from {table}")} == {"EVERYONE"}
    assert {row["sees_private"] for row in await acme.fetch("select sees_private from token")} == {False}
    actor = await TokenStore(acme.database).actor(acme.token)
    assert actor is not None
    assert actor.may(Scope.ADMIN)


async def test_without_migration_19_changes_of_metrics_stay_as_edits_of_the_organisation(
    acme: Acme, acme_url: str
):
    metric = await acme.done(metrics.add_metric, name="Tickets", unit="tickets")
    edits = {"metric": ref(metric)}
    await acme.done(key_results.edit_key_result, key_result="backlog", edits=edits, measure={})
    await acme.done(record_readings, items=[MetricReadingRequest(ref(metric), 100.0)])
    kinds = "select kind, node_type from change where node_id = $1 or kind like 'METRIC%'"
    assert len(await acme.fetch(kinds, metric)) == 2
    await alembic_runner._run(acme_url, lambda each: command.downgrade(alembic_runner.config(each), "0018"))
    await schema_version.migrate(acme_url)
    assert await acme.fetch(kinds, metric) == []
    assert await acme.progress(acme.backlog) == 0.5  # the check-in stays
    assert await acme.verify() == []
