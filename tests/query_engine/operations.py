"""Random queries, generated from the schema: fields, aliases, fragments, directives, variables, arguments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_operation_ast,
    is_abstract_type,
    is_leaf_type,
    parse,
    validate,
)

from okr_api.graphql.document_limits import check_document
from okr_api.graphql.query_cost import OperationCost, TooComplex
from okr_api.graphql.schema import schema
from okr_api.okr.entities import ENTITIES as REGISTRY
from okr_api.okr.entity import NodeType
from okr_api.query_engine.cursors import encode_cursor, list_id, position_of
from okr_api.query_engine.field_sources import Ordering
from okr_api.query_engine.global_ids import encode_id
from tests.query_engine.naive import TABLES, Row, plain_schema

DEEPEST = 6
TOLD = "told: seq"  # selects, under this key, the position at which the response is true
ROOTS = {
    "objectives": 6,
    "objective": 4,
    "keyResults": 4,
    "objectiveTree": 4,
    "changes": 4,
    "checkIns": 3,
    "people": 2,
    "teams": 2,
    "metrics": 3,
    "initiatives": 3,
    "absences": 2,
    "dependencies": 3,
    "roadblocks": 3,
    "meetings": 2,
    "decisions": 3,
    "experiments": 3,
    "lessons": 0,  # its arguments: see tests/graphql/test_lessons.py
    "reviewRecords": 2,
    "cycles": 2,
    "priorities": 2,
    "nodes": 3,
    "keyResult": 2,
    "currentCycle": 2,
    "digest": 0,  # see tests/graphql/test_digest.py
    "myWork": 0,  # see tests/graphql/test_my_work.py
    "checkInAgenda": 0,  # see tests/graphql/test_check_in_agenda.py
    "simulate": 0,  # see tests/graphql/test_simulate.py, and for arguments `asOf` test_as_of.py
    "commentPreview": 0,  # see tests/graphql/test_comment_preview.py
    "tokens": 0,  # for admins only; see tests/graphql/test_tokens.py
    "webhook": 0,  # the same; see tests/graphql/test_webhooks.py
    "webhooks": 0,
    "webhookDryRun": 0,
}
NODE_TYPES = {entity.type_name for entity in REGISTRY}
CONNECTIONS = {"people": "Person", "teams": "Team", "cycles": "Cycle", "objectives": "Objective", "keyResults": "KeyResult", "checkIns": "CheckIn", "priorities": "Priority", "metrics": "Metric", "initiatives": "Initiative", "absences": "Absence", "dependencies": "Dependency", "roadblocks": "Roadblock", "meetings": "Meeting", "decisions": "Decision", "experiments": "Experiment", "lessons": "Lesson", "reviewRecords": "ReviewRecord"}  # fmt: skip
ENTITIES = {"cycle": "Cycle", "team": "Team", "owner": "Person", "author": "Person", "objective": "Objective", "keyResult": "KeyResult", "priority": "Priority", "metric": "Metric", "person": "Person", "needingObjective": "Objective", "needingTeam": "Team", "needingKeyResult": "KeyResult", "givingObjective": "Objective", "givingTeam": "Team", "delegate": "Person", "escalatedTo": "Person", "meeting": "Meeting", "experiment": "Experiment", "pulse": "Pulse", "reviewRecord": "ReviewRecord"}  # fmt: skip
# Random numbers do not add up, so they cannot be explained or projected, and random changes are of anything:
# see test_explain.py, test_forecasts.py, test_histories.py and test_adjustments.py in tests/graphql.
# Nor do versions say what is in force: see tests/services/test_cadences.py.
# Whom changes told is stored when they are made: see tests/graphql/test_notifications.py. What is computed of
# texts and readings: see test_lessons.py, test_related_lessons.py and test_experiments.py there; of outcomes:
# test_calibration.py.
ELSEWHERE = {
    "notifications",
    "notificationSettings",
    "highlights",
    "relatedLessons",
    "measuredEffect",
    "calibration",
    "explain",
    "forecast",
    "history",
    "adjustments",
    "checkInSlots",
    "nextCheckInDueAt",
    "onTimeShare",
    "rhythm",
}
BARE_PAGES = {  # without filters and orders
    ("Person", "checkInDrafts"), ("Objective", "checkInDrafts"), ("KeyResult", "checkInDrafts"),
    ("Measured", "checkInDrafts"),
    ("Metric", "readings"),
    ("CycleSummary", "celebrations"), ("CycleSummary", "lessons"),
    ("CycleAlignment", "prioritiesWithoutObjectives"), ("CycleAlignment", "teamsWithoutObjectives"),
    ("Objective", "comments"), ("KeyResult", "comments"), ("CheckIn", "comments"), ("Measured", "comments"),
    ("Roadblock", "comments"), ("Decision", "comments"), ("Experiment", "comments"), ("Lesson", "comments"),
    ("ReviewRecord", "comments"),
    ("Comment", "replies"), ("Objective", "followers"), ("KeyResult", "followers"), ("Measured", "followers"),
    ("Team", "followers"), ("Person", "follows"),
}  # fmt: skip


@dataclass
class Operation:
    """A query with its variables."""

    text: str
    variables: dict[str, Any]
    others: list[dict[str, Any]] = field(default_factory=list)
    """Other valid values of the variables."""


@dataclass
class Operations:
    """Generates queries for the given tables."""

    tables: Mapping[str, list[Row]]
    random: Random
    budget: int = 0
    definitions: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    anew: dict[str, Callable[[], Any]] = field(default_factory=dict)
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    names: int = 0
    only_roots: bool = False  # only root fields have arguments with variables, and no directive has one

    def make(self, *, told: bool = False) -> Operation:
        """Return a valid query; with `told`, it selects the position as well."""
        schema = plain_schema()
        while True:
            self.definitions, self.fragments, self.variables, self.said = [], [], {}, {}
            self.anew, self.only_roots = {}, self.chance(0.5)
            self.names, self.budget = 0, self.random.choice((10, 25, 60))
            assert schema.query_type is not None
            selected = self.selection(schema.query_type, 0)
            if told or self.chance(0.3):
                inside = selected.removeprefix("{").removesuffix("}")
                selected = "{ " + " ".join(self.random.sample([TOLD, inside], 2)) + " }"
            variables = f"({', '.join(self.definitions)})" if self.definitions else ""
            text = "\n".join([f"query Q{variables} {selected}", *self.fragments])
            document = parse(text)
            if not validate(schema, document) and may_be_asked(document, self.variables):
                others = [self.other_variables() for _ in range(1 if self.variables else 0)]
                others = [one for one in others if one != self.variables and may_be_asked(document, one)]
                return Operation(text, self.variables, others)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # ── Selections ──

    def selection(self, kind: Any, depth: int, *, aliased: bool = False) -> str:
        """Return a selection set of a type."""
        parts = []
        for _ in range(self.random.randint(1, 3 if depth == 0 else 5)):
            if self.chance(0.12):
                parts.append(self.fragment(kind, depth, aliased=aliased))
            elif isinstance(kind, GraphQLUnionType):
                parts.append(self.narrowed(kind, depth))
            else:
                parts.append(self.field(kind, depth, aliased=aliased))
        if is_abstract_type(kind) and self.chance(0.8):
            parts.append(self.narrowed(kind, depth))
        return "{ " + " ".join(parts) + " }"

    def field(self, kind: GraphQLObjectType | GraphQLInterfaceType, depth: int, *, aliased: bool) -> str:
        """Return a field, perhaps with an alias or a directive."""
        if depth and self.chance(0.05):
            return f"{self.name('t')}: __typename" if self.chance(0.5) else "__typename"
        name = self.choice_of(kind, depth)
        one = kind.fields[name]
        self.budget -= 1
        plain = not aliased or name == "id"
        alias = "" if plain and self.chance(0.7) else f"{self.name('a')}: "
        arguments = self.arguments(kind, name, one, known=not alias)
        inner = get_named_type(one.type)
        selected = "" if is_leaf_type(inner) else " " + self.selection(inner, depth + 1)
        return f"{alias}{name}{arguments}{self.directive()}{selected}"

    def choice_of(self, kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        """Choose a field: relations as often as leaves, and large root fields more often than small ones."""
        leaves = [name for name, one in kind.fields.items() if is_leaf_type(get_named_type(one.type)) and name not in ELSEWHERE]  # fmt: skip
        relations = [name for name in kind.fields if name not in leaves and name not in ELSEWHERE]
        if kind.name == "Query":
            return self.random.choices(list(kind.fields), [ROOTS.get(name, 1) for name in kind.fields])[0]
        if not relations or (leaves and (depth >= DEEPEST or self.budget <= 0 or self.chance(0.5))):
            return self.random.choice(leaves)
        return self.random.choice(relations)

    def narrowed(self, kind: Any, depth: int) -> str:
        """Return a fragment on one of the types of an abstract one."""
        possible = self.random.choice(plain_schema().get_possible_types(kind))
        return f"... on {possible.name}{self.directive()} {self.selection(possible, depth + 1, aliased=True)}"

    def fragment(self, kind: Any, depth: int, *, aliased: bool) -> str:
        """Return a fragment on the same type, or on Node where that fits; inline or named."""
        node = kind.name in NODE_TYPES and self.chance(0.3)
        on = plain_schema().type_map["Node"] if node else kind
        selected = self.selection(on, depth + 1, aliased=aliased)
        if self.chance(0.4):
            name = self.name("F")
            self.fragments.append(f"fragment {name} on {on.name} {selected}")
            return " ".join([f"...{name}{self.directive()}"] * (2 if self.chance(0.2) else 1))
        condition = f" on {on.name}" if node or self.chance(0.5) else ""
        return f"...{condition}{self.directive()} {selected}"

    def directive(self) -> str:
        """Return a directive by a literal or a variable; mostly none."""
        if not self.chance(0.08):
            return ""
        which = self.random.choice(("include", "skip"))
        value = self.chance(0.5)
        if self.only_roots or self.chance(0.5):
            return f" @{which}(if: {str(value).lower()})"
        return f" @{which}(if: {self.variable('Boolean!', value, lambda: self.chance(0.5))})"

    def other_variables(self) -> dict[str, Any]:
        """Return other values for the variables; those that are not required may be left out."""
        variables = dict(self.variables)
        for definition in self.definitions:
            name, _, kind = definition.removeprefix("$").partition(": ")
            made = self.anew[name]()
            if made is not None:
                variables[name] = made
            elif not kind.endswith("!"):
                del variables[name]
        return variables

    def variable(self, kind: str, value: Any, anew: Callable[[], Any]) -> str:
        name = self.name("v")
        self.anew[name] = anew
        self.definitions.append(f"${name}: {kind}")
        self.variables[name] = value
        return f"${name}"

    # ── Arguments ──

    def arguments(self, kind: Any, name: str, one: GraphQLField, *, known: bool) -> str:
        """Return arguments in parentheses; the same ones wherever a field has no alias."""
        if not one.args:
            return ""
        place = (kind.name, name)
        if known and place in self.said:
            return self.said[place]
        values = self.values(kind.name, name)
        parts = []
        for argument, value in values.items():
            given = one.args[argument].type
            if self.only_roots and kind.name != "Query":
                written = self.literal(given, value)
            elif self.chance(0.4):
                anew = partial(self.value, kind.name, name, argument)
                written = self.variable(str(given), value, anew)
            else:
                written = self.literal(given, value, varied=True)
            parts.append(f"{argument}: {written}")
        said = f"({', '.join(parts)})" if parts else ""
        if known:
            self.said[place] = said
        return said

    def value(self, kind: str, name: str, argument: str) -> Any:
        """Return another value of one argument of a field, or None."""
        return self.values(kind, name).get(argument)

    def values(self, kind: str, name: str) -> dict[str, Any]:
        """Return values for the arguments of a field."""
        if (kind, name) in BARE_PAGES:
            return {self.random.choice(("first", "last")): self.random.choice((1, 2, 3, 7, 100))}
        if kind == "Priority":
            within = self.cycle() if name == "progress" or self.chance(0.5) else {}
            return within if name == "progress" else within | self.page("Objective", listing=False)
        if (kind, name) in (("Person", "teams"), ("Team", "members")):
            return self.page("TeamMembership", listing=False)
        if name == "unaligned":
            return self.page("Objective", listing=False)
        if name == "objectives" and kind in ("Team", "Person") and self.chance(0.5):
            return self.cycle() | self.page("Objective", listing=False)
        if (kind, name) == ("Team", "dependencies"):
            side = {"side": self.random.choice(("GIVING", "NEEDING"))} if self.chance(0.7) else {}
            return side | self.page("Dependency", listing=False)
        if name in CONNECTIONS:
            return self.page(CONNECTIONS[name], listing=kind == "Query")
        match name:
            case "activity":
                return self.activity(kind)
            case "coach":
                return {"draft": self.draft()}
            case "coaching":
                return self.team()
            case "paths":
                return self.ancestor()
            case "node":
                return {"id": self.any_id()}
            case "nodes":
                return {"ids": [self.any_id() for _ in range(self.random.randint(0, 6))]}
            case "objectiveTree":
                return self.tree()
            case "currentCycle":
                days = [row["starts_on"].isoformat() for row in self.tables["Cycle"]]
                return {"on": self.random.choice(days)} if days and self.chance(0.7) else {}
            case "changes":
                filter = self.changes_filter() if self.chance(0.5) else None
                latest = max((row["seq"] for row in self.tables["Change"]), default=0)
                values = {"after": self.random.randint(0, latest + 2)}
                values |= {"first": self.random.choice((1, 3, 100))} if self.chance(0.6) else {}
                return values | ({"filter": filter} if filter else {})
        type_name = name[0].upper() + name[1:]
        external = [row["external_id"] for row in self.tables[type_name] if row["external_id"]]
        if external and self.chance(0.4):
            return {"externalId": self.random.choice(external)}
        return {"id": self.any_id() if self.chance(0.1) else self.id(type_name)}

    def activity(self, kind: str) -> dict[str, Any]:
        """Return arguments of an activity; random instants follow no order, so that none is named."""
        values: dict[str, Any] = {self.random.choice(("first", "last")): self.random.choice((1, 3, 30))}
        if kind in ("Objective", "KeyResult", "Measured", "Team") and self.chance(0.4):
            values["isDirect"] = self.chance(0.5)
        filter: dict[str, Any] = {}
        if self.chance(0.3):
            kinds = [row["kind"] for row in self.tables["Change"]]
            filter["kinds"] = self.random.sample(kinds, min(5, len(kinds)))
        if self.chance(0.2):
            filter["nodeTypes"] = [self.random.choice(["OBJECTIVE", "KEY_RESULT", "CHECK_IN"])]
        if self.chance(0.2):
            filter["authorIds"] = [self.id("Person"), self.any_id()]
        return values | ({"filter": filter} if filter else {})

    def cycle(self) -> dict[str, Any]:
        """Return arguments that name a cycle."""
        external = [row["external_id"] for row in self.tables["Cycle"] if row["external_id"]]
        if external and self.chance(0.4):
            return {"cycleExternalId": self.random.choice([*external, "none"])}
        return {"cycleId": self.any_id() if self.chance(0.1) else self.id("Cycle")}

    def tree(self) -> dict[str, Any]:
        """Return arguments of a tree: where it starts, what narrows it, or both."""
        starts = {"cycle": "Cycle"} if self.chance(0.6) else {"root": "Objective"}
        others = {"team": "Team", "person": "Person", "priority": "Priority"}
        some = self.random.sample(list(others), self.random.randint(1, 2)) if self.chance(0.5) else []
        named = (starts if not some or self.chance(0.6) else {}) | {of: others[of] for of in some}
        values: dict[str, Any] = {"depth": self.random.randint(0, 4)} if self.chance(0.4) else {}
        for of, type_name in named.items():
            external = [row["external_id"] for row in self.tables[type_name] if row["external_id"]]
            if external and self.chance(0.3):
                values[f"{of}ExternalId"] = self.random.choice([*external, "none"])
            else:
                values[f"{of}Id"] = self.id(type_name)
        if "team" in named or self.chance(0.02):
            values["includeSubteams"] = self.chance(0.5)
        return values

    def ancestor(self) -> dict[str, Any]:
        """Return arguments that name an objective to which paths may lead."""
        external = [row["external_id"] for row in self.tables["Objective"] if row["external_id"]]
        if external and self.chance(0.4):
            return {"toExternalId": self.random.choice([*external, "none"])}
        return {"to": self.any_id() if self.chance(0.1) else self.id("Objective")}

    def team(self) -> dict[str, Any]:
        """Return arguments that name a team, or none."""
        external = [row["external_id"] for row in self.tables["Team"] if row["external_id"]]
        if self.chance(0.3):
            return {"teamExternalId": self.random.choice([*external, "none"])}
        return {"teamId": self.id("Team")} if self.chance(0.4) else {}

    def draft(self) -> dict[str, Any]:
        """Return a draft that refers to rows, with titles and values of others."""
        named = {"cycle": "Cycle", "team": "Team", "owner": "Person", "objective": "Objective"}
        draft: dict[str, Any] = {"title": self.text("Objective", "title")}
        draft |= {name: self.reference(type_name) for name, type_name in named.items() if self.chance(0.5)}
        if self.chance(0.3):
            parent, type_name = self.random.choice((("objective", "Objective"), ("keyResult", "KeyResult")))
            draft["parent"] = {parent: self.reference(type_name)}
        draft |= {"kind": "ASPIRATIONAL"} if self.chance(0.4) else {}
        draft |= {"priorities": [self.reference("Priority")]} if self.chance(0.3) else {}
        draft |= {"standsAloneReason": "On purpose"} if self.chance(0.2) else {}
        draft["keyResults"] = [self.key_result() for _ in range(self.random.randint(0, 4))]
        return draft

    def key_result(self) -> dict[str, Any]:
        """Return a key result of a draft."""
        measures = ("INCREASE", "DECREASE", "AT_MOST", "WITHIN", "BOOLEAN", "MILESTONES", "ZONES")
        values = ("startValue", "targetValue", "lowerBound", "upperBound")
        made: dict[str, Any] = {"title": self.text("KeyResult", "title")}
        made |= {"measure": self.random.choice(measures)} if self.chance(0.7) else {}
        made |= {name: self.random.choice((0.0, 10.0, 42.5)) for name in values if self.chance(0.5)}
        made |= {"confidence": self.random.choice((0.2, 1.0))} if self.chance(0.4) else {}
        made |= {"owner": self.reference("Person")} if self.chance(0.2) else {}
        made |= {"checkInOwner": self.reference("Person")} if self.chance(0.2) else {}
        made |= {"metric": self.reference("Metric")} if self.chance(0.3) else {}
        made |= {"role": "GUARD_RAIL"} if self.chance(0.3) else {}
        made |= {"milestones": [{"name": "A"}, {"name": "B"}]} if self.chance(0.2) else {}
        return made | ({"dueOn": "2026-10-31"} if self.chance(0.2) else {})

    def text(self, type_name: str, column: str) -> str:
        """Return a text of some row."""
        rows = self.tables[type_name]
        return str(self.random.choice(rows)[column]) if rows and self.chance(0.9) else ""

    def reference(self, type_name: str) -> dict[str, str]:
        """Return a reference to a row, mostly to one that exists."""
        external = [row["external_id"] for row in self.tables[type_name] if row["external_id"]]
        if external and self.chance(0.5):
            return {"externalId": self.random.choice(external)}
        return {"id": self.id(type_name)}

    def id(self, type_name: str) -> str:
        """Return the id of a row of that type; rarely one that does not exist."""
        [node_type] = [entity.node_type for entity in REGISTRY if entity.type_name == type_name]
        rows = self.tables[type_name]
        id = (
            self.random.choice(rows)["id"]
            if rows and self.chance(0.95)
            else UUID(int=self.random.getrandbits(128))
        )
        return encode_id(node_type, id)

    def any_id(self) -> str:
        if self.chance(0.05):
            return self.random.choice(("", "obj_", "obj_xyz", "nothing", "zzz_" + "0" * 32))
        return self.id(self.random.choice(sorted(NODE_TYPES)))

    def page(self, type_name: str, *, listing: bool) -> dict[str, Any]:
        """Return the arguments of a page: from either end, perhaps with cursors, an order and a filter."""
        values: dict[str, Any] = {}
        if self.chance(0.8):
            values[self.random.choice(("first", "last"))] = self.random.choice((1, 2, 3, 7, 100))
        column, order = None, Ordering()
        if type_name == "CheckIn":
            order = Ordering(descending=True)
        if type_name == "Priority":
            column, order = "rank", Ordering(name="RANK")
        if type_name == "Meeting":
            column, order = "held_at", Ordering(descending=True, name="HELD_AT")
        if self.chance(0.5):
            orders = plain_schema().type_map[f"{type_name}OrderField"]
            assert isinstance(orders, GraphQLEnumType)
            by = self.random.choice(list(orders.values))
            values["orderBy"] = {"field": by} | (
                {"direction": self.random.choice(("ASC", "DESC"))} if self.chance(0.7) else {}
            )
            column = None if by == "CREATED_AT" else by.lower()
            order = Ordering(descending=values["orderBy"].get("direction") == "DESC", name=by)
        for end in ("after", "before") if listing else ():  # a nested list has other cursors for each parent
            if self.tables[type_name] and self.chance(0.25):
                row = self.random.choice(self.tables[type_name])
                of = list_id(f"{type_name}Connection", order)
                values[end] = encode_cursor(of, position_of(row[column]) if column else None, row["id"])
        if self.chance(0.5 if listing else 0.3):
            values["filter"] = self.filter(type_name, plain_schema().type_map[f"{type_name}Filter"], 0)
        return values

    def changes_filter(self) -> dict[str, Any]:
        known = self.tables["Change"]
        filter: dict[str, Any] = {}
        if known and self.chance(0.5):
            filter["kinds"] = [self.random.choice(known)["kind"] for _ in range(self.random.randint(0, 9))]
        if self.chance(0.5):
            filter["nodeTypes"] = [str(one) for one in self.random.sample(list(NodeType), 3)]
        if self.chance(0.5):
            filter["nodeId"] = self._id_in_feed() if self.chance(0.7) else self.any_id()
        if self.chance(0.5 if "nodeId" in filter else 0.05):
            filter["isDirect"] = self.chance(0.5)
        return filter

    def _id_in_feed(self) -> str:
        """Return the id of a node that some change touches, hidden or not, if there is one."""
        touched = [
            id
            for row in self.tables["Change"]
            for id in (row["node_id"], *row["related_ids"], *(UUID(one["node_id"]) for one in row["deltas"]))
        ]
        return encode_id(NodeType.OBJECTIVE, self.random.choice(touched)) if touched else self.any_id()

    # ── Filters ──

    def filter(self, type_name: str, kind: Any, depth: int) -> dict[str, Any]:
        """Return a filter with values taken from rows, so that some match and some do not."""
        assert isinstance(kind, GraphQLInputObjectType)
        names = [name for name in kind.fields if depth < 2 or name not in ("and", "or", "not")]
        said: dict[str, Any] = {}
        for name in self.random.sample(names, self.random.randint(1, min(2, len(names)))):
            if name in ("and", "or"):
                said[name] = [
                    self.filter(type_name, kind, depth + 1) for _ in range(self.random.randint(0, 3))
                ]
            elif name == "not":
                said[name] = self.filter(type_name, kind, depth + 1)
            else:
                said[name] = self.comparator(type_name, name, get_named_type(kind.fields[name].type))
        return said

    def comparator(self, type_name: str, name: str, kind: Any) -> Any:
        """Return a comparator with one or two comparisons, or a Boolean."""
        if is_leaf_type(kind):
            return self.chance(0.5)
        said: dict[str, Any] = {}
        for how in self.random.sample(list(kind.fields), self.random.randint(1, min(2, len(kind.fields)))):
            listed = isinstance(kind.fields[how].type, GraphQLList)
            if how == "isNull":
                said[how] = self.chance(0.5)
            elif how == "id":
                said[how] = self.comparator(type_name, name, get_named_type(kind.fields[how].type))
            elif listed:
                said[how] = [
                    self.compared(type_name, name, kind, how) for _ in range(self.random.randint(0, 3))
                ]
            else:
                said[how] = self.compared(type_name, name, kind, how)
        return said

    def compared(self, type_name: str, name: str, kind: Any, how: str) -> Any:
        """Return a value to compare with."""
        given = get_named_type(kind.fields[how].type)
        if isinstance(given, GraphQLEnumType):
            return self.random.choice(list(given.values))
        if kind.name == "EntityFilter":
            of = ENTITIES.get(name, type_name)
            known = [row["external_id"] for row in self.tables[of] if row["external_id"]]
            return self.random.choice(known) if known else "none"
        if kind.name == "IDComparator":
            return self.any_id() if self.chance(0.1) else self.id(ENTITIES.get(name, type_name))
        column = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
        if name in ("label", "tag"):
            values: list[Any] = [one for row in self.tables[type_name] for one in row[f"{name}s"]]
        else:
            values = [row[column] for row in self.tables[type_name] if row[column] is not None]
        if kind.name == "NumberComparator":
            return self.random.choice(values) if values else 0.5
        if kind.name == "DateTimeComparator":
            return self.random.choice(values).isoformat() if values else "2026-10-01T12:00:00Z"
        if kind.name == "DateComparator":
            return self.random.choice(values).isoformat() if values else "2026-10-01"
        text = self.random.choice(values) if values else "x"
        if how in ("contains", "startsWith"):
            end = self.random.randint(0, len(text))
            text = text[:end] if how == "startsWith" or self.chance(0.5) else text[end:].upper()
        return text

    # ── Literals ──

    def literal(self, kind: Any, value: Any, *, varied: bool = False) -> str:
        """Return a value as written in a document; if `varied`, parts of it may be variables."""
        if isinstance(kind, GraphQLNonNull):
            return self.literal(kind.of_type, value, varied=varied)
        if value is None:
            return "null"
        if isinstance(kind, GraphQLList):
            return "[" + ", ".join(self.part(kind.of_type, one, varied=varied) for one in value) + "]"
        if isinstance(kind, GraphQLInputObjectType):
            parts = {
                name: self.part(kind.fields[name].type, one, varied=varied) for name, one in value.items()
            }
            return "{" + ", ".join(f"{name}: {part}" for name, part in parts.items()) + "}"
        if isinstance(kind, GraphQLEnumType):
            return str(value)
        if isinstance(value, bool):
            return str(value).lower()
        return _quoted(value) if isinstance(value, str) else repr(value)

    def part(self, kind: Any, value: Any, *, varied: bool) -> str:
        """Return a part of a value: a literal, or a required or an optional variable."""
        if not varied or not self.chance(0.3):
            return self.literal(kind, value, varied=varied)
        needed = isinstance(kind, GraphQLNonNull) or self.chance(0.6)
        return self.variable(f"{str(kind).rstrip('!')}{'!' if needed else ''}", value, lambda: value)


def may_be_asked(document: DocumentNode, variables: Mapping[str, Any]) -> bool:
    """Return whether a query is within the cost limit."""
    query = get_operation_ast(document)
    assert query is not None
    try:
        check_document(document)
        OperationCost(schema._schema, document, query).cost(variables)
    except TooComplex:
        return False
    return True


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


assert set(TABLES) >= NODE_TYPES
