"""The schema: committed, fully described, and with the names that the design fixes."""

import ast
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)

from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.errors import REFUSALS
from okr_api.graphql.resolver_binding import UndeclaredField, bind
from okr_api.graphql.schema import print_schema, schema
from okr_api.okr.errors import Refused
from tests.docs.named import SOURCE
from tests.serving import UNRECORDED, WEBHOOK_MUTATIONS, input_type, mutations, node_field

TYPES = {name: kind for name, kind in schema._schema.type_map.items() if not is_introspection_type(kind)}

# Fixed fields with their types, from the design. `T(a: X)` lists required arguments.
CORE = """
Query.seq: Seq
Query.viewer: Viewer
Query.organization: Organization
Query.cycle(id: ID, externalId: String): Cycle
Query.cycles(first: Int, after: String, filter: CycleFilter): CycleConnection
Query.objective(id: ID, externalId: String, asOf: DateTime): Objective
Query.objectives(first: Int, after: String, last: Int, before: String, filter: ObjectiveFilter, orderBy: ObjectiveOrder, asOf: DateTime): ObjectiveConnection
Query.keyResult(id: ID, externalId: String, asOf: DateTime): KeyResult
Query.keyResults(first: Int, after: String, filter: KeyResultFilter, orderBy: KeyResultOrder): KeyResultConnection
Query.checkIn(id: ID, externalId: String): CheckIn
Query.checkIns(first: Int, after: String, filter: CheckInFilter, orderBy: CheckInOrder): CheckInConnection
Query.people(filter: PersonFilter, orderBy: PersonOrder): PersonConnection
Query.teams(filter: TeamFilter, orderBy: TeamOrder): TeamConnection
Query.cycles(filter: CycleFilter, orderBy: CycleOrder): CycleConnection
Person.objectives(first: Int, after: String, filter: ObjectiveFilter, orderBy: ObjectiveOrder): ObjectiveConnection!
Person.keyResults(first: Int, after: String, filter: KeyResultFilter, orderBy: KeyResultOrder): KeyResultConnection!
Team.objectives(first: Int, after: String, filter: ObjectiveFilter, orderBy: ObjectiveOrder): ObjectiveConnection!
Team.children: [Team!]!
Cycle.objectives(first: Int, after: String, filter: ObjectiveFilter, orderBy: ObjectiveOrder): ObjectiveConnection!
Cycle.children: [Cycle!]!
Query.currentCycle(on: Date): Cycle
Query.objectiveTree(cycleId: ID, cycleExternalId: String, rootId: ID, rootExternalId: String, depth: Int, asOf: DateTime): ObjectiveTree
Query.changes(after: Seq!, first: Int!, filter: ChangeFilter): ChangePage
Query.node(id: ID!): Node
Query.nodes(ids: [ID!]!): [Node]
ObjectiveTree.seq: Seq!
ObjectiveTree.roots: [Objective!]!
ObjectiveTree.rows: [ObjectiveTreeRow!]!
ObjectiveTreeRow.objective: Objective!
ObjectiveTreeRow.depth: Int!
ObjectiveTreeRow.parentIds: [ID!]!
Objective.id: ID!
Objective.externalId: String
Objective.title: String!
Objective.description: String
Objective.kind: ObjectiveKind!
Objective.state: ObjectiveState!
Objective.owner: Person
Objective.contributors: [Person!]!
Objective.team: Team
Objective.cycle: Cycle!
Objective.version: Int!
Objective.progress: Float
Objective.progressReason: ProgressReason
Objective.effectiveProgressSource: ProgressSource!
Objective.coverage: Float
Objective.confidence: Float
Objective.lowestConfidence: Float
Objective.score: Float
Objective.band: Band
Objective.scoreIsPartial: Boolean!
Objective.expectedProgress: Float
Objective.progressGap: Float
Objective.status: Status!
Objective.derivedStatus: Status!
Objective.nextStatusChangeAt: DateTime
Objective.partsByStatus: [StatusCount!]!
Objective.worstPart: Status
Objective.parents: [Alignment!]!
Objective.children: [Objective!]!
Objective.keyResults: [KeyResult!]!
Objective.checkIns(first: Int, after: String, filter: CheckInFilter, orderBy: CheckInOrder): CheckInConnection!
Objective.ancestors: [Objective!]!
Alignment.parent: Measured!
Alignment.child: Objective!
Alignment.kind: AlignmentKind!
Alignment.weight: Float!
KeyResult.id: ID!
KeyResult.externalId: String
KeyResult.title: String!
KeyResult.objective: Objective!
KeyResult.owner: Person
KeyResult.measure: KeyResultMeasure!
KeyResult.unit: String
KeyResult.startValue: Float
KeyResult.targetValue: Float
KeyResult.currentValue: Float
KeyResult.weight: Float!
KeyResult.dueOn: Date
KeyResult.version: Int!
KeyResult.rawProgress: Float
KeyResult.progress: Float
KeyResult.progressReason: ProgressReason
KeyResult.confidence: Float
KeyResult.score: Float
KeyResult.band: Band
KeyResult.expectedProgress: Float
KeyResult.progressGap: Float
KeyResult.status: Status!
KeyResult.reportedStatus: ReportedStatus
KeyResult.derivedStatus: Status!
KeyResult.divergent: Boolean!
KeyResult.nextStatusChangeAt: DateTime
KeyResult.withinLimit: Boolean
KeyResult.withinLimitShare: Float
KeyResult.latestCheckIn: CheckIn
KeyResult.checkIns(first: Int, after: String, filter: CheckInFilter, orderBy: CheckInOrder): CheckInConnection!
KeyResult.alignedObjectives: [Objective!]!
CheckIn.id: ID!
CheckIn.externalId: String
CheckIn.objective: Objective!
CheckIn.keyResult: KeyResult
Objective.history(metric: HistoryMetric!, from: DateTime, to: DateTime, step: HistoryStep!): [HistoryPoint!]!
KeyResult.history(metric: HistoryMetric!, from: DateTime, to: DateTime, step: HistoryStep!): [HistoryPoint!]!
HistoryPoint.at: DateTime!
HistoryPoint.value: Float
Objective.reportedStatus: ReportedStatus
Objective.divergent: Boolean!
CheckIn.value: Float
CheckIn.confidence: Float
CheckIn.status: ReportedStatus
CheckIn.note: String
CheckIn.effectiveAt: DateTime!
CheckIn.recordedAt: DateTime!
CheckIn.author: Actor!
CheckIn.supersedes: CheckIn
Mutation.cycleCreate(input: CycleCreateInput!): CyclePayload
Mutation.cycleActivate(input: CycleActivateInput!): CyclePayload
Mutation.objectiveCreate(input: ObjectiveCreateInput!): ObjectivePayload
Mutation.keyResultCreate(input: KeyResultCreateInput!): KeyResultPayload
Mutation.checkInRecord(input: CheckInRecordInput!): CheckInPayload
Mutation.checkInRecordMany(input: CheckInRecordManyInput!): CheckInManyPayload
CycleCreateInput.name: String!
CycleCreateInput.startsOn: Date!
CycleCreateInput.endsOn: Date!
CycleCreateInput.parent: EntityRef
CycleActivateInput.cycle: EntityRef!
ObjectiveCreateInput.cycle: EntityRef!
ObjectiveCreateInput.title: String!
ObjectiveCreateInput.parent: ParentRef
ObjectiveCreateInput.team: EntityRef
ObjectiveCreateInput.owner: EntityRef
ObjectiveCreateInput.contributors: [EntityRef!]
ObjectiveCreateInput.weight: Float!
ObjectiveCreateInput.kind: ObjectiveKind!
ObjectiveCreateInput.draft: Boolean!
KeyResultCreateInput.objective: EntityRef!
KeyResultCreateInput.title: String!
KeyResultCreateInput.measure: KeyResultMeasure!
KeyResultCreateInput.unit: String
KeyResultCreateInput.startValue: Float
KeyResultCreateInput.targetValue: Float
KeyResultCreateInput.weight: Float
KeyResultCreateInput.lowerBound: Float
KeyResultCreateInput.upperBound: Float
KeyResultCreateInput.commitValue: Float
KeyResultCreateInput.stretchValue: Float
KeyResultCreateInput.milestones: [MilestoneInput!]
CheckInRecordInput.keyResult: EntityRef
CheckInRecordInput.supersedes: EntityRef
CheckInRetractInput.checkIn: EntityRef!
ObjectiveUpdateInput.objective: EntityRef!
ObjectiveUpdateInput.externalId: String
ObjectiveAlignInput.parent: ParentRef!
EntityRef.id: ID
EntityRef.externalId: String
ParentRef.objective: EntityRef
ParentRef.keyResult: EntityRef
CheckInRecordInput.value: Float
CheckInRecordInput.milestonesDone: [String!]
CheckInRecordInput.confidence: Float
CheckInRecordInput.status: ReportedStatus
CheckInRecordInput.note: String
CheckInRecordInput.effectiveAt: DateTime
CheckInRecordManyInput.items: [CheckInItemInput!]!
CheckInRecordManyInput.atomic: Boolean!
CheckInManyPayload.results: [CheckInResult!]!
CheckInResult.index: Int!
CheckInResult.checkIn: CheckIn
CheckInResult.errors: [UserError!]!
Subscription.progressChanged(objectiveId: ID, objectiveExternalId: String, cycleId: ID, cycleExternalId: String, after: Seq): ProgressChange!
Subscription.changes(after: Seq, filter: ChangeFilter): Change!
ProgressChange.seq: Seq!
ProgressChange.at: DateTime!
ProgressChange.cause: ChangeCause!
ProgressChange.deltas: [ProgressDelta!]!
ProgressDelta.nodeId: ID!
ProgressDelta.nodeType: NodeType!
ProgressDelta.node: Measured
ProgressDelta.progressBefore: Float
ProgressDelta.progressAfter: Float
ProgressDelta.confidenceBefore: Float
ProgressDelta.confidenceAfter: Float
ProgressDelta.coverageBefore: Float
ProgressDelta.coverageAfter: Float
ProgressDelta.valueBefore: Float
ProgressDelta.valueAfter: Float
ProgressDelta.statusBefore: Status!
ProgressDelta.statusAfter: Status!
ChangeCause.kind: ChangeKind!
ChangeCause.actor: Actor!
ChangeCause.checkIns: [CheckIn!]!
Change.seq: Seq!
Change.at: DateTime!
Change.kind: ChangeKind!
Change.actor: Actor!
Change.nodeId: ID
Change.nodeType: NodeType!
Change.node: Node
Change.fields: [String!]!
Change.deltas: [ProgressDelta!]!
ChangePage.nodes: [Change!]!
ChangePage.endSeq: Seq!
ChangePage.hasMore: Boolean!
UserError.code: UserErrorCode!
UserError.message: String!
UserError.path: [String!]!
UserError.currentVersion: Int
"""
WORDS = {
    "KeyResultMeasure": "INCREASE DECREASE AT_LEAST AT_MOST WITHIN BOOLEAN MILESTONES ZONES",
    "ObjectiveState": "DRAFT PUBLISHED PAUSED DROPPED CLOSED",
    "ReportedStatus": "ON_TRACK AT_RISK OFF_TRACK",
    "Status": "PENDING ON_TRACK AT_RISK OFF_TRACK STALE PAUSED ACHIEVED MISSED DROPPED",
    "ObjectiveKind": "COMMITTED ASPIRATIONAL LEARNING",
    "CycleState": "DRAFT ACTIVE REVIEW CLOSED",
    "AlignmentKind": "CONTRIBUTES SUPPORTS",
}


