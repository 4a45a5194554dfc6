"""Naive summaries of cycles: every objective and key result looked at one by one, and plain sums of lists."""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tests.query_engine.naive import Naive

Row = Mapping[str, Any]
MOST_TEAMS = 200
ABOUT = 1e-9
EXPECTED = {"COMMITTED": 1.0, "ASPIRATIONAL": 0.7}


def mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None


Score = tuple[
    float | None, float | None, str | None
]  # with its floor, and the band that a closed cycle has kept


def band(floor: float) -> str:
    """Return the band of a floor."""
    return "GREEN" if floor >= 0.7 - ABOUT else "RED" if floor < 0.4 - ABOUT else "YELLOW"


def distribution(scores: Sequence[Score]) -> dict[str, Any]:
    """Return how scores are distributed."""
    known = [score for score, _, _ in scores if score is not None]
    bands = [
        kept or (None if floor is None else band(floor)) for score, floor, kept in scores if score is not None
    ]
    tenths = [0] * 10
    for score in known:
        place = max(place for place in range(10) if place == 0 or score >= place / 10 - ABOUT)
        tenths[place] += 1
    at_one = sum(score >= 1 - ABOUT for score in known)
    share = at_one / len(known) if known else None
    return {
        "tenths": tenths,
        "red_count": bands.count("RED"),
        "yellow_count": bands.count("YELLOW"),
        "green_count": bands.count("GREEN"),
        "scored_count": len(known),
        "not_measured_count": len(scores) - len(known),
        "at_one_count": at_one,
        "at_one_share": share,
        "too_safe": share is not None and share > 0.75 + ABOUT,
    }


def expected(row: Row) -> str | None:
    """Return the outcome that an objective will have."""
    if row["final_score"] is None or row["final_floor"] is None:
        return None
    met = row["final_floor"] >= EXPECTED[row["kind"]] - ABOUT and not row["guard_rail_broken"]
    return "ACHIEVED" if met else "MISSED"


def outcomes(rows: Sequence[Row]) -> dict[str, Any]:
    """Return how many objectives of one kind met what is expected of it."""
    said = [row["outcome"] or expected(row) for row in rows]
    return {
        "objective_count": len(rows),
        "met_count": said.count("ACHIEVED"),
        "missed_count": said.count("MISSED"),
        "not_measured_count": said.count(None),
    }


def numbers(naive: "Naive", rows: Sequence[Row]) -> dict[str, Any]:
    """Return the numbers of a summary of objectives."""
    judged = [row for row in rows if row["kind"] != "LEARNING"]
    bold = [row for row in judged if row["kind"] == "ASPIRATIONAL"]
    kinds = {row["id"]: row["kind"] for row in rows}
    parts = [
        row for row in naive.tables["KeyResult"] if row["objective_id"] in kinds and row["state"] == "ACTIVE"
    ]
    counting = [row for row in parts if row["weight"] > 0]
    eased = [row for row in counting if any(one["eased"] for one in row["target_revisions"])]
    both = [
        (row["score_at_end"], row["original_score_at_end"])
        for row in eased
        if row["score_at_end"] is not None and row["original_score_at_end"] is not None
    ]
    rails = [row for row in parts if row["role"] == "GUARD_RAIL"]
    broken = [
        row
        for row in rails
        if row["broken_budget"] is not None
        and row["held_share_at_end"] is not None
        and 1 - row["held_share_at_end"] > row["broken_budget"] + ABOUT
    ]
    scored = [
        (row["final_score"], row["final_score"], row["band"])
        for row in counting
        if kinds[row["objective_id"]] != "LEARNING"
    ]
    finals = [row["final_score"] for row in bold if row["final_score"] is not None]
    return {
        "objective_count": len(rows),
        "learning_count": len(rows) - len(judged),
        "coverage": mean([row["coverage"] or 0.0 for row in rows]),
        "objective_scores": distribution(
            [(row["final_score"], row["final_floor"], row["band"]) for row in judged]
        ),
        "key_result_scores": distribution(scored),
        "committed": outcomes([row for row in judged if row["kind"] == "COMMITTED"]),
        "aspirational": {**outcomes(bold), "mean_score": mean(finals)},
        "eased_targets": {
            "key_result_count": len(eased),
            "mean_score": mean([score for score, _ in both]),
            "mean_original_score": mean([original for _, original in both]),
        },
        "guard_rails": {"guard_rail_count": len(rails), "broken_count": len(broken)},
    }


def summary(naive: "Naive", cycle: Row) -> Row | None:
    """Return the summary of a cycle; None before it is in review."""
    if cycle["state"] not in ("REVIEW", "CLOSED"):
        return None
    counted = naive.counted_in(cycle["id"])
    teams: dict[UUID | None, list[Row]] = {}
    for row in counted:
        teams.setdefault(row["team_id"], []).append(row)
    named = sorted((naive.find("Team", id)["name"], id) for id in teams if id is not None)
    in_order = [id for _, id in named] + ([None] if None in teams else [])
    seen = [id for id in in_order if any(not naive.hidden("Objective", row) for row in teams[id])]
    return {
        "id": cycle["id"],
        **numbers(naive, counted),
        "aligned_count": naive.alignment(cycle).row["aligned_count"],
        "by_team": [{"team_id": id, **numbers(naive, teams[id])} for id in seen[:MOST_TEAMS]],
        "hidden_team_count": len(teams) - len(seen),
    }
