"""Naive answers on the cascade: paths, double counts, eased targets and the number of objectives below."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import fsum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import decode_id

if TYPE_CHECKING:
    from tests.query_engine.naive import Naive

Row = Mapping[str, Any]
MOST_LISTED, MOST_PATHS, MOST_PARTS = 100, 20, 20
Ranked = list[tuple[float, list[tuple[UUID, float]]]]
COUNTING = ("PUBLISHED", "CLOSED")


class Cascade:
    """Answers from whole tables; only objectives of the `cycles` are on paths, if they are given."""

    def __init__(self, naive: "Naive", cycles: Iterable[UUID] | None = None) -> None:
        self.naive = naive
        self.cycles = None if cycles is None else set(cycles)
        self.known: dict[UUID, dict[UUID, float]] = {}

    def is_within(self, objective_id: UUID) -> bool:
        cycle_id = self.naive.find("Objective", objective_id)["cycle_id"]
        return self.cycles is None or cycle_id in self.cycles

    def shares(self, objective_id: UUID) -> dict[UUID, float]:
        """Return the shares of the parts of an objective; looked up once."""
        if objective_id not in self.known:
            self.known[objective_id] = self._shares(objective_id)
        return self.known[objective_id]

    def _shares(self, objective_id: UUID) -> dict[UUID, float]:
        objective = self.naive.find("Objective", objective_id)
        mine = {
            row["id"]: row
            for row in self.naive.tables["KeyResult"]
            if row["objective_id"] == objective_id and row["state"] == "ACTIVE" and row["weight"] > 0
        }
        source = objective["progress_source"]
        if source == "AUTO":
            source = "KEY_RESULTS" if mine else "OBJECTIVES"
        weights: dict[UUID, float] = {}
        parts: dict[UUID, Row] = {}
        if source != "OBJECTIVES":
            weights |= {id: row["weight"] for id, row in mine.items()}
            parts |= mine
        for edge in self.naive.tables["Alignment"] if source != "KEY_RESULTS" else ():
            child = self.naive.find("Objective", edge["child_id"])
            counts = edge["kind"] == "CONTRIBUTES" and edge["weight"] > 0 and child["state"] in COUNTING
            if counts and edge["parent_id"] in (objective_id, *mine):
                parts[child["id"]] = child
                weights[child["id"]] = max(edge["weight"], weights.get(child["id"], 0.0))
        of_lineage: dict[UUID, Row] = {}
        for child in (row for row in parts.values() if "lineage_id" in row):
            lineage = child["lineage_id"] or child["id"]
            of_lineage[lineage] = max(child, of_lineage.get(lineage, child), key=self.naive.newest)
        newest = {row["id"] for row in of_lineage.values()}
        parts = {id: row for id, row in parts.items() if "lineage_id" not in row or id in newest}
        known = {
            id: weights[id]
            for id, row in parts.items()
            if row["progress"] is not None or row["progress_reason"] == "NOT_MEASURED"
        }
        return {id: weight / fsum(known.values()) for id, weight in known.items()}

    def above(self, node_id: UUID) -> list[UUID]:
        """Return the objectives in whose progress a node counts directly."""
        key_result = self.naive.find("KeyResult", node_id)
        if key_result is not None:
            parents = {key_result["objective_id"]}
        else:
            parents = {up for child, up in self.naive.edges(["CONTRIBUTES"]) if child == node_id}
        return [id for id in parents if self.is_within(id) and node_id in self.shares(id)]

    def all_above(self, node_id: UUID) -> list[UUID]:
        """Return all in whose progress a node counts."""
        found: list[UUID] = []
        waiting = self.above(node_id)
        while waiting:
            found += [id for id in dict.fromkeys(waiting) if id not in found]
            waiting = [up for one in waiting for up in self.above(one) if up not in found]
        return found

    def arriving(self, start: UUID, objective_id: UUID) -> dict[UUID, tuple[float, int]]:
        """Return what arrives of a node at an objective by each of its parts: share and number of paths."""
        found: dict[UUID, tuple[float, int]] = {}
        if not self.is_within(objective_id):
            return found
        for part, share in self.shares(objective_id).items():
            reached, paths = self.reach(start, part)
            if paths:
                found[part] = (share * reached, paths)
        return found

    def reach(self, start: UUID, node_id: UUID) -> tuple[float, int]:
        """Return the share of a node in another, and by how many paths."""
        if node_id == start:
            return 1.0, 1
        if self.naive.find("Objective", node_id) is None:
            return 0.0, 0
        found = self.arriving(start, node_id).values()
        return fsum(share for share, _ in found), sum(paths for _, paths in found)

    def ranked(self, start: UUID, node_id: UUID) -> Ranked:
        """Return all paths with their steps, the largest share first."""
        if node_id == start:
            return [(1.0, [])]
        if self.naive.find("Objective", node_id) is None:
            return []
        shares = self.shares(node_id)
        found = [
            (shares[part] * share, part, rank, [*steps, (part, shares[part])])
            for part in shares
            for rank, (share, steps) in enumerate(self.ranked(start, part))
        ]
        return [(share, steps) for share, _, _, steps in sorted(found, key=lambda one: (-one[0], *one[1:3]))]

    # ── Fields ──

    def paths(self, node: Row, ancestor_id: UUID) -> Row:
        share, count = self.reach(node["id"], ancestor_id) if node["id"] != ancestor_id else (0.0, 0)
        paths = self.ranked(node["id"], ancestor_id)[:MOST_PATHS] if count else []
        return {
            "ancestor_id": ancestor_id,
            "total_share": share,
            "path_count": count,
            "paths": [{"share": share, "steps": self.visible_steps(steps)} for share, steps in paths],
        }

    def visible_steps(self, steps: list[tuple[UUID, float]]) -> list[dict[str, Any]]:
        """Return the steps; a hidden one is passed by within the visible one before it."""
        told: list[dict[str, Any]] = []
        for id, share in steps:
            if told and self.is_hidden(id):
                told[-1]["share"] *= share
                told[-1]["hidden_count"] += 1
            else:
                told.append({**self.named(id), "share": share, "hidden_count": 0})
        return told

    def is_hidden(self, id: UUID) -> bool:
        """Return whether the actor does not see an objective or a key result."""
        named = [(type_name, self.naive.find(type_name, id)) for type_name in ("Objective", "KeyResult")]
        return any(row is not None and self.naive.hidden(type_name, row) for type_name, row in named)

    def named(self, id: UUID) -> Row:
        node_type = NodeType.KEY_RESULT if self.naive.find("KeyResult", id) else NodeType.OBJECTIVE
        return {"node_type": node_type, "node_id": id.hex}

    def double_counts(self, cycle: Row) -> Row:
        """Return what counts twice in objectives of a cycle."""
        found = [*self.several_paths(cycle["id"]), *self.shared_metrics(cycle["id"])]
        found.sort(
            key=lambda one: (
                -one["total_share"], one["kind"], one["ancestor_id"], one["objective_id"] or one["metric_id"]
            )
        )  # fmt: skip
        seen = [
            one
            for one in found
            if not any(one[name] and self.is_hidden(one[name]) for name in ("ancestor_id", "objective_id"))
        ]
        return {
            "nodes": seen[:MOST_LISTED], "total_count": len(found), "hidden_count": len(found) - len(seen)
        }  # fmt: skip

    def several_paths(self, cycle_id: UUID) -> list[dict[str, Any]]:
        found = []
        for row in self.naive.tables["Objective"]:
            if not self.is_within(row["id"]) or row["state"] not in COUNTING:
                continue
            for ancestor in self.told_above(row["id"], cycle_id):
                first = [id for id in self.above(row["id"]) if id == ancestor or self.reach(id, ancestor)[1]]
                parts = self.arriving(row["id"], ancestor)
                if len(first) > 1 and len(parts) > 1:
                    found.append(self.told("SEVERAL_PATHS", ancestor, parts) | {"objective_id": row["id"]})
        return found

    def shared_metrics(self, cycle_id: UUID) -> list[dict[str, Any]]:
        found = []
        for metric in self.naive.tables["Metric"]:
            bound = [
                row["id"]
                for row in self.naive.tables["KeyResult"]
                if row["metric_id"] == metric["id"]
                and self.is_within(row["objective_id"])
                and self.naive.find("Objective", row["objective_id"])["state"] in COUNTING
            ]
            for ancestor in {up for id in bound for up in self.told_above(id, cycle_id)}:
                parts = {id: reach for id in bound if (reach := self.reach(id, ancestor))[1]}
                through = {part for id in parts for part in self.arriving(id, ancestor)}
                if len(parts) > 1 and len(through) > 1:
                    found.append(self.told("SHARED_METRIC", ancestor, parts) | {"metric_id": metric["id"]})
        return found

    def told_above(self, node_id: UUID, cycle_id: UUID) -> list[UUID]:
        """Return the ancestors in which double counts are told."""
        rows = [self.naive.find("Objective", id) for id in self.all_above(node_id)]
        return [row["id"] for row in rows if row["cycle_id"] == cycle_id and row["state"] in COUNTING]

    def told(self, kind: str, ancestor: UUID, parts: Mapping[UUID, tuple[float, int]]) -> dict[str, Any]:
        in_order = sorted(parts.items(), key=lambda one: (-one[1][0], one[0]))
        seen = [(id, of) for id, of in in_order if not self.is_hidden(id)]
        return {
            "kind": kind,
            "ancestor_id": ancestor,
            "objective_id": None,
            "metric_id": None,
            "total_share": fsum(share for share, _ in parts.values()),
            "path_count": sum(paths for _, paths in parts.values()),
            "part_count": len(parts),
            "hidden_part_count": len(parts) - len(seen),
            "parts": [
                {**self.named(id), "share": share, "path_count": paths}
                for id, (share, paths) in seen[:MOST_PARTS]
            ],
        }

    def eased_targets(self, cycle: Row) -> Row:
        """Return the revisions that eased targets in a cycle, the latest first."""
        eased: list[tuple[Any, ...]] = []
        for row in self.naive.tables["KeyResult"]:
            holder = self.naive.find("Objective", row["objective_id"])
            if holder["cycle_id"] != cycle["id"] or holder["state"] == "DRAFT" or holder["is_dropped_draft"]:
                continue
            eased += [
                (datetime.fromisoformat(one["at"]), row["id"], place, one)
                for place, one in enumerate(row["target_revisions"])
                if one["eased"]
            ]
        eased.sort(key=lambda one: (-one[0].timestamp(), one[1], -one[2]))
        seen = [{"key_result_id": id, "revision": one} for _, id, _, one in eased if not self.is_hidden(id)]
        return {
            "nodes": seen[:MOST_LISTED], "total_count": len(eased), "hidden_count": len(eased) - len(seen)
        }  # fmt: skip

    def descendant_count(self, objective: Row) -> int:
        down = [(parent, child) for child, parent in self.naive.edges()]
        below = self.naive.reach([objective["id"]], down) - {objective["id"]}
        rows = [self.naive.find("Objective", id) for id in below]
        return sum(row["state"] != "DRAFT" and not row["is_dropped_draft"] for row in rows)


def cascade_in(naive: "Naive", cycle: Row) -> Cascade:
    """Return the cascade of a cycle and of those that it encloses."""
    down = [(row["parent_id"], row["id"]) for row in naive.tables["Cycle"] if row["parent_id"]]
    return Cascade(naive, naive.reach([cycle["id"]], down))


def named_objective(naive: "Naive", to: str | None, external_id: str | None) -> UUID | None:
    """Return the id of the visible objective that the arguments name."""
    for row in naive.all("Objective"):
        if external_id is not None and row["external_id"] == external_id:
            return row["id"]  # type: ignore[no-any-return]
        if to is not None and decode_id(to) == (NodeType.OBJECTIVE, row["id"]):
            return row["id"]  # type: ignore[no-any-return]
    return None