def has(place: str) -> bool:
    """Return whether `Type.field` or `Type.field.argument` exists."""
    kind, field, *argument = place.split(".")
    found: Any = TYPES.get(kind)
    one = found.fields.get(field) if found else None
    return one is not None and (not argument or argument[0] in one.args)


def test_the_committed_schema_is_what_the_code_says():
    assert (Path(__file__).parents[2] / "schema.graphql").read_text() == print_schema()


def test_the_printed_schema_can_be_built_again():
    assert set(build_schema(print_schema()).type_map) == set(schema._schema.type_map)


def bare() -> list[str]:
    """Return everything without a description that ends like a sentence."""
    described: dict[str, str | None] = {}
    for name, kind in TYPES.items():
        if is_specified_scalar_type(kind):
            continue
        described[name] = kind.description
        if isinstance(kind, GraphQLEnumType):
            described |= {f"{name}.{key}": value.description for key, value in kind.values.items()}
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            described |= {f"{name}.{key}": one.description for key, one in kind.fields.items()}
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for key, one in kind.fields.items():
                described |= {f"{name}.{key}({arg}:)": given.description for arg, given in one.args.items()}
    return [place for place, text in described.items() if not text or text.strip()[-1] not in ".?!`"]


def test_everything_is_described():
    assert bare() == []


