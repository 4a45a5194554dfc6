"""Published scores of real cycles as overrides beside computed ones: their summaries are those worked by hand.

Chromium and Sourcegraph published how they graded their objectives and key results. The scores are read from
../shared/data, and graded through the service; nothing was published of the readings, so each is at half.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.grade import GradeKind
from okr_api.okr.objective import ObjectiveKind
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import cycles
from okr_api.services.grades import grade_key_result, grade_objective
from okr_api.store.database import Database
from tests.acme import Workplace, increase, said
from tests.graphql.test_cycle_summary import NUMBERS
from tests.services.import_export.files import Document, real
from tests.serving import Client, serving

HALF = 0.5
WHY = "As it was published"
BANDS = {"redCount": ("0", "0.4"), "yellowCount": ("0.4", "0.7"), "greenCount": ("0.7", "1.01")}
ASKED = f"""{{
    cycle(externalId: "cycle") {{ summary {{
        {NUMBERS} byTeam {{ team {{ externalId }} objectiveCount aspirational {{ meanScore }} }}
    }} }}
    objectives(first: 100) {{ nodes {{
        externalId finalScore band keyResults {{ externalId score finalScore grade {{ kind computedScore }} }}
    }} }}
}}"""


@pytest.fixture
async def place(database: Database, wakeups: ChangeNotifier) -> Workplace:
    return await Workplace.found(database, wakeups, "Receiver", "America/Los_Angeles")


@pytest.fixture
async def client(place: Workplace, database_url: str) -> AsyncIterator[Client]:
    token = await TokenStore(place.database).create(place.organization.id, name="tests", scopes=[Scope.READ])
    async with serving(database_url) as served:
        yield served.client(token)


def cycle_of(document: Document, id: str) -> tuple[Document, list[Document], list[Document]]:
    """Return a cycle of a file, its objectives and their key results."""
    [cycle] = [row for row in document["cycles"] if row["id"] == id]
    held = [row for row in document["objectives"] if row["cycle_id"] == id]
    ids = {row["id"] for row in held}
    return cycle, held, [row for row in document["key_results"] if row["objective_id"] in ids]


async def plan(place: Workplace, document: Document, id: str) -> None:
    """Set up a cycle with all of its objectives, check in half of each key result, and begin the review."""
    cycle, held, parts = cycle_of(document, id)
    for team in document["teams"]:
        await place.team(team["name"], external_id=team["id"])
    days = [date.fromisoformat(cycle[name]) for name in ("start", "end")]
    await place.cycle(cycle["name"], *days, external_id="cycle")
    bold: dict[str, Any] = {"kind": ObjectiveKind.ASPIRATIONAL}
    for row in held:
        await place.objective(row["title"], team=row["team_id"], external_id=row["id"], **bold)
    for row in parts:
        weight = {"weight": float(row["weight"])} if row["weight"] else {}
        named = {"external_id": row["id"], **weight}
        await place.key_result(row["title"], row["objective_id"], increase(0.0, 1.0), **named)
    noon = datetime.combine(days[1], datetime.min.time(), UTC)
    scored = [row for row in parts if row["published_score"] is not None]
    outcome = await place.say(*[said(row["id"], HALF, effective_at=noon) for row in scored])
    assert not outcome.errors
    await place.done(cycles.begin_review, cycle="cycle")


async def grade(place: Workplace, document: Document, id: str, *, also_objectives: bool) -> None:
    """Override each score by the published one; set aside what has none."""
    _, held, parts = cycle_of(document, id)

    def given(row: Document) -> dict[str, Any]:
        score = row["published_score"]
        if score is None:
            return {"kind": GradeKind.NOT_MEASURED, "reason": WHY}
        return {"kind": GradeKind.OVERRIDE, "score": score, "reason": WHY}

    for row in parts:
        await place.done(grade_key_result, key_result=row["id"], **given(row))
    for row in held if also_objectives else ():
        await place.done(grade_objective, objective=row["id"], **given(row))


def expected(scores: Sequence[float | None]) -> dict[str, Any]:
    """Return the distribution of published scores, by decimal numbers."""
    known = [Decimal(str(score)) for score in scores if score is not None]
    tenths = Counter(min(int(score * 10), 9) for score in known)
    at_one = known.count(Decimal(1))
    return {
        "tenths": [tenths[place] for place in range(10)],
        **{
            name: sum(Decimal(low) <= score < Decimal(high) for score in known)
            for name, (low, high) in BANDS.items()
        },
        "scoredCount": len(known),
        "notMeasuredCount": len(scores) - len(known),
        "atOneCount": at_one,
        "atOneShare": at_one / len(known),
        "tooSafe": 4 * at_one > 3 * len(known),
    }


def mean(scores: Sequence[float | None]) -> float:
    known = [Decimal(str(score)) for score in scores if score is not None]
    return float(sum(known) / len(known))


def published(rows: Sequence[Document]) -> list[float | None]:
    return [row["published_score"] for row in rows]


# By hand, from the published pages: tenths of objectives and of key results, and the mean of the objectives.
BY_HAND = {
    "C0001": ([0, 0, 0, 0, 1, 2, 4, 0, 0, 0], [8, 1, 10, 3, 1, 1, 3, 2, 2, 13], 3.96 / 7),
    "C0006": ([0, 0, 0, 2, 4, 1, 4, 2, 0, 0], [6, 2, 5, 3, 3, 9, 6, 5, 4, 10], 0.54),
}
TEAMS_BY_HAND = {
    "C0001": {"T0001": (7, 3.96 / 7)},
    "C0006": {"T0002": (5, 0.52), "T0003": (5, 0.58), "T0004": (5, 0.525)},
}


@pytest.mark.parametrize("id", BY_HAND)
async def test_a_published_cycle_is_summed_up_as_by_hand(place: Workplace, client: Client, id: str):
    document = real("chromium-input-2016-2017")
    _, held, parts = cycle_of(document, id)
    await plan(place, document, id)
    await grade(place, document, id, also_objectives=True)
    await place.done(cycles.close_cycle, cycle="cycle", not_measured_reason=WHY)
    answer = await client.ask(ASKED)
    summary = answer["cycle"]["summary"]
    assert summary["objectiveScores"] == expected(published(held))
    assert summary["keyResultScores"] == expected(published(parts))
    assert summary["aspirational"]["meanScore"] == pytest.approx(mean(published(held)), abs=1e-12)
    tenths_of_objectives, tenths_of_key_results, by_hand = BY_HAND[id]
    assert summary["objectiveScores"]["tenths"] == tenths_of_objectives
    assert summary["keyResultScores"]["tenths"] == tenths_of_key_results
    assert summary["aspirational"]["meanScore"] == pytest.approx(by_hand)
    assert summary["committed"]["objectiveCount"] == 0
    of_team = {
        one["team"]["externalId"]: (one["objectiveCount"], one["aspirational"]["meanScore"])
        for one in summary["byTeam"]
    }
    assert of_team == {
        team: (count, pytest.approx(score)) for team, (count, score) in TEAMS_BY_HAND[id].items()
    }
    check_both_scores(answer["objectives"]["nodes"], held, parts)
    assert await place.verify() == []


def check_both_scores(found: Sequence[Document], held: Sequence[Document], parts: Sequence[Document]) -> None:
    """Check that published scores stand beside computed ones."""
    final = {one["externalId"]: one["finalScore"] for one in found}
    assert final == {row["id"]: row["published_score"] for row in held}
    graded = {part["externalId"]: part for one in found for part in one["keyResults"]}
    for row in parts:
        has_score = row["published_score"] is not None
        computed = HALF if has_score else None
        assert graded[row["id"]] == {
            "externalId": row["id"],
            "score": computed,
            "finalScore": row["published_score"],
            "grade": {"kind": "OVERRIDE" if has_score else "NOT_MEASURED", "computedScore": computed},
        }


async def test_of_a_cycle_with_few_published_scores_the_others_are_not_measured(
    place: Workplace, client: Client
):
    document = real("sourcegraph-2021_q1")
    _, held, parts = cycle_of(document, "C0001")
    await plan(place, document, "C0001")
    few = {**document, "key_results": [row for row in parts if row["published_score"] is not None]}
    await grade(place, few, "C0001", also_objectives=False)
    await place.done(cycles.close_cycle, cycle="cycle", not_measured_reason=WHY)
    summary = (await client.ask(ASKED))["cycle"]["summary"]
    assert summary["keyResultScores"] == expected(published(parts))
    assert summary["keyResultScores"]["tenths"] == [1, 0, 1, 0, 0, 0, 0, 0, 0, 2]
    assert summary["keyResultScores"]["notMeasuredCount"] == 69
    scored: dict[str, list[float]] = {}
    for row in few["key_results"]:
        scored.setdefault(row["objective_id"], []).append(row["published_score"])
    means = [mean(scores) for scores in scored.values()]  # no weight was published
    assert sorted(means) == [0.2, 0.5, 1.0]
    assert summary["objectiveScores"]["scoredCount"] == len(means)
    assert summary["objectiveScores"]["notMeasuredCount"] == len(held) - len(means)
    assert summary["aspirational"]["meanScore"] == pytest.approx(mean(means))
    # What was not measured cannot help: those with other parts that nobody graded are not met.
    alone = Counter(row["objective_id"] for row in parts)
    met = [id for id, scores in scored.items() if mean(scores) * len(scores) / alone[id] >= 0.7]
    assert summary["aspirational"]["metCount"] == len(met)
