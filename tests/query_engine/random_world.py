"""Random organisations, written directly into the tables: reading must handle whatever rows may hold.

Their numbers do not follow from their facts. What matters is nulls, ties, empty lists, texts of every kind,
several parents, deep chains, drafts in between, and ids of what no longer exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import orjson

from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.belonging import MEASURED_TYPES
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.comment import DISCUSSED
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.cycle import CycleState
from okr_api.okr.entities import ATTACHED, ENTITIES, ON_CHECK_INS, PLAIN
from okr_api.okr.entity import Entity, NodeType
from okr_api.okr.entity_fields import EntityField
from okr_api.okr.experiment import ExperimentOutcome, ExperimentState
from okr_api.okr.follow import FOLLOWED
from okr_api.okr.frozen_rules import THRESHOLDS
from okr_api.okr.grade import GradeKind
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import JudgedBy, KeyResultMeasure
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.okr.people import Organization
from okr_api.okr.policy import ObjectiveVisibility, Role
from okr_api.okr.reaction import REACTED
from okr_api.store.bulk_insert import copy_rows
from okr_api.store.change_nodes import repair_listing
from okr_api.store.database import Database
from okr_api.store.tables import metadata
from tests.query_engine.naive_visibility import write_audiences

T = TypeVar("T")
Row = dict[str, Any]
NOW = datetime.now(UTC).replace(microsecond=0)
WORDS = (
    "Grow",
    "grow",
    "GROW",
    "Grün",
    "grÜn",
    "漢字",
    "🙂 up",
    "50% off",
    "a_b",
    "it's",
    '"quoted"',
    "back\\slash",
    "{row}",
    "$1",
    "é",
    "z",
)
FRACTIONS = (0.0, 0.25, 0.5, 0.5, 0.7, 1 / 3, 1.0)
NUMBERS = (0.0, -1.5, 1e15, 1e-9, 0.1, 3.0, 42.0)

CADENCES = [
    Cadence(weeks=2, weekday=Weekday.MONDAY).document,
    Cadence(months=1, day=31, locked=True, counted_from=date(2026, 1, 1)).document,
]
DOCUMENTS = {
    Cadence: CADENCES,
    HolidayCalendar: [HolidayCalendar("DE", None, (date(2026, 1, 5),)).document],
}
RESTRICTED = [str(one) for one in ObjectiveVisibility if one is not ObjectiveVisibility.ORGANIZATION]
VERSIONED = [entity.table for entity in ENTITIES if entity.section and entity.is_versioned]
ON = {"comment": [*DISCUSSED.values()], "reaction": [*REACTED.values()], "follow": [*FOLLOWED.values()]}


@dataclass(frozen=True)
class Sizes:
    """Numbers of rows, and shares."""

    people: int = 5
    teams: int = 4
    cycles: int = 3
    objectives: int = 24
    key_results: int = 36
    check_ins: int = 80
    changes: int = 40
    most_parents: int = 3
    drafts: float = 0.2
    oldest: int = 1  # change that the feed still keeps
    team_members: int = 8
    absences: int = 6
    priorities: int = 4
    metrics: int = 5
    metric_readings: int = 40
    counting: float = 0.0  # share of nodes and alignments that are made to count in what is above them
    initiatives: int = 30
    check_in_drafts: int = 30
    dependencies: int = 40
    comments: int = 50
    reactions: int = 120
    follows: int = 60
    roadblocks: int = 30
    meetings: int = 15
    decisions: int = 40
    experiments: int = 30
    lessons: int = 50
    review_records: int = 10
    pulses: int = 4
    restricted: float = 0.35


SIZES = (
    Sizes(),
    Sizes(objectives=30, most_parents=1, drafts=0.4),
    Sizes(0, 0, 1, 1, 0, 0, 0),
    Sizes(most_parents=6, changes=120, oldest=40),
)


class RandomWorld:
    """Generates the rows of one organisation."""

    def __init__(self, organization: Organization, seed: int, sizes: Sizes) -> None:
        self.organization = organization
        self.random = Random(seed)
        self.sizes = sizes
        self.rows: dict[str, list[Row]] = {}

    # ── Values ──

    def id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))

    def maybe(self, values: Sequence[T], often: float = 0.7) -> T | None:
        return self.random.choice(values) if values and self.random.random() < often else None

    def some(self, values: Sequence[T], most: int) -> list[T]:
        return self.random.sample(values, min(len(values), self.random.randint(0, most)))

    def words(self, most: int = 2) -> str:
        return " ".join(self.random.choices(WORDS, k=self.random.randint(1, most)))

    def instant(self, days: int = 90) -> datetime:
        # Never within a minute of now; ties are likely, microseconds are rare.
        shift = self.random.randint(-days, days) or 1
        fine = timedelta(microseconds=self.random.choice((0, 0, 0, 120_000, 7)))
        return NOW + timedelta(days=shift) + fine

    def day(self, days: int = 90) -> date:
        return self.instant(days).date()

    def timeline(self, prefix: str) -> Row:
        turns = sorted({self.instant() for _ in range(self.random.randint(0, 4))})
        statuses = [str(self.random.choice(list(Status))) for _ in range(len(turns) + 1)]
        names = ("status_turns", "statuses") if prefix == "" else (f"{prefix}_turns", f"{prefix}_statuses")
        return dict(zip(names, (turns, statuses), strict=True))

    def moving(self) -> Row:
        points = self.random.choice((0, 1, 2, 3))
        progress = self.maybe(FRACTIONS, 0.8)
        return {
            "expected_at": sorted(self.instant() for _ in range(points)),
            "expected": sorted(self.random.choice(FRACTIONS) for _ in range(points)),
            "progress": progress,
            "progress_reason": None
            if progress is not None
            else str(self.random.choice(list(ProgressReason))),
            "confidence": self.maybe(FRACTIONS),
            "announced_at": None,
            "score_at_end": self.maybe(FRACTIONS),
            "final_score": self.maybe(FRACTIONS),
            "grade": self.maybe([self._grade()], 0.5),
            "outcome": self.maybe((None, "ACHIEVED", "MISSED"), 0.3),
            "band": self.maybe([str(band) for band in Band], 0.3),
            "imported_score": self.maybe(FRACTIONS, 0.2),
            **self.timeline(""),
            **self.timeline("derived"),
        }

    # ── Rows ──

    def put(self, table: str, count: int, make: Any) -> list[UUID]:
        rows = self.rows.setdefault(table, [])
        for number in range(count):
            row = {
                "organization_id": self.organization.id,
                "id": self.id(),
                "version": self.random.randint(1, 9),
            }
            row["external_id"] = f"{table}-{number}" if self.random.random() < 0.6 else None
            row |= make(number, row["id"])
            rows.append(row | self._others(table, row))
        return [row["id"] for row in rows]

    def made(self) -> dict[str, list[Row]]:
        """Return all rows, those that are referred to first."""
        sizes = self.sizes
        for entity in PLAIN:
            if entity not in ATTACHED:
                self._plain(entity, getattr(sizes, entity.section))
        people, teams = self._ids("person"), self._ids("team")
        metrics = self._ids("metric")
        self.put(
            "metric_reading",
            sizes.metric_readings if metrics else 0,
            lambda *_: self._metric_reading(metrics, people),
        )
        cycles = self.put("cycle", sizes.cycles, self._cycle)
        objectives = self.put(
            "objective", sizes.objectives, lambda *_: self._objective(cycles, people, teams)
        )
        key_results = self.put(
            "key_result",
            sizes.key_results,
            lambda *_: self._key_result(objectives[: len(objectives) * 2 // 3], people),
        )
        for row in self.rows["key_result"]:
            row["formula_part_ids"] = self.some(key_results, 3) if self.random.random() < 0.4 else []
            row["formula_function"] = self.random.choice(("SUM", "MEAN")) if row["formula_part_ids"] else None
        self._alignments(objectives)
        for entity in ATTACHED:
            if entity not in ON_CHECK_INS:
                self._plain(entity, getattr(sizes, entity.section) if objectives else 0)
        self.put(
            "check_in",
            sizes.check_ins,
            lambda _, id: self._check_in(id, key_results[: len(key_results) // 2], people),
        )
        for entity in ON_CHECK_INS:
            self._plain(entity, getattr(sizes, entity.section) if objectives else 0)
        self._replies()
        own: dict[UUID, list[UUID]] = {}
        for row in self.rows["check_in"]:
            own.setdefault(row["key_result_id"] or row["objective_id"], []).append(row["id"])
        for row in [*self.rows["key_result"], *self.rows["objective"]]:
            if row["id"] in own:
                row["latest_check_in_id"] = self.maybe(own[row["id"]], 0.8)
        self._changes()
        self._versions()
        return self.rows

    def _versions(self) -> None:
        """Up to three versions of each definition, whatever its own number says."""
        for table in VERSIONED:
            self.rows[f"{table}_version"] = [
                {**row, "seq": seq, "recorded_at": self.instant()}
                for row in self.rows[table]
                for seq in range(1, self.random.randint(1, 3) + 1)
            ]

    def _ids(self, table: str) -> list[UUID]:
        return [row["id"] for row in self.rows.get(table, ())]

    def _plain(self, entity: Entity, count: int) -> None:
        """Add rows of a plain entity, each field by its type; none where what they must refer to is missing."""
        fields = entity.fields
        needed = [each for each in fields if each.is_required and each.name in entity.references]
        if any(not self._ids(entity.references[each.name].value.lower()) for each in needed):
            count = 0

        def row(*_: Any) -> Row:
            values = {each.name: self._value(entity, each) for each in fields}
            if values.get("starts_on") and values.get("ends_on"):
                values |= zip(
                    ("starts_on", "ends_on"), sorted((values["starts_on"], values["ends_on"])), strict=True
                )
            if entity in ATTACHED:
                values |= self._attached(entity)
            return values | ({"removed": self.random.random() < 0.2} if entity.is_removable else {})

        self.put(entity.table, count, row)
        if entity.unique:
            rows = {tuple(each[name] for name in entity.unique): each for each in self.rows[entity.table]}
            self.rows[entity.table] = list(rows.values())

    def _attached(self, entity: Entity) -> Row:
        """Return the objective or the key result that a row belongs to, and for a dependency what gives it."""
        if entity.table in ON:
            return self._on_one(entity)
        if entity.table in ("meeting", "review_record"):
            return {}
        if entity.table == "pulse":
            return self._asked()
        if entity.table == "experiment":
            return self._tried()
        if entity.table == "lesson":
            return self._learned()
        if entity.table != "dependency":
            return self._one_of("", 0.6 if entity.table == "decision" else 1.0) | self._resolved(entity)
        return self._one_of("needing_", 1.0) | self._one_of("giving_", 0.6)

    def _asked(self) -> Row:
        """Return the questions of a pulse, with the counts of nine answers if these are shown."""
        questions = [self.words() for _ in range(self.random.randint(1, 5))]
        counts = [0, 3, 1, 0, 5] * len(questions)
        return {"questions": questions, "counts": counts if self.random.random() < 0.5 else []}

    def _on_one(self, entity: Entity) -> Row:
        """Return the one node that a comment, a reaction or a follow is on; emoji are few, so that some recur."""
        columns = ON[entity.table]
        there = [name for name in columns if self._ids(entity.references[name].value.lower())]
        on = self.random.choice(there)
        ids = self._ids(entity.references[on].value.lower())
        few = {"emoji": self.random.choice(("🎉", "👍", "❤️"))} if entity.table == "reaction" else {}
        return {**dict.fromkeys(columns), on: self.random.choice(ids), **few} | (
            {"parent_id": None, "mention_ids": self.some(self._ids("person"), 2)}
            if entity.table == "comment"
            else {}
        )

    def _replies(self) -> None:
        """Make some comments replies to earlier ones, on the same node; say what all are about."""
        rows = self.rows["comment"]
        for place, row in enumerate(rows):
            answered = [one for one in rows[:place] if one["parent_id"] is None]
            if answered and self.random.random() < 0.4:
                parent = self.random.choice(answered)
                row |= {name: parent[name] for name in ON["comment"]} | {"parent_id": parent["id"]}
        places = {
            part["id"]: part.get("key_result_id") or part.get("objective_id")
            for node_type in DISCUSSED
            if node_type not in MEASURED_TYPES
            for part in self.rows[node_type.value.lower()]
        }
        for row in rows:
            on = next(row[name] for name in ON["comment"] if row[name] is not None)
            row["about_id"] = places.get(on, on)

    def _resolved(self, entity: Entity) -> Row:
        """Return the state of a roadblock, with when it was resolved if it is."""
        if entity.table != "roadblock":
            return {}
        resolved_at = self.maybe([self.instant()], 0.5)
        return {"state": "RESOLVED" if resolved_at else "OPEN", "resolved_at": resolved_at}

    def _tried(self) -> Row:
        """Return the state of an experiment, with the days and the outcome that it has."""
        state = self.random.choice(list(ExperimentState))
        started_on, ended_on = sorted((self.day(), self.day()))
        over = state in (ExperimentState.CONCLUDED, ExperimentState.ABANDONED)
        outcome = str(self.random.choice(list(ExperimentOutcome)))
        return {
            "state": str(state),
            "started_on": None if state is ExperimentState.PLANNED else started_on,
            "ended_on": ended_on if over else None,
            "outcome": outcome if state is ExperimentState.CONCLUDED else None,
        }

    def _learned(self) -> Row:
        """Return what a lesson is of, perhaps an experiment, and words that no objective has."""
        tried = self.maybe(self.rows["experiment"], 0.3)
        texts = {"title": f"l{self.random.randrange(20)}", "text": self.maybe(["l7"])}
        of = {**self._one_of("", 1.0), "experiment_id": None, "check_in_id": None}
        of["review_record_id"] = None
        if tried:
            of |= {
                "objective_id": None,
                "key_result_id": tried["key_result_id"],
                "experiment_id": tried["id"],
            }
        elif said := self.maybe(self.rows["check_in"], 0.4):
            of |= {name: said[name] for name in ("objective_id", "key_result_id")} | {
                "check_in_id": said["id"]
            }
        elif reviewed := self.maybe(self.rows["review_record"], 0.3):
            of |= {
                "objective_id": reviewed["objective_id"],
                "key_result_id": None,
                "review_record_id": reviewed["id"],
            }
        return of | texts

    def _one_of(self, prefix: str, often: float) -> Row:
        key_result = self.maybe(self._ids("key_result"), often / 2)
        objective = None if key_result else self.maybe(self._ids("objective"), often)
        return {f"{prefix}objective_id": objective, f"{prefix}key_result_id": key_result}

    def _others(self, table: str, row: Row) -> Row:
        """Return the declared fields that the row does not have yet, each by its type."""
        declared = [
            (entity, field) for entity in ENTITIES if entity.table == table for field in entity.fields
        ]
        return {
            field.name: self._value(entity, field)
            for entity, field in declared
            if field.name not in row and not field.is_part
        }

    def _value(self, entity: Entity, field: EntityField) -> Any:
        values: Sequence[Any] = WORDS
        if field.name in entity.references:
            values = self._ids(entity.references[field.name].value.lower())
            if field.is_list:
                return self.some(values, 3)
        elif field.is_document:
            return self.maybe(DOCUMENTS[field.type], 0.4)
        elif field.is_list:
            values = [["0"], []]
        elif field.is_fraction:
            values = FRACTIONS
        elif field.type is datetime:
            values = [self.instant()]
        elif field.type is bool:
            values = (True, True, False)
        elif field.type is float:
            values = NUMBERS
        elif field.type is date:
            values = [self.day()]
        elif issubclass(field.type, StrEnum):
            values = [str(one) for one in field.type]
        elif field.type is date:
            values = [self.day()]
        elif field.type is float:
            values = NUMBERS
        elif field.is_required:
            return self.words()
        return self.random.choice(values) if field.is_required else self.maybe(values)

    def _made_to_count(self, **values: Sequence[Any]) -> Row:
        """Return one of the values of each column, for the share of nodes that are made to count."""
        if not self.sizes.counting or self.random.random() >= self.sizes.counting:
            return {}
        return {name: self.random.choice(some) for name, some in values.items()}

    def _cycle(self, *_: Any) -> Row:
        starts_on = self.day()
        ends_on = starts_on + timedelta(days=self.random.randint(0, 120))
        return {
            "name": self.words(),
            "starts_on": starts_on,
            "ends_on": ends_on,
            "starts_at": datetime(*starts_on.timetuple()[:3], tzinfo=UTC),
            "ends_at": self.instant(),
            "state": str(self.random.choice(list(CycleState))),
            "parent_id": self.maybe(self._ids("cycle")),
            "rules": self._frozen_rules(),
        }

    def _frozen_rules(self) -> Row | None:
        thresholds = {name: self.random.choice((0.1, 0.5)) for name in THRESHOLDS}
        days = {"country": None, "subdivision": None, "days": ["2026-01-02"]}
        rules = {
            "version": self.random.randint(1, 3),
            "at": self.instant().isoformat(),
            "time_zone": self.random.choice(("Asia/Tokyo", "Europe/Berlin")),
            "holiday_calendar": self.maybe([days]),
            "objective_count": self.random.randint(2, 4),
            "aligned_count": self.random.randint(0, 2),
        }
        return self.maybe([rules | thresholds], 0.3)

    def _effective_cadence(self, teams: list[UUID]) -> Row | None:
        source = self.maybe([("TEAM", id) for id in teams], 0.6) or ("ORGANIZATION", self.organization.id)
        document = {"source_type": source[0], "source_id": str(source[1])}
        return document | {"cadence": self.random.choice(CADENCES)} if self.random.random() < 0.4 else None

    def _objective(self, cycles: list[UUID], people: list[UUID], teams: list[UUID]) -> Row:
        others = [state for state in ObjectiveState if state is not ObjectiveState.DRAFT]
        draft = self.random.random() < self.sizes.drafts
        state = "DRAFT" if draft else str(self.random.choice(others))
        return {
            "cycle_id": self.random.choice(cycles),
            "title": self.words(),
            "description": self.maybe(WORDS),
            "kind": str(self.random.choice(list(ObjectiveKind))),
            "state": state,
            "is_dropped_draft": state == "DROPPED" and self.random.random() < 0.5,
            "progress_source": str(self.random.choice(list(ProgressSource))),
            "progress_from": str(self.random.choice([one for one in ProgressSource if one != "AUTO"])),
            "owner_id": self.maybe(people),
            "team_id": self.maybe(teams),
            "contributor_ids": [*self.some(people, 3), *([self.id()] if self.random.random() < 0.1 else [])],
            "visibility": self.random.choice(RESTRICTED)
            if self.random.random() < self.sizes.restricted
            else "ORGANIZATION",
            "shared_with_ids": self.some(people, 2),
            "viewer_ids": None,
            "effective_cadence": self._effective_cadence(teams),
            "priority_ids": self.some([*self._ids("priority"), self.id()], 2)
            if self.random.random() < 0.5
            else [],
            "replaces_id": self.maybe(self._ids("objective"), 0.3),
            "carried_from_id": self.maybe(self._ids("objective"), 0.3),
            "lineage_id": self.maybe(self._ids("objective"), 0.3),
            "lineage": None,
            "stands_alone_reason": self.maybe(WORDS, 0.2),
            "coverage": self.maybe(FRACTIONS),
            "lowest_confidence": self.maybe(FRACTIONS),
            "score_floor": self.maybe(FRACTIONS),
            "final_floor": self.maybe(FRACTIONS),
            "partial": self.random.random() < 0.5,
            "guard_rail_broken": self.random.random() < 0.5,
            "latest_check_in_id": None,
            "reported_confidence": self.maybe(FRACTIONS),
            "reported_status": self.maybe([str(status) for status in ReportedStatus]),
            "reported_until": self.maybe([self.instant()]),
            **self.moving(),
            **self._made_to_count(
                state=("PUBLISHED",), is_dropped_draft=(False,), progress_source=("AUTO", "BOTH", "BOTH")
            ),
        }

    def _key_result(self, objectives: list[UUID], people: list[UUID]) -> Row:
        milestones = [
            {
                "key": str(n),
                "name": self.words(),
                "weight": 1.0,
                "dueOn": day.isoformat() if (day := self.maybe([self.day()], 0.5)) else None,
            }
            for n in range(self.random.choice((0, 0, 3)))
        ]
        values = ("start_value", "target_value", "lower_bound", "upper_bound", "commit_value", "stretch_value", "current_value", "counted_from", "raw_progress")  # fmt: skip
        return {
            "objective_id": self.random.choice(objectives),
            "title": self.words(),
            "description": self.maybe(WORDS),
            "measure": str(self.random.choice(list(KeyResultMeasure))),
            "unit": self.maybe(WORDS),
            "milestones": milestones,
            "milestones_done": self.maybe([["0"], [], ["1", "2"]], 0.5),
            "part_values": None,
            "weight": self.random.choice((0.0, 1.0, 1.0, 2.5)),
            "due_on": self.maybe([self.day()]),
            "owner_id": self.maybe(people),
            "metric_id": self.maybe(self._ids("metric"), 0.5),
            "metric_from": self.maybe([self.day()]),
            "state": str(self.random.choice(list(KeyResultState))),
            "definition": 1,
            "imported_fields": None,
            "created_at": None,
            "latest_check_in_id": None,
            "coverage": self.random.choice((0.0, 1.0)),
            "holds": self.maybe((True, False)),
            "held_share": self.maybe(FRACTIONS),
            "held_share_at_end": self.maybe(FRACTIONS),
            "target_revisions": [self._revision(people) for _ in range(self.random.choice((0, 0, 1, 3)))],
            "formula_function": None,
            "formula_part_ids": [],
            "broken_budget": self.maybe(FRACTIONS),
            "start_confidence": self.maybe(FRACTIONS),
            "labels": self.maybe([["growth"], []], 0.5) or [],
            "carried_from_id": self.maybe(self._ids("key_result"), 0.3),
            "lineage_start_value": self.maybe(FRACTIONS),
            "lineage": None,
            "judged_by": self.maybe([str(one) for one in JudgedBy]),
            "original_progress": self.maybe(FRACTIONS),
            "original_score_at_end": self.maybe(FRACTIONS),
            "reported_status": self.maybe([str(status) for status in ReportedStatus]),
            "reported_until": self.maybe([self.instant()]),
            **{name: self.maybe(NUMBERS) for name in values},
            **self.moving(),
            **self._made_to_count(state=("ACTIVE",), weight=(1.0, 3.0)),
        }

    def _grade(self) -> Row:
        """Return a document of a grade."""
        person = self.maybe(self._ids("person"), 0.7)
        return {
            "kind": str(self.random.choice(list(GradeKind))),
            "score": self.maybe(FRACTIONS),
            "computed_score": self.maybe(FRACTIONS),
            "reason": self.maybe(WORDS),
            "at": self.instant().isoformat(),
            "author_name": self.words(),
            "author_person_id": None if person is None else str(person),
        }

    def _revision(self, people: list[UUID]) -> Row:
        """Return a document of a target revision."""
        values = (
            "start_value",
            "target_value",
            "lower_bound",
            "upper_bound",
            "commit_value",
            "stretch_value",
        )

        def measure() -> Row:
            made = {name: self.maybe(NUMBERS) for name in values}
            step = {"key": "a", "name": self.words(), "weight": 1.0, "dueOn": self.maybe([str(self.day())])}
            return made | {
                "measure": str(self.random.choice(list(KeyResultMeasure))),
                "unit": self.maybe(WORDS),
                "judged_by": self.maybe([str(one) for one in JudgedBy]),
                "milestones": [step] if self.random.random() < 0.3 else [],
            }

        return {
            "at": self.instant().isoformat(),
            "author_name": self.words(),
            "author_person_id": self.maybe([str(id) for id in people]),
            "reason": self.maybe(WORDS),
            "before": measure(),
            "after": measure(),
            "eased": self.random.random() < 0.5,
        }

    def _alignments(self, objectives: list[UUID]) -> None:
        edges: dict[tuple[UUID, UUID], Row] = {}
        place = {id: number for number, id in enumerate(objectives)}
        key_results = self.rows.get("key_result", [])
        for number, child in enumerate(objectives):
            above = objectives[max(0, number - 6) : number]
            through = [row["id"] for row in key_results if place[row["objective_id"]] < number][-9:]
            chosen = self.some([*above, *through], self.sizes.most_parents)
            owners = {row["id"]: row["objective_id"] for row in key_results}
            chosen += [owners[id] for id in chosen if id in owners and self.random.random() < 0.3]
            for parent in chosen:
                direct = parent in place
                edges[(child, parent)] = {
                    "organization_id": self.organization.id,
                    "child_id": child,
                    "parent_id": parent,
                    "parent_objective_id": parent if direct else None,
                    "parent_key_result_id": None if direct else parent,
                    "kind": str(self.random.choice(list(AlignmentKind))),
                    "weight": self.random.choice((0.0, 1.0, 3.0)),
                    **self._made_to_count(kind=("CONTRIBUTES",), weight=(1.0, 2.0)),
                }
        self.rows["alignment"] = list(edges.values())

    def _metric_reading(self, metrics: list[UUID], people: list[UUID]) -> Row:
        earlier = [row for row in self.rows["metric_reading"] if not row.get("taken")]
        corrected = self.maybe(earlier, 0.2)
        if corrected:
            corrected["taken"] = True
        return {
            "metric_id": corrected["metric_id"] if corrected else self.random.choice(metrics),
            "seq": self.random.randint(1, max(1, self.sizes.changes)),
            "place": len(self.rows["metric_reading"]),
            "value": self.maybe(NUMBERS, 0.9),
            "note": self.maybe(WORDS),
            "effective_at": NOW - timedelta(days=self.random.randint(1, 12)),
            "recorded_at": self.instant(),
            "author_name": self.words(),
            "author_person_id": self.maybe(people, 0.5),
            "supersedes_id": corrected["id"] if corrected else None,
            "retraction_reason": "Wrong" if corrected and self.random.random() < 0.4 else None,
        }

    def _check_in(self, id: UUID, key_results: list[UUID], people: list[UUID]) -> Row:
        earlier = [row for row in self.rows["check_in"] if not row.get("taken")]
        corrected = self.maybe(earlier, 0.2)
        on = {"key_result_id": self.random.choice(key_results), "objective_id": None}
        if self.random.random() < 0.3:
            on = {"key_result_id": None, "objective_id": self.random.choice(self._ids("objective"))}
        if corrected:
            corrected["taken"] = True
            on = {name: corrected[name] for name in on}
        return {
            **on,
            "definition": 1,
            "seq": self.random.randint(1, max(1, self.sizes.changes)),
            "place": 0,
            "value": self.maybe(NUMBERS) if on["key_result_id"] else None,
            "milestones_done": self.maybe([["0"], []], 0.2) if on["key_result_id"] else None,
            "confidence": self.maybe(FRACTIONS),
            "status": self.maybe([str(status) for status in ReportedStatus]),
            "note": self.maybe(WORDS),
            "effective_at": NOW - timedelta(days=self.random.randint(1, 12)),
            "recorded_at": self.instant(),
            "author_name": self.words(),
            "author_person_id": self.maybe(people, 0.5),
            "supersedes_id": corrected["id"] if corrected else None,
            "retraction_reason": "Wrong" if corrected and self.random.random() < 0.4 else None,
            "imported_as": None,
            "metric_reading_id": self.maybe(self._ids("metric_reading"), 0.4),
        }

    def _changes(self) -> None:
        nodes: list[tuple[str, UUID]] = [("ORGANIZATION", self.organization.id)]
        for node_type in NodeType:
            nodes += [(str(node_type), id) for id in self._ids(node_type.value.lower())]
        counted = [node for node in nodes if node[0] in ("OBJECTIVE", "KEY_RESULT")]
        self.rows["change"] = [
            {
                "organization_id": self.organization.id,
                "seq": seq,
                "recorded_at": (at := self.instant()),
                "kind": str(self.random.choice([*ChangeKind, *[ChangeKind.STATUS_TURNED] * 15])),
                "author_name": self.words()[: 100 * (seq % 7)],
                "author_person_id": self.maybe(self._ids("person"), 0.5),
                "due_at": None if seq % 3 else at,
                "node_type": (node := self.random.choice(nodes))[0],
                "node_id": node[1] if self.random.random() < 0.95 else self.id(),
                "fields": self.some(["title", "weight", "state"], 2),
                "reason": self.maybe(WORDS, 0.3),
                "deltas": orjson.dumps([self._delta(*one) for one in self.some(counted, 4)]).decode(),
                "check_in_ids": self.some(self._ids("check_in"), 3),
                "related_ids": [id for _, id in self.some(counted, 2)],
                "token_id": None,
                "request_id": None,
            }
            for seq in range(self.sizes.oldest, self.sizes.changes + 1)
        ]
        seqs = self.some([change["seq"] for change in self.rows["change"]], self.sizes.changes // 3)
        self.rows["visibility_change"] = [
            self._visibility_change(seq, *node) for seq in seqs for node in self.some(counted, 2)
        ]

    def _visibility_change(self, seq: int, node_type: str, node_id: UUID) -> Row:
        people = [*self._ids("person"), self.id()]
        return {
            "organization_id": self.organization.id,
            "seq": seq,
            "node_id": node_id,
            "new_role": str(self.random.choice(("", "", *Role))),
            "node_type": node_type,
            "viewers_before": self.some(people, 3) if self.random.random() < 0.7 else None,
            "viewers_after": self.some(people, 3) if self.random.random() < 0.7 else None,
            "was_unpublished": self.random.random() < 0.3,
            "is_unpublished": self.random.random() < 0.3,
        }

    def _delta(self, node_type: str, node_id: UUID) -> Row:
        sources: list[Any] = [str(source) for source in ProgressSource] if node_type == "OBJECTIVE" else []
        return {
            "node_type": node_type,
            "node_id": str(node_id),
            "before": self.maybe(FRACTIONS),
            "after": self.maybe(FRACTIONS),
            "status_before": str(self.random.choice(list(Status))),
            "status_after": str(self.random.choice(list(Status))),
            "source_before": self.maybe(sources),
            **{
                f"{name}_{side}": self.maybe(FRACTIONS)
                for name in ("confidence", "coverage", "value")
                for side in ("before", "after")
            },
            "source_after": self.maybe(sources, 1),
        }


async def fill(database: Database, organization: Organization, seed: int, sizes: Sizes) -> None:
    """Write a random world into an empty organisation."""
    rows = RandomWorld(organization, seed, sizes).made()
    async with database.writing(organization.id) as connection:
        for table, some in rows.items():
            await copy_rows(connection, metadata.tables[table], some, {})
        await repair_listing(connection, organization.id)
        await write_audiences(connection, organization.id)
        await connection.execute(
            "update feed_head set seq = $2, oldest_seq = $3 where organization_id = $1",
            organization.id,
            sizes.changes,
            sizes.oldest,
        )