@pytest.mark.parametrize("line", CORE.strip().splitlines(), ids=lambda line: line.partition(":")[0])
def test_a_fixed_name_is_there_with_its_type(line: str):
    place, _, returns = line.rpartition(": ")
    name, _, arguments = place.partition("(")
    kind, field = name.split(".")
    one = TYPES[kind].fields[field]
    assert str(one.type) == returns
    for argument in filter(None, arguments.rstrip(")").split(", ")):
        key, given = argument.split(": ")
        assert str(one.args[key].type) == given


@pytest.mark.parametrize(("name", "words"), WORDS.items())
def test_fixed_words_are_there(name: str, words: str):
    assert list(TYPES[name].values) == words.split()


@pytest.mark.parametrize(
    "name", ("Organization", "Person", "Team", "Cycle", "Objective", "KeyResult", "CheckIn")
)
def test_entities_are_nodes_and_carry_an_external_id(name: str):
    kind = TYPES[name]
    assert "Node" in [one.name for one in kind.interfaces]
    assert "externalId" in kind.fields or name == "Organization"


@pytest.mark.parametrize("mutation", (*mutations(), *UNRECORDED))
def test_a_mutation_keeps_the_conventions(mutation: str):
    field = TYPES["Mutation"].fields[mutation]
    assert {name: str(one.type) for name, one in field.args.items()} == {"input": f"{input_type(mutation)}!"}
    given = TYPES[input_type(mutation)].fields
    assert ("idempotencyKey" in given) is (mutation != "pulseAnswer")  # its record would keep the answers
    assert all(str(one.type) == "String" for name, one in given.items() if name == "idempotencyKey")
    payload = field.type
    assert payload.name.endswith("Payload")
    assert [one.name for one in payload.interfaces] == ["MutationPayload"]
    types = {name: str(one.type) for name, one in payload.fields.items()}
    changed = node_field(mutation)
    assert changed == "results" or not types[changed].endswith("!")
    if mutation in ("tokenCreate", "webhookCreate", "webhookRotateSecret"):
        assert types.pop("secret") == "String"
    if mutation.startswith("notification"):
        assert types.pop("viewer") == "Viewer"
    if mutation == "cyclesGenerate":
        assert types.pop("cycles") == "[Cycle!]!"
    if mutation == "cycleRollOver":
        assert types.pop("objectives") == "[RolledOverObjective!]!"
    assert {name: one for name, one in types.items() if name != changed} == {
        "seq": "Seq!", "deltas": "[ProgressDelta!]!", "replayed": "Boolean!", "errors": "[UserError!]!", "notices": "[Notice!]!"
    }  # fmt: skip


