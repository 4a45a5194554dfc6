"""Cost cases: documents to compare cost with work, the most expensive of every root field included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import get_introspection_query

from bench.filling import Marks
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id

MANY = 50  # root fields per document
COMPARISONS = 100
ORDER = "orderBy: { field: PROGRESS, direction: DESC }"
WIDE = """{ objectives(first: 100) { nodes {
    id title owner { name } cycle { name } children { id }
    keyResults { id title owner { name } latestCheckIn { value author { name } } }
} } }"""

DIGEST_OF_NOTHING = """{ digest(
    scope: { organization: true }, since: "2020-01-01T00:00:00Z", until: "2020-04-01T00:00:00Z"
) { changeCount moved { totalCount } } }"""


@dataclass(frozen=True)
class Case:
    """A document to measure, with its variables."""

    name: str
    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)


def cases(marks: Marks, after: int) -> Iterator[Case]:
    """Yield all cases; the feed is read after the given position."""
    for entity, kind in (("objectives", "ObjectiveFilter"), ("keyResults", "KeyResultFilter")):
        yield from _pages(entity, kind)
    names = {"f": {"name": {"contains": "nothing"}}}
    for entity, kind in (("people", "PersonFilter"), ("teams", "TeamFilter")):
        page = f"{entity}(first: 100, filter: $f) {{ totalCount nodes {{ id }} }}"
        yield Case(f"{entity}: contains", f"query ($f: {kind}) {{ {page} }}", names)
    yield Case("cycles: page", "{ cycles(first: 100) { totalCount nodes { id } } }")
    yield Case("checkIns: page of 100", "{ checkIns(first: 100) { totalCount nodes { id value } } }")
    orphans = "{ objectives(first: 100, filter: { isOrphan: true }) { totalCount nodes { id title } } }"
    yield Case("objectives: without a parent", orphans)
    nested = "objectives(first: 100) { totalCount nodes { id title } }"
    yield Case("currentCycle: objectives", f"{{ currentCycle {{ {nested} }} }}")
    yield Case("teams: objectives of 100", f"{{ teams(first: 100) {{ nodes {{ {nested} }} }} }}")
    above = "{ objectives(first: 100) { nodes { ancestors { id } checkIns(first: 2) { nodes { value } } } } }"
    yield Case("objectives: what is above and beneath", above)
    yield Case("objectives: page of 100, wide", WIDE)
    yield from _strategy(marks)
    yield from _cascade(marks)
    yield from _explained()
    yield from _coaching(marks)
    yield from _by_id(marks)
    yield from _trees(marks)
    yield from _feed(marks, after)
    yield Case("introspection", get_introspection_query())
    yield Case("__type", '{ __type(name: "Objective") { name } }')


def _strategy(marks: Marks) -> Iterator[Case]:
    cycle = {"c": encode_id(NodeType.CYCLE, marks.cycle_id)}
    progress = "progress(cycleId: $c) objectives(first: 10) { totalCount nodes { id } }"
    priorities = f"priorities(first: 100) {{ totalCount nodes {{ title {progress} }} }}"
    yield Case("priorities: progress of 100", f"query ($c: ID!) {{ {priorities} }}", cycle)
    readings = "currentValue readings(first: 10) { totalCount nodes { value } }"
    yield Case(
        "metrics: readings of 100", f"{{ metrics(first: 100) {{ totalCount nodes {{ {readings} }} }} }}"
    )
    work = "initiatives(first: 100) { totalCount nodes { title objective { title } keyResult { title } } }"
    yield Case("initiatives: page of 100", f"{{ {work} }}")
    few = work.replace("first: 100", "first: 10")
    yield Case("people: initiatives of 100", f"{{ people(first: 100) {{ nodes {{ {few} }} }} }}")
    needs = "dependencies(first: 100) { totalCount nodes { description givingObjective { title } } }"
    yield Case("dependencies: page of 100", f"{{ {needs} }}")
    needing = needs.replace("(first: 100", "(side: NEEDING, first: 10")
    yield Case("teams: dependencies of 100", f"{{ teams(first: 100) {{ nodes {{ {needing} }} }} }}")
    said = (
        "comments(first: 5) { totalCount nodes { replies(first: 5) { nodes { text } } } } reactions { emoji }"
    )
    told = "commentCount viewerFollows followers(first: 5) { totalCount nodes { name } }"
    yield Case(
        "objectives: comments, followers of 100",
        f"{{ objectives(first: 100) {{ nodes {{ {said} {told} }} }} }}",
    )
    blocked = "roadblocks(first: 100) { totalCount nodes { title type objective { title } owner { name } } }"
    yield Case(
        "absences: page of 100", "{ absences(first: 100) { totalCount nodes { note person { name } } } }"
    )
    yield Case("roadblocks: page of 100", f"{{ {blocked} }}")
    told = "decisions(first: 10) { nodes { text team { name } } }"
    met = f"meetings(first: 100) {{ totalCount nodes {{ notes {told} }} }}"
    yield Case("meetings: decisions of 100", f"{{ {met} }}")
    yield Case(
        "decisions: page of 100",
        "{ decisions(first: 100) { totalCount nodes { text objective { title } } } }",
    )
    foretold = "calibration { caseCount last { brierScore deciles { achievedShare } } }"
    yield Case("people: calibrations of 100", f"{{ people(first: 100) {{ nodes {{ {foretold} }} }} }}")
    yield Case("organization: calibration", f"{{ organization {{ {foretold} }} }}")
    pulse = "pulse { questions viewerHasAnswered results { mean } }"
    yield Case("cycles: pulses of 100", f"{{ cycles(first: 100) {{ nodes {{ {pulse} }} }} }}")
    tried = "nodes { hypothesis keyResult { title } measuredEffect { difference } }"
    yield Case(
        "experiments: page of 100, with effects", f"{{ experiments(first: 100) {{ totalCount {tried} }} }}"
    )
    learned = "nodes { title tags objective { title } highlights(search: $search) { title { text } } }"
    yield Case(
        "lessons: search, with highlights",
        f"query ($search: String!) {{ lessons(search: $search, first: 100) {{ totalCount {learned} }} }}",
        {"search": "the or growth or customer"},
    )
    learned = "lessons(first: 5) { nodes { title } } comments(first: 5) { nodes { text } }"
    reviewed = f"nodes {{ decision objective {{ title }} {learned} }}"
    yield Case(
        "reviewRecords: page of 100, with lessons",
        f"{{ reviewRecords(first: 100) {{ totalCount {reviewed} }} }}",
    )
    related = "relatedLessons { similarity lesson { title } }"
    yield Case(
        "objectives: related lessons of 50", f"{{ objectives(first: 50) {{ nodes {{ {related} }} }} }}"
    )
    unaligned = "alignment { share unaligned(first: 10) { totalCount nodes { id } } }"
    yield Case("cycles: alignment", f"{{ cycles(first: 100) {{ nodes {{ {unaligned} }} }} }}")


def _cascade(marks: Marks) -> Iterator[Case]:
    root = {"to": encode_id(NodeType.OBJECTIVE, marks.roots[0])}
    paths = "paths(to: $to) { totalShare paths { share steps { share node { id } } } }"
    for of in ("objectives", "keyResults"):
        asked = f"query ($to: ID!) {{ {of}(first: 100) {{ nodes {{ {paths} }} }} }}"
        yield Case(f"{of}: paths of 100", asked, root)
    yield Case("objectives: below 100", "{ objectives(first: 100) { nodes { descendantCount } } }")
    double = "doubleCounts { totalCount nodes { kind totalShare parts { share node { id } } } }"
    yield Case("cycles: double counts", f"{{ cycles(first: 100) {{ nodes {{ {double} }} }} }}")
    eased = "easedTargets { totalCount nodes { keyResult { id } revision { reason } } }"
    yield Case("cycles: eased targets", f"{{ cycles(first: 100) {{ nodes {{ {eased} }} }} }}")
    cycle = {"c": encode_id(NodeType.CYCLE, marks.cycle_id)}
    scored = "scoredCount tenths tooSafe"
    summed = f"objectiveScores {{ {scored} }} keyResultScores {{ {scored} }} aspirational {{ meanScore }}"
    told = (
        "celebrations(first: 10) { totalCount nodes { celebration } } lessons(first: 10) { nodes { title } }"
    )
    summary = f"summary {{ {summed} byTeam {{ team {{ name }} {summed} }} {told} }}"
    rhythm = "rhythm { onTimeShare } byTeam { rhythm { onTimeShare } }"
    for name, fields in (("summary", summary), ("rhythm", f"summary {{ {rhythm} }}")):
        yield Case(f"cycle: {name}", f"query ($c: ID!) {{ cycle(id: $c) {{ {fields} }} }}", cycle)
    adjusted = "adjustments(first: 10) { totalCount nodes { kind node { id } reason } }"
    yield Case("cycles: adjustments", f"{{ cycles(first: 100) {{ nodes {{ {adjusted} }} }} }}")
    forecast = "forecast { value interval { low high } progress requiredRate reachesTargetOn }"
    history = "history(metric: PROGRESS) { at value }"
    yield Case("objectives: histories of 10", f"{{ objectives(first: 10) {{ nodes {{ {history} }} }} }}")
    yield Case("keyResults: histories of 100", f"{{ keyResults(first: 100) {{ nodes {{ {history} }} }} }}")
    yield Case("keyResults: forecasts of 100", f"{{ keyResults(first: 100) {{ nodes {{ {forecast} }} }} }}")


def _explained() -> Iterator[Case]:
    number = "value rule parts { title contribution } hidden { contribution }"
    numbers = " ".join(
        f"{name} {{ {number} }}" for name in ("progress", "confidence", "expectedProgress", "status", "score")
    )
    can = "viewerCan { edit checkIn delete }"
    for of in ("objectives", "keyResults"):
        for name, fields in (("explained", f"explain {{ {numbers} }}"), ("what the viewer can", can)):
            yield Case(f"{of}: {name}, 100", f"{{ {of}(first: 100) {{ nodes {{ {fields} }} }} }}")


def _coaching(marks: Marks) -> Iterator[Case]:
    key_result = {"title": "Guests who book online", "measure": "INCREASE", "startValue": 5, "targetValue": 7}
    guard_rail = {"title": "Complaints", "measure": "AT_MOST", "targetValue": 5, "role": "GUARD_RAIL"}
    draft = {
        "title": "Guests book without help",
        "cycle": {"id": encode_id(NodeType.CYCLE, marks.cycle_id)},
        "keyResults": [*[key_result] * 9, guard_rail],
    }
    coach = "query ($d: ObjectiveDraftInput!) { coach(draft: $d) { rule message path } }"
    yield Case("coach: 10 key results", coach, {"d": draft})
    for of in ("objectives", "keyResults"):
        coached = f"{{ {of}(first: 100) {{ nodes {{ coaching {{ rule message path }} }} }} }}"
        yield Case(f"{of}: coaching of 100", coached)
    yield Case("cycles: coaching", "{ cycles(first: 100) { nodes { coaching { rule message } } } }")


def _repeated(field: str) -> str:
    return " ".join(f"a{n}: {field}" for n in range(MANY))


def _pages(entity: str, kind: str) -> Iterator[Case]:
    asked = f"query ($f: {kind}) {{ {entity}(first: 10, filter: $f)"
    filters: dict[str, list[dict[str, Any]]] = {
        "contains": [{"title": {"contains": f"nothing {n}"}} for n in range(COMPARISONS)],
        "cycles": [{"cycle": {"externalId": f"nothing {n}"}} for n in range(COMPARISONS)],
        "states": [{"state": {"in": ["PAUSED"]}}] * COMPARISONS,
        "status": [{"status": {"eq": "ACHIEVED"}}] * COMPARISONS,
    }
    for name, each in filters.items():
        variables = {"f": {"or": each}}
        yield Case(f"{entity}: count, 100 {name}", f"{asked} {{ totalCount }} }}", variables)
    yield Case(
        f"{entity}: page, 100 contains",
        f"{asked} {{ nodes {{ id }} }} }}",
        {"f": {"or": filters["contains"]}},
    )
    found = {"f": {"title": {"contains": "nothing at all"}}}
    yield Case(f"{entity}: page, finds nothing", f"{asked} {{ nodes {{ id }} }} }}", found)
    yield Case(f"{entity}: count", f"{{ {entity} {{ totalCount }} }}")
    yield Case(f"{entity}: 50 counts", f"{{ {_repeated(f'{entity} {{ totalCount }}')} }}")
    ordered = f"{entity}(first: 1, {ORDER}) {{ nodes {{ id }} }}"
    yield Case(f"{entity}: 50 ordered", f"{{ {_repeated(ordered)} }}")
    yield Case(f"{entity}: page of 100", f"{{ {entity}(first: 100) {{ nodes {{ id title progress }} }} }}")
    yield Case(f"{entity}: page of 10", f"{{ {entity}(first: 10) {{ nodes {{ id title progress }} }} }}")


def _by_id(marks: Marks) -> Iterator[Case]:
    objectives = [encode_id(NodeType.OBJECTIVE, id) for id in marks.objectives[:100]]
    key_results = [encode_id(NodeType.KEY_RESULT, one[0]) for one in marks.key_results[:100]]
    one = {"id": objectives[0]}
    small = "objective(id: $id) { id title owner { name } }"
    yield Case("objective", f"query ($id: ID!) {{ {small} }}", one)
    yield Case("50 objective", f"query ($id: ID!) {{ {_repeated(small)} }}", one)
    yield Case("50 node", f"query ($id: ID!) {{ {_repeated('node(id: $id) { id }')} }}", one)
    yield Case("50 viewer", f"{{ {_repeated('viewer { name }')} }}")
    yield Case("50 organization", f"{{ {_repeated('organization { name }')} }}")
    yield Case("50 seq", f"{{ {_repeated('seq')} }}")
    ids = "query ($i: [ID!]!) { nodes(ids: $i)"
    yield Case("nodes: 100", f"{ids} {{ id ... on Objective {{ title }} }} }}", {"i": objectives})
    page = "checkIns(first: 100) { totalCount nodes { id value } }"
    yield Case("nodes: check-ins of 100", f"{ids} {{ ... on KeyResult {{ {page} }} }} }}", {"i": key_results})


def _trees(marks: Marks) -> Iterator[Case]:
    cycle = {"c": encode_id(NodeType.CYCLE, marks.cycle_id)}
    root = {"r": encode_id(NodeType.OBJECTIVE, marks.roots[0])}
    tree = "query ($c: ID!) { objectiveTree(cycleId: $c)"
    rows = "rows { depth objective { id title progress } }"
    nested = "id title"
    for _ in range(6):
        nested = f"id title children {{ {nested} }}"
    yield Case("tree: flat", f"{tree} {{ {rows} }} }}", cycle)
    yield Case("tree: flat, beside __typename", f"{tree} {{ {rows} }} __typename }}", cycle)
    with_key_results = "rows { objective { id keyResults { id progress } } }"
    yield Case("tree: flat, key results", f"{tree} {{ {with_key_results} }} }}", cycle)
    yield Case("tree: ids", f"{tree} {{ rows {{ depth parentIds }} }} }}", cycle)
    team = {"t": encode_id(NodeType.TEAM, marks.team_id)}
    of_team = "query ($t: ID!) { objectiveTree(teamId: $t, includeSubteams: true)"
    yield Case("tree: of a team", f"{of_team} {{ {rows} }} }}", team)
    yield Case("tree: nested", f"{tree} {{ roots {{ {nested} }} }} }}", cycle)
    yield Case("objective: nested", f"query ($r: ID!) {{ objective(id: $r) {{ {nested} }} }}", root)


def _feed(marks: Marks, after: int) -> Iterator[Case]:
    text = (
        "query ($s: Seq!, $f: ChangeFilter) { changes(after: $s, filter: $f) { endSeq nodes { seq kind } } }"
    )
    node = encode_id(NodeType.KEY_RESULT, marks.key_results[1][0])
    filters: dict[str, Any] = {
        "all": None,
        "nothing": {"kinds": ["CYCLE_CREATED"]},
        "of a node": {"nodeId": node},
        "of a node, nothing": {"nodeId": node, "kinds": ["CYCLE_CREATED"]},
    }
    for name, one in filters.items():
        yield Case(f"changes: {name}", text, {"s": after, "f": one})
    deltas = "changes(after: $s) { nodes { seq deltas { nodeId progressBefore progressAfter } } }"
    yield Case("changes: deltas", f"query ($s: Seq!) {{ {deltas} }}", {"s": after})
    page = "activity(first: 100) { nodes { seq summary deltas { progressAfter } } }"
    yield Case("activity: of the organisation", f"{{ organization {{ {page} }} }}")
    yield Case(
        "activity: of a key result", f"query ($k: ID!) {{ keyResult(id: $k) {{ {page} }} }}", {"k": node}
    )
    told = "notifications(first: 100) { unreadCount nodes { seq reason change { summary node { id } } } }"
    yield Case("notifications: of the viewer", f"{{ viewer {{ {told} }} }}")
    small = "activity(first: 10) { nodes { seq summary } }"
    yield Case("activity: of 50 teams", f"{{ teams(first: 50) {{ nodes {{ {small} }} }} }}")
    yield Case("digest: of nothing", DIGEST_OF_NOTHING)
    owed = "myWork { totalCount items { kind node { id } dueAt since why } }"
    yield Case("myWork: of a person", f"{{ {owed} }}")
    objective = encode_id(NodeType.OBJECTIVE, marks.objectives[0])
    then = {"o": objective, "at": datetime.now(UTC).isoformat()}
    asked = "objective(id: $o, asOf: $at) { title progress }"
    yield Case("objective: as of an instant", f"query ($o: ID!, $at: DateTime!) {{ {asked} }}", then)
    change = '{ objectiveUpdate: { objective: { id: $o }, title: "T" } }'
    simulated = f"simulate(changes: [{change}]) {{ results {{ errors {{ code }} }} }}"
    yield Case("simulate: a title", f"query ($o: ID!) {{ {simulated} }}", {"o": objective})
    agenda = "checkInAgenda(teamId: $t) { sections { kind totalCount items { node { id } why since } } }"
    team = {"t": encode_id(NodeType.TEAM, marks.team_id)}
    yield Case("checkInAgenda: of a team", f"query ($t: ID!) {{ {agenda} }}", team)
