"""Coaching by the naive reader: the same rules, on what whole tables say of an objective, a draft or a cycle."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from okr_api.coaching.advice import Advice
from okr_api.coaching.coach import advise
from okr_api.coaching.lexicon import lexicon_of
from okr_api.coaching.subject import (
    CyclePlan,
    KeyResultPlan,
    NodeName,
    ObjectivePlan,
    OwnerLoad,
    ParentPlan,
    Subject,
    TeamLoad,
    TitlePair,
    UnknownReference,
    WaitingDraft,
)
from okr_api.coaching.title import Title
from okr_api.okr.entity import NodeType
from okr_api.okr.measure import KeyResultMeasure, Milestone
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.people import Language
from okr_api.query_engine.global_ids import decode_id

Row = Mapping[str, Any]
NODE_TYPES = {"Person": NodeType.PERSON, "Team": NodeType.TEAM, "Cycle": NodeType.CYCLE, "Objective": NodeType.OBJECTIVE, "KeyResult": NodeType.KEY_RESULT, "Priority": NodeType.PRIORITY, "Metric": NodeType.METRIC}  # fmt: skip
OPEN, EDITABLE, PLANNED = ("DRAFT", "PUBLISHED"), ("DRAFT", "PUBLISHED", "PAUSED"), ("DRAFT", "ACTIVE")


class Coach:
    """Advises one actor; `fail` raises the error with a code, and `owner_of` finds where an alignment leads."""

    def __init__(self, naive: Any, fail: Callable[[str], Exception]) -> None:
        self.naive = naive
        self.fail = fail
        self.unknown: list[UnknownReference] = []
        self.seen: list[Row] = naive.all("Objective")

    # ── What is asked ──

    def of_objective(self, row: Row) -> list[Row]:
        cycle = self.naive.find("Cycle", row["cycle_id"])
        if row["state"] not in EDITABLE or cycle["state"] not in PLANNED:
            return []
        node = _name(NodeType.OBJECTIVE, row["id"])
        parents = self.parents(row)
        plan = ObjectivePlan(
            title=row["title"],
            has_description=row["description"] is not None,
            kind=ObjectiveKind(row["kind"]),
            has_owner=row["owner_id"] is not None,
            key_results=tuple(
                self.key_result(one)
                for one in self.naive.tables["KeyResult"]
                if one["objective_id"] == row["id"] and one["state"] == "ACTIVE"
            ),
            parents=tuple(ParentPlan(up["title"], _name(NodeType.OBJECTIVE, up["id"])) for up in parents),
            has_children=bool(self.naive.children(row)),
            priorities=len(self.naive.served_priorities(row)),
            stands_alone_reason=row["stands_alone_reason"],
            days_as_draft=self.days_as_draft(row, cycle),
            node=node,
        )
        place = {name: row[name] for name in ("id", "title", "team_id", "owner_id", "cycle_id", "state")}
        return self.rows(self.around(place, plan, cycle, parents))

    def of_key_result(self, row: Row) -> list[Row]:
        whole = self.of_objective(self.naive.find("Objective", row["objective_id"]))
        return [one for one in whole if one["node_id"] == row["id"].hex]

    def of_cycle(
        self, row: Row, teamId: str | None = None, teamExternalId: str | None = None
    ) -> list[Row] | None:
        if teamId is not None and teamExternalId is not None:
            raise self.fail("INVALID_INPUT")
        team = None
        if teamId is not None or teamExternalId is not None:
            team = self.referred(
                "Team", {"id": teamId} if teamId is not None else {"externalId": teamExternalId}
            )
            if team is None:
                return None
        if row["state"] not in PLANNED:
            return []
        here = [one for one in self.seen if one["cycle_id"] == row["id"]]
        of_team = [one for one in here if team is None or one["team_id"] == team["id"]]
        teams = sorted({one["team_id"] for one in of_team if one["team_id"]})
        owners = sorted({one["owner_id"] for one in of_team if one["owner_id"] and one["state"] in OPEN})
        drafts = [one for one in of_team if one["state"] == "DRAFT"]
        subject = Subject(
            cycle=self.cycle(row),
            teams=tuple(self.team(id, row["id"], past=False) for id in teams),
            owners=tuple(self.owner(id, row["id"]) for id in owners),
            pairs=tuple(self.same_titles(here, of_team)),
            drafts=tuple(
                WaitingDraft(
                    one["title"], self.days_as_draft(one, row) or 0, _name(NodeType.OBJECTIVE, one["id"])
                )
                for one in drafts
            ),
        )
        return self.rows(subject)

    def of_draft(self, draft: Mapping[str, Any]) -> list[Row]:
        found: dict[str, Any] = {}
        self.unknown = []
        key_results = draft.get("keyResults") or []
        if any(not 0 <= (one.get("confidence") or 0) <= 1 for one in key_results):
            raise self.fail("INVALID_INPUT")
        for name, type_name in (
            ("cycle", "Cycle"),
            ("team", "Team"),
            ("owner", "Person"),
            ("objective", "Objective"),
        ):
            if draft.get(name) and (row := self.known(type_name, draft[name], name)):
                found[name] = row
        parents = []
        for name, type_name in (("objective", "Objective"), ("keyResult", "KeyResult")):
            if (draft.get("parent") or {}).get(name):
                row = self.known(type_name, draft["parent"][name], "parent", name)
                if row is not None:
                    up = row if name == "objective" else self.naive.find("Objective", row["objective_id"])
                    parents = [up]
        metrics: dict[int, Row] = {}
        for at, one in enumerate(key_results):
            for name in ("owner", "checkInOwner"):
                if one.get(name):
                    self.known("Person", one[name], "keyResults", at, name)
            if one.get("metric") and (row := self.known("Metric", one["metric"], "keyResults", at, "metric")):
                metrics[at] = row
        named = [
            self.known("Priority", one, "priorities", at)
            for at, one in enumerate(draft.get("priorities") or [])
        ]
        served = self.naive.served([up["id"] for up in parents], [row["id"] for row in named if row])
        cycle, saved = found.get("cycle"), found.get("objective")
        plan = ObjectivePlan(
            title=(draft.get("title") or "").strip(),
            has_description=bool(draft.get("description")),
            kind=ObjectiveKind(draft.get("kind") or "COMMITTED"),
            has_owner="owner" in found,
            key_results=tuple(_drafted(one, metrics.get(at)) for at, one in enumerate(key_results)),
            parents=tuple(ParentPlan(up["title"], _name(NodeType.OBJECTIVE, up["id"])) for up in parents),
            has_children=saved is not None and self.is_editable(saved) and bool(self.naive.children(saved)),
            priorities=sum(row["id"] in served for row in self.naive.all("Priority")),
            stands_alone_reason=draft.get("standsAloneReason"),
        )
        place = {
            "id": saved and saved["id"],
            "title": plan.title,
            "team_id": found.get("team", {}).get("id"),
            "owner_id": found.get("owner", {}).get("id"),
            "cycle_id": cycle and cycle["id"],
            "state": "DRAFT",
        }
        subject = self.around(place, plan, cycle, parents, drafted=plan.kind)
        return self.rows(
            replace(subject, unknown=tuple(sorted(self.unknown, key=lambda one: [*map(str, one.path)])))
        )

    # ── Surroundings ──

    def around(
        self,
        place: Row,
        plan: ObjectivePlan,
        cycle: Row | None,
        parents: Sequence[Row],
        *,
        drafted: ObjectiveKind | None = None,
    ) -> Subject:
        """Return the subject at a place; a draft of the kind `drafted` counts in place of the one it edits."""
        team, owner, here = place["team_id"], place["owner_id"], place["cycle_id"]
        counts = place["state"] in OPEN and not self.is_part(place, parents)
        without = place["id"] if drafted else None
        more = (int(bool(drafted)), int(drafted is ObjectiveKind.ASPIRATIONAL))
        return Subject(
            objective=plan,
            cycle=None if cycle is None else self.cycle(cycle),
            teams=(self.team(team, here, without, more),) if team and here and counts else (),
            owners=(self.owner(owner, here, without, int(bool(drafted))),) if owner and here else (),
            pairs=tuple(
                TitlePair(
                    Title(place["title"]),
                    Title(other["title"]),
                    plan.node,
                    _name(NodeType.OBJECTIVE, other["id"]),
                )
                for other in self.seen
                if here
                and other["cycle_id"] == here
                and other["id"] != place["id"]
                and other["state"] in EDITABLE
            ),
            objectives_above=self.above(team, here) if team and here else 0,
            has_priorities=any(row["state"] == "ACTIVE" for row in self.naive.all("Priority")),
        )

    def parents(self, row: Row) -> list[Row]:
        """Return the visible objectives that it is aligned to, each alignment by itself."""
        edges = [one for one in self.naive.tables["Alignment"] if one["child_id"] == row["id"]]
        ids = sorted(self.naive.owner_of(one) for one in edges)
        return [one for id in ids for one in self.seen if one["id"] == id]

    def is_part(self, row: Row, parents: Sequence[Row]) -> bool:
        """Return whether one of the parents is an open objective of its team and cycle."""
        return row["team_id"] is not None and any(
            (up["team_id"], up["cycle_id"]) == (row["team_id"], row["cycle_id"]) and up["state"] in OPEN
            for up in parents
        )

    def is_editable(self, row: Row) -> bool:
        return row["state"] in EDITABLE and self.naive.find("Cycle", row["cycle_id"])["state"] in PLANNED

    def team(
        self, id: UUID, cycle: UUID, without: Any = None, more: tuple[int, int] = (0, 0), past: bool = True
    ) -> TeamLoad:
        own = [
            one
            for one in self.seen
            if (one["team_id"], one["cycle_id"]) == (id, cycle)
            and one["state"] in OPEN
            and one["id"] != without
        ]
        counted = [one for one in own if not self.is_part(one, self.parents(one))]
        closed = [
            one["score_at_end"]
            for one in reversed(self.seen)
            if one["team_id"] == id
            and (one["kind"], one["state"]) == ("ASPIRATIONAL", "CLOSED")
            and one["score_at_end"] is not None
        ][:20]
        closed = closed if past else []
        return TeamLoad(
            self.naive.find("Team", id)["name"],
            len(counted) + more[0],
            sum(one["kind"] == "ASPIRATIONAL" for one in counted) + more[1],
            len(closed),
            sum(score >= 1 for score in closed),
            _name(NodeType.TEAM, id),
        )

    def owner(self, id: UUID, cycle: UUID, without: Any = None, more: int = 0) -> OwnerLoad:
        own = [
            one
            for one in self.seen
            if (one["owner_id"], one["cycle_id"]) == (id, cycle)
            and one["state"] in OPEN
            and one["id"] != without
        ]
        return OwnerLoad(self.naive.find("Person", id)["name"], len(own) + more, _name(NodeType.PERSON, id))

    def above(self, team: UUID, cycle: UUID) -> int:
        """Return the number of objectives of the teams above, in the cycle and those that enclose it."""
        teams, cycles = set(self.upwards("Team", team)) - {team}, set(self.upwards("Cycle", cycle))
        return sum(
            one["team_id"] in teams and one["cycle_id"] in cycles and one["state"] in OPEN
            for one in self.seen
        )

    def upwards(self, type_name: str, id: UUID | None) -> Iterator[UUID]:
        passed: set[UUID] = set()
        while id is not None and id not in passed:
            yield id
            passed.add(id)
            id = self.naive.find(type_name, id)["parent_id"]

    def same_titles(self, here: Sequence[Row], of_team: Sequence[Row]) -> Iterator[TitlePair]:
        """Yield the pairs of equal titles: each further objective of a title with the first, groups by that."""
        groups: dict[str, list[Row]] = {}
        for one in here:
            if one["state"] in EDITABLE:
                groups.setdefault(one["title"].lower(), []).append(one)
        for group in groups.values():
            if any(one in of_team for one in group):
                first = group[0]
                for other in group[1:10]:
                    yield TitlePair(
                        Title(other["title"]),
                        Title(first["title"]),
                        _name(NodeType.OBJECTIVE, other["id"]),
                        _name(NodeType.OBJECTIVE, first["id"]),
                    )

    # ── Values ──

    def cycle(self, row: Row) -> CyclePlan:
        begin, end = row["starts_at"], row["ends_at"]
        elapsed = (self.naive.now - begin) / (end - begin) if end > begin else 1.0
        return CyclePlan(row["starts_on"], row["ends_on"], max(0.0, min(1.0, elapsed)))

    def days_as_draft(self, row: Row, cycle: Row) -> int | None:
        if row["state"] != "DRAFT":
            return None
        since: datetime = max(self.naive.recorded["Objective", row["id"]][0], cycle["starts_at"])
        return max((self.naive.now - since).days, 0)

    def key_result(self, row: Row) -> KeyResultPlan:
        names = ("title", "description", "unit", "target_value", "lower_bound", "upper_bound", "commit_value", "stretch_value", "weight", "due_on", "confidence", "current_value")  # fmt: skip
        return KeyResultPlan(
            measure=KeyResultMeasure(row["measure"]),
            start_value=row["counted_from"] if row["start_value"] is None else row["start_value"],
            milestones=tuple(_milestone(one) for one in row["milestones"]),
            progress=row["progress"] if row["coverage"] else None,
            is_guard_rail=row["role"] == "GUARD_RAIL",
            metric=row["metric_id"] and row["metric_id"].hex,
            node=_name(NodeType.KEY_RESULT, row["id"]),
            **{name: row[name] for name in names},
        )

    def referred(self, type_name: str, reference: Mapping[str, Any]) -> Any:
        """Return the visible row that a reference names, or None."""
        if reference.get("externalId") is not None:
            return next((one for one in self.naive.all(type_name) if one["external_id"] == reference["externalId"]), None)  # fmt: skip
        decoded = decode_id(reference["id"])
        if decoded is None or decoded[0] is not NODE_TYPES[type_name]:
            return None
        return next((one for one in self.naive.all(type_name) if one["id"] == decoded[1]), None)

    def known(self, type_name: str, reference: Mapping[str, Any], *path: str | int) -> Row | None:
        """Return the row that a draft refers to; note the reference if there is none."""
        found: Row | None = self.referred(type_name, reference)
        if found is None:
            self.unknown.append(UnknownReference(path, NODE_TYPES[type_name]))
        return found

    def rows(self, subject: Subject) -> list[Row]:
        """Return the advice on a subject as rows of `Advice`."""
        [organization] = self.naive.tables["Organization"]
        lexicon = lexicon_of(Language(organization["language"]))
        return [_row(subject, one) for one in advise(subject, lexicon, organization["coaching_rules_off"])]


def _name(type: NodeType, id: UUID) -> NodeName:
    return NodeName(type, id.hex)


def _milestone(document: Row) -> Milestone:
    day = document.get("dueOn")
    return Milestone(document.get("key") or "", document["name"], due_on=day and date.fromisoformat(day))


def _drafted(draft: Row, metric: Any) -> KeyResultPlan:
    start, target, measure = draft.get("startValue"), draft.get("targetValue"), draft.get("measure")
    if measure is None and start is not None and target is not None:
        measure = "DECREASE" if target < start else "INCREASE"
    due_on = draft.get("dueOn")
    return KeyResultPlan(
        title=(draft.get("title") or "").strip(),
        measure=measure and KeyResultMeasure(measure),
        description=draft.get("description"),
        unit=(draft.get("unit") or "").strip() or None,
        start_value=start,
        target_value=target,
        lower_bound=draft.get("lowerBound"),
        upper_bound=draft.get("upperBound"),
        milestones=tuple(_milestone(one) for one in draft.get("milestones") or []),
        weight=1.0 if draft.get("weight") is None else draft["weight"],
        due_on=due_on and date.fromisoformat(due_on),
        confidence=draft.get("confidence"),
        is_guard_rail=draft.get("role") == "GUARD_RAIL",
        metric=metric and metric["id"].hex,
    )


def _row(subject: Subject, advice: Advice) -> Row:
    node, path = advice.node, [str(step) for step in advice.path]
    objective = subject.objective
    if node is None and objective is not None and objective.node is not None:
        node = objective.node
        if path[0] == "keyResults" and len(path) > 1:
            node, path = objective.key_results[int(path[1])].node, path[2:]
    return {
        "rule": advice.rule,
        "severity": str(advice.severity),
        "message": advice.message,
        "suggestion": advice.suggestion,
        "source": str(advice.source),
        "path": path,
        "node_type": node and node.type,
        "node_id": node and node.id,
        "related_type": advice.related and advice.related.type,
        "related_id": advice.related and advice.related.id,
    }