def test_an_input_names_entities_by_references_alone():
    named = [
        f"{name}.{key}"
        for name, kind in TYPES.items()
        if name.endswith("Input")
        for key, one in kind.fields.items()
        if "ID" in str(one.type)
    ]
    ours = [mutation for mutation in WEBHOOK_MUTATIONS if mutation != "webhookCreate"]
    without = ["TokenRevokeInput.id", *(f"{input_type(mutation)}.id" for mutation in ours)]
    assert sorted(named) == sorted(without)  # tokens and webhooks have no external id


@pytest.mark.parametrize("name", ("EntityRef", "ParentRef"))
def test_a_reference_is_one_of(name: str):
    assert TYPES[name].is_one_of


def test_no_default_is_null():
    assert "= null" not in print_schema()


def test_objectives_and_key_results_share_an_interface():
    shared = set(TYPES["Measured"].fields)
    assert {"progress", "status", "score", "confidence", "coverage"} < shared
    both = set(TYPES["Objective"].fields) & set(TYPES["KeyResult"].fields)
    same = {
        n for n in both if str(TYPES["Objective"].fields[n].type) == str(TYPES["KeyResult"].fields[n].type)
    }
    assert shared == same


@pytest.mark.parametrize("mutation", [name for name in mutations() if name.endswith("Update")])
def test_an_update_takes_an_expected_version(mutation: str):
    assert "expectedVersion" in TYPES[input_type(mutation)].fields


