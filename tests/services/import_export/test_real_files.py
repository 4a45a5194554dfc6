"""The five files of ../shared/data, imported into one organisation."""

import json
from collections import Counter
from typing import Any

import pytest

from okr_api.okr.numbers import weighted_mean
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import recompute
from okr_api.store.database import Database
from tests.acme import Workplace
from tests.services.import_export.conftest import opened
from tests.services.import_export.files import (
    OKR_FILES,
    bring,
    by_name,
    check_ins_by_label,
    contents,
    exported,
    organization_of,
    quarter,
    real,
)


@pytest.fixture(scope="module")
async def brought(server, template):
    """Yield a database, without connections, whose organisation has imported all five files."""
    documents = {name: real(name) for name in OKR_FILES}
    async with server.copy_of(template) as name:
        async with (
            Database.open(server.url_of(name)) as database,
            ChangeNotifier.running(database) as wakeups,
        ):
            place = await Workplace.found(database, wakeups, "Receiver", "America/New_York")
            for stem, document in documents.items():
                report = await bring(place, document, namespace=stem)
                assert (report.refused, report.errors) == (False, [])
        yield name, place.organization, place.actor


@pytest.fixture
async def full(server, brought):
    """Yield the organisation with all five files, in a database of its own."""
    template, organization, actor = brought
    async with opened(server, template) as (database, wakeups):
        yield Workplace(database, wakeups, organization, actor)


async def test_the_five_files_come_in_twice_without_a_difference(full):
    before, seq = await full.tables(), await full.seq()
    for name in OKR_FILES:
        report = await bring(full, real(name), namespace=name)
        assert not report.changed
        assert report.seq is None
    assert await full.tables() == before
    assert await full.seq() == seq == len(OKR_FILES)


async def test_each_file_is_one_change_with_all_that_it_moved(full):
    for seq, name in enumerate(OKR_FILES, start=1):
        change = await full.change(seq)
        assert (change["kind"], change["reason"], change["author_name"]) == (
            "IMPORTED",
            name,
            "okr-api import",
        )
        document = real(name)
        moved = {delta["node_id"] for delta in change["deltas"]}
        assert len(moved) == len(document["objectives"]) + len(document["key_results"])


async def test_every_row_of_every_file_is_there(full):
    for section, table in (
        ("teams", "team"),
        ("people", "person"),
        ("cycles", "cycle"),
        ("objectives", "objective"),
        ("key_results", "key_result"),
        ("check_ins", "check_in"),
    ):
        expected = {f"{name}:{row['id']}" for name in OKR_FILES for row in real(name)[section]}
        assert set(await by_name(full, table)) == expected


async def test_all_numbers_follow_from_the_facts(full):
    assert await full.verify() == []


async def test_an_export_of_all_five_brings_it_all_back(full, elsewhere):
    whole = await exported(full)
    report = await bring(elsewhere, json.loads(whole))
    assert report.errors == []
    assert await exported(elsewhere) == whole
    assert await contents(elsewhere) == await contents(full)
    assert await recompute.verify(elsewhere.database, await organization_of(elsewhere)) == []


async def test_cycles_already_over_come_in_for_their_review(full):
    assert {row["state"] for row in (await by_name(full, "cycle")).values()} == {"REVIEW"}


async def test_published_scores_stand_beside_the_computed_ones(full):
    document = real("chromium-input-2016-2017")
    objectives, key_results = await by_name(full, "objective"), await by_name(full, "key_result")
    for section, found in (("objectives", objectives), ("key_results", key_results)):
        for row in document[section]:
            kept = found[f"chromium-input-2016-2017:{row['id']}"]
            assert kept["imported_score"] == row["published_score"]
    first = objectives["chromium-input-2016-2017:O0001"]
    assert first["imported_score"] == 0.65
    # (16·0.9 + 4·0 + 4·0.2 + 4·0.2 + 4·1 + 2·1) / 34
    assert first["score_at_end"] == pytest.approx(22 / 34)


async def test_what_has_no_place_is_kept_with_the_key_result(full):
    punted = {row["id"]: row for row in real("chromium-input-2016-2017")["key_results"] if row["punted"]}
    found = await by_name(full, "key_result")
    for id, row in punted.items():
        kept = found[f"chromium-input-2016-2017:{id}"]["imported_fields"]
        assert kept == {
            "type": "score",
            "punted": True,
            "stretch": row["stretch"],
            "priority": row["priority"],
        }


async def test_the_citys_targets_against_their_direction_are_limits(full):
    rows = {f"nyc-mmr:{row['id']}": row for row in real("nyc-mmr")["key_results"]}
    found = {name: row for name, row in (await by_name(full, "key_result")).items() if name in rows}
    assert Counter(row["measure"] for row in found.values()) == {
        "INCREASE": 290 + 46 + 4 + 3,
        "DECREASE": 129 + 21,
        "AT_MOST": 36,
        "AT_LEAST": 35,
    }
    for name, row in found.items():
        if row["measure"] not in ("AT_MOST", "AT_LEAST"):
            continue
        said = {field: rows[name][field] for field in ("type", "direction", "start", "target")}
        assert {field: row["imported_fields"][field] for field in said} == said
        holds = (
            row["current_value"] <= said["target"]
            if row["measure"] == "AT_MOST"
            else (row["current_value"] >= said["target"])
        )
        assert row["progress"] == float(holds)


