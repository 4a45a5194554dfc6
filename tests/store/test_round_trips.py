"""Round trips: every field of every domain object is loaded as it was saved, whatever the texts."""

from dataclasses import replace

import asyncpg
import pytest

from okr_api.okr.absence import Absence
from okr_api.okr.check_in import CheckIn
from okr_api.okr.check_in_draft import CheckInDraft
from okr_api.okr.comment import Comment
from okr_api.okr.decision import Decision
from okr_api.okr.dependency import Dependency
from okr_api.okr.experiment import Experiment
from okr_api.okr.follow import Follow
from okr_api.okr.initiative import Initiative
from okr_api.okr.key_result import Reading
from okr_api.okr.lesson import Lesson
from okr_api.okr.meeting import Meeting
from okr_api.okr.people import Person, Team, TeamMembership
from okr_api.okr.priority import Priority
from okr_api.okr.pulse import Pulse
from okr_api.okr.reaction import Reaction
from okr_api.okr.review_record import ReviewRecord
from okr_api.okr.roadblock import Roadblock
from okr_api.okr.tree import Tree
from okr_api.store.database import Database
from okr_api.store.entity_lookup import all_entities, rows_by_id
from okr_api.store.mappers.check_in import check_in_of
from okr_api.store.tree_loader import load_all_readings, load_cycles, load_tree
from okr_api.store.unit_of_work import unit_of_work
from tests.acme import Workplace
from tests.store.words import ODD_TEXTS, fields_left_at_nothing, full_words, keep


@pytest.fixture
async def place(database: Database, wakeups: object) -> Workplace:
    return await Workplace.found(database, wakeups, "Round")  # type: ignore[arg-type]


def test_the_full_words_leave_no_field_at_nothing():
    words = full_words()
    full = [
        words.people[0],
        words.teams[1],
        words.team_members[1],
        words.absences[1],
        words.priorities[1],
        words.cycles[1],
        words.objectives[1],
        words.key_results[1],
    ]
    monthly, weekly = {"cadence.day", "cadence.months"}, {"cadence.weeks", "cadence.weekday"}
    assert [fields_left_at_nothing(word) for word in full] == [
        *(set(), monthly, *[set()] * 4),
        monthly | {"viewer_ids", "effective_cadence", "lineage_id"},
        weekly,
    ]
    assert fields_left_at_nothing(words.objective_standing) == {"progress_reason"}
    assert fields_left_at_nothing(words.key_result_standing) == {"progress_reason"}
    assert fields_left_at_nothing(words.check_ins[1]) == {"supersedes_id", "objective_id"}
    assert fields_left_at_nothing(words.change) == set()


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
async def test_every_field_of_every_word_comes_back_as_it_was(place: Workplace, text: str):
    words = full_words(text)
    organization = place.organization
    await keep(place.database, organization.id, words)
    tree = Tree(organization)
    async with place.database.of(organization.id) as connection:
        assert await all_entities(connection, organization.id, Person) == sorted(
            words.people, key=lambda each: each.id
        )
        assert await all_entities(connection, organization.id, Team) == words.teams
        assert await all_entities(connection, organization.id, TeamMembership) == words.team_members
        assert await all_entities(connection, organization.id, Absence) == words.absences
        assert await all_entities(connection, organization.id, Priority) == words.priorities
        assert await all_entities(connection, organization.id, Initiative) == words.initiatives
        assert await all_entities(connection, organization.id, CheckInDraft) == words.check_in_drafts
        assert await all_entities(connection, organization.id, Dependency) == words.dependencies
        assert await all_entities(connection, organization.id, Comment) == words.comments
        assert await all_entities(connection, organization.id, Reaction) == words.reactions
        assert await all_entities(connection, organization.id, Follow) == words.follows
        assert await all_entities(connection, organization.id, Roadblock) == words.roadblocks
        assert await all_entities(connection, organization.id, Meeting) == words.meetings
        assert await all_entities(connection, organization.id, Decision) == words.decisions
        assert await all_entities(connection, organization.id, Experiment) == words.experiments
        assert await all_entities(connection, organization.id, Lesson) == words.lessons
        assert await all_entities(connection, organization.id, ReviewRecord) == words.review_records
        assert await all_entities(connection, organization.id, Pulse) == words.pulses
        await load_cycles(connection, tree)
        assert list(tree.cycles.values()) == words.cycles
        await load_tree(connection, tree, key_results=[words.key_results[1].id])
        await load_all_readings(connection, tree, [each.id for each in words.key_results])
        rows = await rows_by_id(connection, organization.id, "check_in", [c.id for c in words.check_ins])
    assert sorted(tree.objectives.values(), key=lambda each: each.id) == words.objectives
    assert tree.objective_standings[words.objectives[1].id] == words.objective_standing
    assert sorted(tree.key_results.values(), key=lambda each: each.id) == words.key_results
    assert tree.key_result_standings[words.key_results[1].id] == words.key_result_standing
    assert set(tree.alignments.values()) == set(words.alignments)
    assert sorted(map(check_in_of, rows), key=lambda each: each.place) == words.check_ins
    assert tree.readings == {words.key_results[0].id: [live(words.check_ins[2])], words.key_results[1].id: []}