def every_refusal(kind: type[Refused] = Refused) -> set[type[Refused]]:
    below = {one for sub in kind.__subclasses__() for one in every_refusal(sub)}
    return below | set(kind.__subclasses__())


def test_every_refusal_is_a_code_that_clients_know():
    ours = [one for one in every_refusal() if one.__module__.startswith("okr_api")]
    # Those of files are told by the command line; `AdmissionRejected` is only the base of others.
    files = (".import_export.", ".foreign_files.", ".table_export.")
    refusals = {one.code() for one in ours if not any(part in one.__module__ for part in files)}
    refusals -= {"ADMISSION_REJECTED"}
    assert set(TYPES["UserErrorCode"].values) == set(REFUSALS)
    assert refusals - set(REFUSALS) - set(ErrorCode) == set()
    assert {"NOT_AUTHENTICATED", "CURSOR_EXPIRED", "RATE_LIMITED"} & set(REFUSALS) == set()


def test_the_codes_of_top_level_errors_are_in_the_schema_and_stand_in_one_place():
    assert list(TYPES["ErrorCode"].values) == [code.value for code in ErrorCode]
    literals = [
        (path.name, node.value)
        for package in ("graphql", "transport")
        for path in sorted((SOURCE / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert {name for name, text in literals if text in set(ErrorCode)} == {"error_codes.py"}


def returned_enums() -> set[str]:
    """The names of the enums that fields return; `ErrorCode` is in `extensions`."""
    kinds = (GraphQLObjectType, GraphQLInterfaceType)
    fields = [one for kind in TYPES.values() if isinstance(kind, kinds) for one in kind.fields.values()]
    named = {get_named_type(one.type) for one in fields}
    return {kind.name for kind in named if isinstance(kind, GraphQLEnumType)} | {"ErrorCode"}


def test_only_an_enum_that_is_returned_asks_clients_to_accept_new_values():
    enums = {
        name: kind.description or "" for name, kind in TYPES.items() if isinstance(kind, GraphQLEnumType)
    }
    asking = {name for name, text in enums.items() if "New values may be added" in text}
    assert asking == returned_enums()
    assert {"OrderDirection", "ObjectiveOrderField"} <= set(enums) - asking


def test_codes_are_the_names_of_the_refusals():
    assert {"NOT_FOUND", "FORBIDDEN", "VERSION_CONFLICT", "IDEMPOTENCY_MISMATCH", "ALIGNMENT_LOOPS"} <= set(
        REFUSALS
    )
    assert REFUSALS["WRONG_DIRECTION"].__name__ == "WrongDirection"


def test_a_field_that_does_not_say_where_it_comes_from_is_refused():
    @strawberry.type(description="Nothing.")
    class Bare:
        name: str

    @strawberry.type
    class Query:
        bare: Bare | None = None

    with pytest.raises(UndeclaredField, match="Bare"):
        bind(strawberry.Schema(query=Query)._schema)


def test_nothing_but_introspection_is_undeclared():
    bind(schema._schema)  # raises if a field is undeclared
