"""Random mutations, generated from the schema: any mutation, with inputs that are mostly accepted.

A mutation that is added to the schema is generated without being named here; entities are named by their ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from tests.query_engine.naive import plain_schema

Input = dict[str, Any]
Mutation = tuple[str, Input]

# They change nothing that the past has: tokens, webhooks, and which notifications somebody has read.
NOT_OF_THE_PAST = ("token", "webhook", "notificationsRead")
FREQUENCIES = {  # 1 for all others
    "checkInRecord": 8.0,
    "checkInRecordMany": 3.0,
    "checkInRetract": 2.0,
    "metricReadingRecord": 3.0,
    "metricReadingRetract": 2.0,
    "keyResultUpdate": 6.0,
    "keyResultCreate": 3.0,
    "keyResultGrade": 2.0,
    "objectiveUpdate": 5.0,
    "objectiveCreate": 3.0,
    "objectiveAlign": 3.0,
    "objectiveMove": 2.0,
    "objectiveReplace": 3.0,
    "cyclesGenerate": 0.3,
    "cycleActivate": 2.0,
    "personRemove": 0.3,
}
# What is done next to the same nodes, as it needs what was done.
FOLLOWED_BY = {
    "cycleReview": ("reviewRecord", "objectiveGrade", "keyResultGrade", "cycleClose", "cycleActivate"),
    "keyResultGrade": ("cycleClose",),
    "cycleClose": ("cycleReopen", "cycleRollOver"),
    "cycleReopen": ("cycleActivate",),
    "objectivePause": ("objectiveRestore",),
    "objectiveDrop": ("objectiveRestore",),
    "objectiveAlign": ("objectiveUnalign",),
    "keyResultPause": ("keyResultRestore",),
    "keyResultDrop": ("keyResultRestore",),
    "priorityArchive": ("priorityRestore",),
    "reactionAdd": ("reactionRemove",),
    "experimentStart": ("experimentConclude",),
    "roadblockResolve": ("roadblockReopen",),
    "pulseUpdate": ("pulseOpen",),
    "pulseOpen": ("pulseAnswer", "pulseClose"),
    "checkInDraftUpdate": ("checkInPublish",),
}
RIGHTS = {"visibility", "sharedWith"}
LEFT_OUT = {"id", "idempotencyKey", "expectedVersion", "coachingRulesOff", "dryRun"}
REFERENCES = {
    "delegate": "PERSON",
    "owner": "PERSON",
    "checkInOwner": "PERSON",
    "assignee": "PERSON",
    "contributors": "PERSON",
    "sharedWith": "PERSON",
    "attendees": "PERSON",
    "to": "PERSON",
    "givingTeam": "TEAM",
    "fromCycle": "CYCLE",
    "toCycle": "CYCLE",
    "keyResults": "KEY_RESULT",
    "replyTo": "COMMENT",
    "priorities": "PRIORITY",
}
MEASURES: Sequence[Input] = (
    {"measure": "INCREASE", "startValue": 0, "targetValue": 100},
    {"measure": "INCREASE", "targetValue": 100},
    {"measure": "DECREASE", "startValue": 100, "targetValue": 0},
    {"measure": "AT_LEAST", "targetValue": 50},
    {"measure": "AT_MOST", "targetValue": 50, "judgedBy": "TIME_SHARE"},
    {"measure": "WITHIN", "lowerBound": 20, "upperBound": 60},
    {"measure": "BOOLEAN"},
    {
        "measure": "ZONES",
        "startValue": 0,
        "commitValue": 30,
        "targetValue": 70,
        "stretchValue": 100,
    },
    {
        "measure": "MILESTONES",
        "milestones": [{"name": key.upper(), "key": key, "weight": weight} for key, weight in (("a", 1), ("b", 2), ("c", 0))],
    },
)  # fmt: skip
MEASURE_FIELDS = {"kind", "unit", *(name for one in MEASURES for name in one)}
NUMBERS = {
    "weight": (0.0, 0.5, 1.0, 1.0, 3.0),
    "confidence": (0.1, 0.5, 0.9),
    "startConfidence": (0.2, 0.7),
    "brokenBudget": (0.1, 0.5),
    "score": (0.0, 0.3, 0.7, 1.0),
    "rank": (0.5, 1.0, 2.0, 7.5),
}
WHOLE_NUMBERS = {"answers": (1, 5), "fiscalStartMonth": (1, 12), "year": (2030, 2039)}
VALUES = (-10.0, 0.0, 1.0, 20.0, 35.0, 50.0, 60.0, 99.0, 100.0, 140.0)
WORDS = ("Less", "more", "50% less", "a_b", "漢字", "🙂 up", "It's")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
# Days from today between which a day lies; others as the last.
DAYS = {
    "effectiveOn": (-9, 0),
    "countedFrom": (-40, 0),
    "startedOn": (-20, 0),
    "endedOn": (-5, 0),
    "startsOn": (-20, 40),
    "": (0, 60),
}


@dataclass
class RandomMutations:
    """Generates mutations of what there is: `ids` by type of node, and the measure of each key result."""

    random: Random
    ids: Mapping[str, Sequence[str]]
    measures: Mapping[str, str]
    now: datetime
    today: date
    number: int = 0
    restricts: bool = True  # some objectives are not for everybody
    names: int = 0

    def make(self, former: Mutation | None = None) -> Mutation:
        """Return a random mutation and its input, or one that may follow a former one, of the same nodes."""
        names = FOLLOWED_BY.get(former[0], MUTATIONS) if former else MUTATIONS
        [name] = self.random.choices(names, [self._frequency(one) for one in names])
        made = self.input(_input_of(name))
        if former and name in FOLLOWED_BY.get(former[0], ()):
            kept = {key: value for key, value in former[1].items() if key in _input_of(name).fields}
            made |= {key: value for key, value in kept.items() if isinstance(value, dict) or key == "emoji"}
        return name, made

    @staticmethod
    def _frequency(name: str) -> float:
        return FREQUENCIES.get(name, 0.5 if name.endswith(("Delete", "Remove")) else 1.0)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def input(self, kind: GraphQLInputObjectType) -> Input:
        """Return an input of a type: what it needs, and some of the rest."""
        special = getattr(self, f"_{kind.name}", None)
        if special is not None:
            made: Input = special(kind)
        elif kind.name.endswith("Ref"):
            made = self._one_of(kind)
        else:
            made = self._any(kind)
        return made

    # ── Inputs of special types ──

    def _any(self, kind: GraphQLInputObjectType) -> Input:
        needed = [name for name, field in kind.fields.items() if is_required_input_field(field)]
        left_out = needed + ([] if self.restricts else [*RIGHTS])
        other = [name for name in kind.fields if name not in LEFT_OUT and name not in left_out]
        if kind.name.endswith("UpdateInput"):
            chosen = self.random.sample(other, min(len(other), self.random.randint(1, 3)))
        else:
            chosen = [name for name in other if self.chance(0.4)]
        chosen += [name for name in ("reason", "notMeasuredReason") if name in other and name not in chosen]
        made = {name: self._field(kind, name, needed=True) for name in needed}
        made |= {name: self._field(kind, name) for name in chosen}
        return self._consistent(made)

    @staticmethod
    def _consistent(made: Input) -> Input:
        """Return an input without fields that exclude each other."""
        if "effectiveAt" in made:
            made.pop("effectiveOn", None)
        if made.get("metric"):
            made.pop("formula", None)
        if made.get("priorities"):
            made.pop("standsAloneReason", None)
        if made.get("role") != "GUARD_RAIL":
            made.pop("brokenBudget", None)
        return made

    def _one_of(self, kind: GraphQLInputObjectType) -> Input:
        """Return a reference to one node, of one of several types."""
        name = self.random.choice(
            [name for name in kind.fields if self.ids.get(_type_named(name, kind.name))]
        )
        return {name: self._field(kind, name, needed=True)}

    def _CadenceInput(self, kind: GraphQLInputObjectType) -> Input:
        del kind
        every = self.random.choice((1, 1, 2))
        if self.chance(0.7):
            made: Input = {"weeks": every, "weekday": self.random.choice(("MONDAY", "WEDNESDAY", "SUNDAY"))}
        else:
            made = {"months": every, "day": self.random.choice((1, 15, 31))}
        made |= {"time": self.random.choice(("00:00", "02:15", "17:00"))}
        made |= {"graceDays": self.random.choice((1, 3, 6)), "toleranceDays": self.random.choice((0, 1))}
        return made | ({"locked": True} if self.chance(0.05) else {})

    def _KeyResultCreateInput(self, kind: GraphQLInputObjectType) -> Input:
        made = {name: value for name, value in self._any(kind).items() if name not in MEASURE_FIELDS}
        return made | dict(self.random.choice(MEASURES))

    def _KeyResultUpdateInput(self, kind: GraphQLInputObjectType) -> Input:
        made = {name: value for name, value in self._any(kind).items() if name not in MEASURE_FIELDS}
        if self.chance(0.3):
            made |= self.random.choice(MEASURES)
        elif self.chance(0.4):
            made["targetValue"] = self.random.choice(VALUES)
        return made

    def _check_in(self, kind: GraphQLInputObjectType) -> Input:
        """Return a check-in on a node or a correction, with a value that fits its measure."""
        made = self._any(kind)
        for name in ("keyResult", "objective", "supersedes", "value", "milestonesDone"):
            made.pop(name, None)
        if self.ids["CHECK_IN"] and self.chance(0.15):
            return made | {"supersedes": self._reference("CHECK_IN"), "value": self.random.choice(VALUES)}
        if self.chance(0.2):
            made.pop("confidence", None)
            return made | {"objective": self._reference("OBJECTIVE"), "status": "AT_RISK"}
        key_result = self._reference("KEY_RESULT")
        return made | {"keyResult": key_result} | self._measured(self.measures[key_result["id"]])

    _CheckInRecordInput = _CheckInItemInput = _check_in

    def _measured(self, measure: str) -> Input:
        if measure == "MILESTONES":
            return {"milestonesDone": self.random.choice(([], ["a"], ["a", "b"], ["plan"]))}
        return {"value": self.random.choice((0.0, 1.0) if measure == "BOOLEAN" else VALUES)}

    def _grade(self, kind: GraphQLInputObjectType) -> Input:
        made = self._any(kind)
        made.pop("score", None)
        if made["kind"] == "OVERRIDE":
            made["score"] = self.random.choice(NUMBERS["score"])
        if made["kind"] == "COMPUTED":
            made.pop("reason", None)
        return made | {"replace": True}

    _KeyResultGradeInput = _ObjectiveGradeInput = _grade

    def _MetricReadingRecordInput(self, kind: GraphQLInputObjectType) -> Input:
        made = self._any(kind)
        for name in ("metric", "supersedes"):
            made.pop(name, None)
        if self.ids["METRIC_READING"] and self.chance(0.25):
            return made | {"supersedes": self._reference("METRIC_READING")}
        return made | {"metric": self._reference("METRIC")}

    _MetricReadingItemInput = _MetricReadingRecordInput

    def _CycleRollOverInput(self, kind: GraphQLInputObjectType) -> Input:
        return {name: self._field(kind, name, needed=True) for name in ("fromCycle", "toCycle")}

    def _HolidayCalendarInput(self, kind: GraphQLInputObjectType) -> Input:
        del kind
        return {"country": "DE", "days": [str(self._day("")), str(self._day(""))]}

    # ── Fields ──

    def _field(self, kind: GraphQLInputObjectType, name: str, *, needed: bool = False) -> Any:
        field = kind.fields[name]
        if not needed and kind.name.endswith("UpdateInput") and self.chance(0.1):
            return None if not isinstance(field.type, GraphQLNonNull) else self._value(kind, name)
        if is_list_type(get_nullable_type(field.type)):
            most = 2 if name not in ("milestones", "settings") else 1
            values = [self._value(kind, name) for _ in range(self.random.randint(1, most))]
            return [one for place, one in enumerate(values) if one not in values[:place]]
        return self._value(kind, name)

    def _value(self, kind: GraphQLInputObjectType, name: str) -> Any:
        type_: GraphQLNamedType = get_named_type(kind.fields[name].type)
        match type_:
            case GraphQLInputObjectType(name="EntityRef"):
                return self._reference(_type_named(name, kind.name))
            case GraphQLInputObjectType():
                return self.input(type_)
            case GraphQLEnumType():
                return self.random.choice(list(type_.values))
        makers = {
            "Float": lambda: self.random.choice(NUMBERS.get(name, VALUES)),
            "Int": lambda: self.random.randint(*WHOLE_NUMBERS[name]),
            "Boolean": lambda: self.chance(0.3),
            "Date": lambda: str(self._day(name)),
            "DateTime": lambda: (self.now - timedelta(hours=self.random.choice((0, 1, 24, 72, 300)))).isoformat(),
            "String": lambda: self._text(name),
        }  # fmt: skip
        return makers[type_.name]()

    def _reference(self, node_type: str) -> Input:
        known = self.ids.get(node_type) or ["none"]
        # Few are chosen often, so that much happens to the same.
        recent = known[-4:] if self.chance(0.3) else known[:8] if self.chance(0.5) else known
        return {"id": self.random.choice(recent)}

    def _day(self, name: str) -> date:
        first, last = DAYS.get(name, DAYS[""])
        return self.today + timedelta(days=self.random.randint(first, last))

    def _text(self, name: str) -> str:
        self.names += 1
        unique = f"{self.number}-{self.names}"
        fixed = {
            "externalId": f"x{unique}",
            "email": f"{unique}@acme.example",
            "link": f"https://tracker.example/{unique}",
            "timeZone": self.random.choice(ZONES),
            "language": self.random.choice(("en", "de")),
            "emoji": self.random.choice(("🎉", "👍")),
            "unit": self.random.choice(("tickets", "%", "EUR")),
            "key": self.random.choice("abc"),
        }
        if name in fixed:
            return fixed[name]
        text = f"{self.random.choice(WORDS)} {unique}"
        if name == "text" and self.chance(0.3):
            return f"{text} @[Somebody]({self._reference('PERSON')['id']})"
        return text


def _input_of(mutation: str) -> GraphQLInputObjectType:
    kind = plain_schema().mutation_type
    assert kind is not None
    given = get_named_type(kind.fields[mutation].args["input"].type)
    assert isinstance(given, GraphQLInputObjectType)
    return given


def _type_named(field: str, input: str) -> str:
    """Return the type of the node that a field of an input refers to."""
    if field == "parent":
        return "TEAM" if input.startswith("Team") else "CYCLE"
    if field == "supersedes":
        return "METRIC_READING" if input.startswith("Metric") else "CHECK_IN"
    return REFERENCES.get(field) or "".join(f"_{c}" if c.isupper() else c.upper() for c in field)


def _mutations() -> list[str]:
    kind = plain_schema().mutation_type
    assert kind is not None
    return [name for name in kind.fields if not name.startswith(NOT_OF_THE_PAST)]


MUTATIONS = _mutations()
