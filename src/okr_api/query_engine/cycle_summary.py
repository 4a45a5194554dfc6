"""Summaries of reviewed cycles, in total and by team: facts grouped in SQL, added up by rules of scoring.

Numbers count everything, the same for everybody. The viewer decides which teams are listed: those of which
they see an objective.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.okr.check_in_slots import CheckInSlotState
from okr_api.okr.computed_values import Band, Status
from okr_api.okr.objective import ObjectiveKind
from okr_api.scoring.cycle_summary import (
    CycleSummary,
    EasedFact,
    GuardRailFact,
    ObjectiveFact,
    ScoreDistribution,
    rhythm_of,
)
from okr_api.store.cycle_slots import load_slot_states
from okr_api.store.time_slicing import Batches

from .cycle_alignment import alignment_of_cycles
from .global_ids import digits_of
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree
from .summary_statements import CELEBRATIONS, KEY_RESULTS, LESSONS, OBJECTIVES, REVIEWED
from .visible_statements import fetch_visible

__all__ = ["CELEBRATIONS", "LESSONS", "load_rhythms", "load_summaries"]

MAX_SUMMARY_TEAMS = 200  # that are listed, by name
Place = tuple[str, str | None]  # a cycle and a team, or None for objectives without one
Document = dict[str, Any]


class _Totals:
    """Summaries of cycles and of teams in them, as rows are added; teams by the cycle that they are in."""

    def __init__(self, cycles: Sequence[str]) -> None:
        self.cycles = {id: CycleSummary() for id in cycles}
        self.teams: defaultdict[Place, CycleSummary] = defaultdict(CycleSummary)
        self.names: dict[str | None, str] = {}
        self.shown: set[Place] = set()

    def add_objectives(self, row: Mapping[str, Any]) -> None:
        """Add a row of `OBJECTIVES`."""
        place = row["cycle_id"], row["team_id"]
        self.names[place[1]] = row["team_name"]
        if row["shown"]:
            self.shown.add(place)
        fact = ObjectiveFact(
            ObjectiveKind(row["kind"]),
            row["final_score"],
            row["final_floor"],
            row["coverage"],
            row["guard_rail_broken"],
            _band(row),
            Status(row["outcome"]) if row["outcome"] else None,
            row["count"],
        )
        for summary in (self.cycles[place[0]], self.teams[place]):
            summary.add_objective(fact)

    def add_key_results(self, row: Mapping[str, Any]) -> None:
        """Add a row of `KEY_RESULTS`."""
        for summary in (self.cycles[row["cycle_id"]], self.teams[row["cycle_id"], row["team_id"]]):
            if row["is_scored"]:
                score = row["final_score"]
                summary.key_result_scores.add(score, score, row["count"], band=_band(row))
            if row["is_eased"]:
                summary.add_eased(EasedFact(row["score_at_end"], row["original_score_at_end"], row["count"]))
            if row["is_guard_rail"]:
                fact = GuardRailFact(row["broken_budget"], row["held_share_at_end"], row["count"])
                summary.add_guard_rail(fact)

    def document(self, cycle_id: str, aligned_count: int) -> Document:
        """Return the summary of a cycle as its type reads it."""
        places = sorted(
            (place for place in self.teams if place[0] == cycle_id),
            key=lambda place: (place[1] is None, self.names[place[1]], place[1]),
        )
        shown = [place for place in places if place in self.shown]
        return {
            "id": cycle_id,
            **_numbers(self.cycles[cycle_id]),
            "aligned_count": aligned_count,
            "by_team": [
                {
                    "id": "/".join((cycle_id, team or "")),
                    "team_id": team,
                    **_numbers(self.teams[cycle_id, team]),
                }
                for _, team in shown[:MAX_SUMMARY_TEAMS]
            ],
            "hidden_team_count": len(places) - len(shown),
        }


async def load_summaries(snapshot: Snapshot, keys: Sequence[Any]) -> Mapping[Any, Document]:
    """Return the summaries of those cycles that are in review or closed, by cycle."""
    await snapshot.begin()
    cycles = [row["id"] for row in await snapshot.fetch(REVIEWED, list(dict.fromkeys(keys)))]
    totals = _Totals(cycles)
    for statement, add in ((OBJECTIVES, totals.add_objectives), (KEY_RESULTS, totals.add_key_results)):
        async for batch in Batches(await fetch_visible(snapshot, statement, cycles)):
            for row in batch:
                add(row)
    alignment = await alignment_of_cycles(snapshot, cycles)
    return {id: totals.document(id, alignment[id]["aligned_count"]) for id in cycles}


def _band(row: Mapping[str, Any]) -> Band | None:
    """Return the band that is kept of a closed cycle."""
    return Band(row["band"]) if row["band"] else None


def _numbers(summary: CycleSummary) -> Document:
    """Return the numbers of a summary by the columns of its type."""
    return {
        "objective_count": summary.objective_count,
        "learning_count": summary.learning_count,
        "objective_scores": _scores(summary.objective_scores),
        "key_result_scores": _scores(summary.key_result_scores),
        "committed": _outcomes(summary.committed),
        "aspirational": _outcomes(summary.aspirational) | {"mean_score": summary.aspirational_mean},
        "coverage": summary.coverage,
        "eased_targets": {
            "key_result_count": summary.eased_count,
            "mean_score": summary.eased_mean,
            "mean_original_score": summary.original_mean,
        },
        "guard_rails": {
            "guard_rail_count": summary.guard_rail_count,
            "broken_count": summary.broken_count,
        },
    }


def _scores(scores: ScoreDistribution) -> Document:
    return {
        "tenths": scores.tenths,
        **{f"{band.lower()}_count": scores.bands[band] for band in Band},
        "scored_count": scores.scored_count,
        "not_measured_count": scores.not_measured_count,
        "at_one_count": scores.at_one_count,
        "at_one_share": scores.at_one_share,
        "too_safe": scores.is_too_safe,
    }


def _outcomes(counts: Counter[Status | None]) -> Document:
    return {
        "objective_count": counts.total(),
        "met_count": counts[Status.ACHIEVED],
        "missed_count": counts[Status.MISSED],
        "not_measured_count": counts[None],
    }


async def load_rhythms(snapshot: Snapshot, keys: Sequence[Any]) -> Mapping[Any, Document]:
    """Return how the check-ins of cycles, or of teams in them, were made, by the `id` of their summary."""
    cycles = sorted({key.partition("/")[0] for key in keys})
    async with snapshot.sharing:
        shared = ("rhythms", *cycles)
        if shared not in snapshot.shared:
            snapshot.shared[shared] = await _load_states(snapshot, cycles)
        states: Mapping[Place, Counter[CheckInSlotState]] = snapshot.shared[shared]
    return {key: rhythm_of(_of_key(states, key)) for key in dict.fromkeys(keys)}


def _of_key(states: Mapping[Place, Counter[CheckInSlotState]], key: str) -> Counter[CheckInSlotState]:
    cycle_id, of_team, team_id = key.partition("/")
    if of_team:
        return states.get((cycle_id, team_id or None), Counter())
    return sum((counts for place, counts in states.items() if place[0] == cycle_id), Counter())


async def _load_states(snapshot: Snapshot, cycles: list[str]) -> Mapping[Place, Counter[CheckInSlotState]]:
    """Load the slots of cycles as they are, or as they were when the cycle was closed; count their states."""
    await snapshot.begin()
    rows = SnapshotRows(snapshot)
    organization = (await new_tree(rows)).organization
    ends: dict[UUID, datetime] = {
        UUID(row["id"]): row["closed_at"] or snapshot.now for row in await snapshot.fetch(REVIEWED, cycles)
    }
    found = await load_slot_states(rows, organization, ends)
    return {
        (digits_of(cycle_id), digits_of(team_id) if team_id else None): counts
        for (cycle_id, team_id), counts in found.items()
    }