def live(check_in: CheckIn) -> Reading:
    return check_in.reading


async def test_a_change_and_a_retry_are_kept_to_the_letter(place: Workplace):
    words = full_words(ODD_TEXTS[4])
    await keep(place.database, place.organization.id, words)
    change, delta = words.change, words.change.deltas[0]
    assert await place.change() == {
        "organization_id": place.organization.id,
        "seq": 1,
        "recorded_at": change.recorded_at,
        "kind": "IMPORTED",
        "author_name": change.author.name,
        "author_person_id": change.author.person_id,
        "node_type": "CHECK_IN",
        "node_id": change.node_id,
        "fields": list(change.fields),
        "reason": change.reason,
        "related_ids": list(change.related_ids),
        "deltas": [
            {
                "node_type": "OBJECTIVE",
                "node_id": str(delta.node_id),
                "before": delta.before,
                "after": None,
                "status_before": "STALE",
                "status_after": "ON_TRACK",
                "source_before": "AUTO",
                "source_after": "BOTH",
                "confidence_before": None,
                "confidence_after": 0.5,
                "coverage_before": 0.0,
                "coverage_after": 1.0,
                "value_before": None,
                "value_after": 7.5,
            }
        ],
        "check_in_ids": list(change.check_in_ids),
        "token_id": change.token_id,
        "request_id": change.request_id,
        "due_at": change.due_at,
    }
    retry = words.retry
    async with unit_of_work(place.database, place.organization.id, [(retry.owner, retry.key)]) as work:
        [(asked, known)] = work.known.items()
    assert asked == (retry.owner, retry.key)
    assert (known["input_hash"], known["seq"], known["outcome"]) == (
        retry.input_hash, retry.seq, retry.outcome,
    )  # fmt: skip


@pytest.mark.parametrize("text", ("NUL \0 inside", "lone \ud800 surrogate"), ids=("NUL", "surrogate"))
async def test_a_text_that_postgresql_cannot_hold_is_refused_and_nothing_is_saved(
    place: Workplace, text: str
):
    before = await place.tables()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, TypeError)):
        await keep(place.database, place.organization.id, full_words(text))
    assert await place.tables() == before


async def test_only_what_moved_of_an_objective_is_written_and_no_version_of_it(place: Workplace):
    words = full_words()
    await keep(place.database, place.organization.id, words)
    before = await place.tables()
    async with unit_of_work(place.database, place.organization.id) as work:
        await load_tree(work.connection, work.tree, objectives=[words.objectives[1].id])
        for id, standing in list(work.tree.objective_standings.items()):
            work.tree.objective_standings[id] = replace(standing, coverage=0.125)
        for id, other in list(work.tree.key_result_standings.items()):
            work.tree.key_result_standings[id] = replace(other, coverage=0.5, start_value=3.0)
        work.changes.append(replace(words.change, seq=2))
    assert await place.written(before) == {"change": 1, "feed_head": 1, "key_result": 2, "objective": 2}
    assert {row["counted_from"] for row in await place.fetch("select counted_from from key_result")} == {3.0}


async def test_alignments_are_laid_weighed_and_taken_away_in_one_save(place: Workplace):
    words = full_words()
    await keep(place.database, place.organization.id, words)
    child, top = words.objectives[1], words.objectives[0]
    async with unit_of_work(place.database, place.organization.id) as work:
        await load_tree(work.connection, work.tree, objectives=[child.id])
        direct, through = work.tree.alignments_of(child.id)
        direct, through = (direct, through) if direct.parent_objective_id else (through, direct)
        work.tree.drop_alignment(through)
        work.tree.drop_alignment(direct)
        work.tree.put_alignment(replace(direct, weight=0.5))
        work.changes.append(replace(words.change, seq=2))
    edges = await place.fetch("select child_id, parent_id, weight from alignment")
    assert edges == [{"child_id": child.id, "parent_id": top.id, "weight": 0.5}]
    history = await place.fetch(
        "select parent_id, weight, seq, ended from alignment_version order by seq, ended, weight"
    )
    assert [tuple(row.values()) for row in history] == [
        (top.id, 1.0, 1, False),
        (through.parent_id, 1e6, 1, False),
        (top.id, 0.5, 2, False),
        (through.parent_id, 1e6, 2, True),
    ]