async def test_the_citys_key_results_without_a_way_to_go_have_their_reason(full):
    found = [row for name, row in (await by_name(full, "key_result")).items() if name.startswith("nyc-mmr:")]
    reasons = Counter(row["progress_reason"] for row in found)
    assert reasons["NO_TARGET"] == 419
    assert reasons["NO_SPAN"] >= 4
    assert "NOT_MEASURED" not in reasons
    assert all((row["progress"] is None) == (row["progress_reason"] is not None) for row in found)


async def test_the_report_says_what_was_made_of_each_row(place):
    report = await bring(place, real("nyc-mmr"), namespace="nyc-mmr")
    assert Counter(row.code for row in report.rows) == {"NO_TARGET": 419, "TAKEN_AS_LIMIT": 71, "NO_SPAN": 4}
    assert {section: each.created for section, each in report.counts.items()} == {
        "teams": 20,
        "cycles": 1,
        "objectives": 193,
        "key_results": 564,
        "alignments": 118,
        "check_ins": 4138,
    }


async def test_the_number_of_statements_does_not_depend_on_the_file(server, template):
    counted = []
    for document in (quarter(), real("nyc-mmr")):
        async with (
            server.copy_of(template) as name,
            Database.open(server.url_of(name), most_connections=1) as database,
            ChangeNotifier.running(database) as wakeups,
        ):
            place = await Workplace.found(database, wakeups, "Receiver", "America/New_York")
            statements: list[str] = []
            async with database.pool.acquire() as connection:
                connection.add_query_logger(lambda record, heard=statements: heard.append(record.query))
            await bring(place, document)
            assert len(statements) > 10
            counted.append(len(statements))
    assert counted[0] == counted[1]


async def test_a_current_value_without_check_ins_is_a_reading_at_the_cycles_last_noon(full):
    rows = await check_ins_by_label(full)
    currents = {name: row for name, row in rows.items() if name.endswith(":current")}
    assert {name: row["value"] for name, row in currents.items()} == {
        "sourcegraph-2021_q1:K0034:current": 100.0,
        "sourcegraph-2021_q1:K0035:current": 20.0,
        "sourcegraph-2021_q1:K0036:current": 0.0,
        "sourcegraph-2021_q1:K0037:current": 100.0,
    }
    noon = "2020-04-30T16:00:00+00:00"  # noon in New York, in summer time
    assert {row["effective_at"].isoformat() for row in currents.values()} == {noon}


async def test_the_goals_tree_keeps_its_three_levels(full):
    document = real("sourcegraph-2019_q4")
    name = "sourcegraph-2019_q4:"
    ids = {row["id"]: key for key, row in (await by_name(full, "objective")).items()}
    edges = {
        (ids[row["child_id"]], ids[row["parent_id"]]) for row in await full.fetch("select * from alignment")
    }
    expected = {
        (name + row["id"], name + row["parent_objective_id"])
        for row in document["objectives"]
        if row["parent_objective_id"]
    }
    assert {edge for edge in edges if edge[0].startswith(name)} == expected


# ── Chromium's published roll-ups ──

SHOWN = 100  # the cases truncate longer titles


def cases():
    return real("chromium-weighted-rollup")["cases"]


def test_all_77_published_roll_ups_are_reproduced_with_weights_8_4_2_1():
    weights = {"P1": 8, "P2": 4, "P3": 2, "P4": 1}
    assert len(cases()) == 77
    for case in cases():
        parts = [
            (weights.get(child["priority"], child["weight"]), child["score"])
            for child in case["children"]
            if child["score"] is not None
        ]
        mean = weighted_mean(parts)
        assert mean is not None
        assert mean == pytest.approx(case["expected"], abs=case["tolerance"]), case["id"]
        assert round(mean, 4) == case["computed_here"], case["id"]


async def test_the_published_roll_ups_are_what_the_imported_objectives_score(full):
    """Each case is the one imported objective whose key results have its titles, weights and scores."""
    found = await full.fetch(
        "select objective.id, objective.score_at_end, objective.imported_score, key_result.title,"
        " key_result.weight, key_result.score_at_end as score"
        " from objective join key_result on key_result.objective_id = objective.id"
        " where objective.external_id like 'chromium%'"
    )
    objectives: dict[Any, Any] = {}
    for row in found:
        parts = objectives.setdefault(row["id"], (row["score_at_end"], row["imported_score"], []))[2]
        parts.append((row["title"][:SHOWN], row["weight"], row["score"]))
    scored: dict[Any, list[Any]] = {}
    for score, published, parts in objectives.values():
        scored.setdefault(tuple(sorted(parts, key=repr)), []).append((score, published))
    unmatched = []
    for case in cases():
        children = [(child["title"], float(child["weight"]), child["score"]) for child in case["children"]]
        matches = scored.get(tuple(sorted(children, key=repr)), [])
        if not matches:
            unmatched.append(case["id"])
        for score, published in matches:
            assert score == pytest.approx(case["expected"], abs=case["tolerance"]), case["id"]
            assert published == case["expected"]
    assert unmatched == []
