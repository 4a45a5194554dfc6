"""Operations: the documents, their requests for each competitor, and the number of concurrent callers."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.filling import Marks
from bench.load import KEY
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id

HERE = Path(__file__).parent
OURS, POSTGRAPHILE, JSON_AGG, PGBENCH = "ours", "postgraphile", "json_agg", "pgbench"
AT_ONCE = 500  # check-ins per M2
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One benchmark operation; `document` names its files."""

    name: str
    document: str
    callers: int
    says: str

    @property
    def writes(self) -> bool:
        """Return whether it changes stored data."""
        return self.document.startswith("M")


OPERATIONS = {
    one.name: one
    for one in (
        Operation("Q1", "Q1", 16, "one objective with its key results"),
        Operation("Q2", "Q2", 8, "a page of 50, with owners, key results and latest check-ins"),
        Operation("Q3", "Q3", 2, "a nested tree of about 1,000"),
        Operation("Q4", "Q4", 2, "the flat tree of 10,012"),
        Operation("M1", "M1", 1, "a check-in, 1 caller"),
        Operation("M1_16", "M1", 16, "check-ins, 16 callers"),
        Operation("M1_128", "M1", 128, "check-ins, 128 callers, one organisation"),
        Operation("M2", "M2", 1, "500 check-ins in one mutation"),
    )
}
SUBSCRIPTION = "S1"
TOLD = "S1_told"  # PostGraphile's, with all data in the notification


@dataclass(frozen=True)
class Asking:
    """Request builder: the same subjects for every competitor."""

    marks: Marks
    seed: int = 1

    def subjects(self, document: str) -> list[Any]:
        """Return the subjects of an operation's requests, the same for all competitors."""
        source = random.Random(f"{self.seed} {document}")
        marks = self.marks
        if document in ("Q2", "Q4"):
            return [marks.cycle_id]
        if document == "Q3":
            return marks.roots
        if document == "Q1":
            return [source.choice(marks.objectives) for _ in range(1_000)]
        if document == "M1":
            return [self._reading(source, source.choice(marks.key_results)) for _ in range(2_000)]
        at_once = min(AT_ONCE, len(marks.key_results))
        return [
            [self._reading(source, one) for one in source.sample(marks.key_results, at_once)]
            for _ in range(8)
        ]

    @staticmethod
    def _reading(source: random.Random, key_result: tuple[UUID, float, float]) -> tuple[UUID, float]:
        id, low, high = key_result
        return id, round(source.uniform(low, high), 2)

    def bodies(self, kind: str, document: str) -> list[Body]:
        """Return the requests of an operation in the format of that competitor."""
        return [self.body(kind, document, subject) for subject in self.subjects(document)]

    def body(self, kind: str, document: str, subject: Any) -> Body:
        """Return the request about a subject in the format of that competitor."""
        return BODY[kind](self, document, subject)

    def readings_under_the_first_root(self) -> list[tuple[UUID, float]]:
        """Return check-ins of a key result of the first tree's root, spread over its range of values."""
        id, low, high = self.marks.watched
        return [(id, round(low + (high - low) * (1 + step % 7) / 8, 2)) for step in range(56)]


def _document(kind: str, name: str) -> str:
    return (HERE / "graphql" / kind / f"{name}.graphql").read_text()


def _to_ours(asking: Asking, document: str, subject: Any) -> Body:
    def key_result(one: tuple[UUID, float]) -> Body:
        return {"keyResult": {"id": encode_id(NodeType.KEY_RESULT, one[0])}, "value": one[1]}

    variables: Body
    if document == "M1":
        variables = {"input": {**key_result(subject), "idempotencyKey": KEY}}
    elif document == "M2":
        variables = {"input": {"items": [key_result(one) for one in subject], "idempotencyKey": KEY}}
    elif document in ("Q2", "Q4"):
        variables = {"cycleId": encode_id(NodeType.CYCLE, subject)}
    elif document == SUBSCRIPTION:
        variables = {"objectiveId": encode_id(NodeType.OBJECTIVE, subject)}
    else:
        variables = {"id": encode_id(NodeType.OBJECTIVE, subject)}
    return {"query": _document(OURS, document), "operationName": document, "variables": variables}


def _to_postgraphile(asking: Asking, document: str, subject: Any) -> Body:
    organization = {"organizationId": str(asking.marks.organization_id)}
    variables: Body
    if document in ("M1", "M1_told"):
        variables = {"input": {**organization, "keyResultId": str(subject[0]), "value": subject[1]}}
    elif document == "M2":
        ids, values = [str(id) for id, _ in subject], [value for _, value in subject]
        variables = {"input": {**organization, "keyResultIds": ids, "readings": values}}
    elif document in ("Q2", "Q4"):
        variables = {**organization, "cycleId": str(subject)}
    elif document in (SUBSCRIPTION, TOLD):
        variables = {"objectiveId": str(subject)}
    else:
        variables = {**organization, "id": str(subject)}
    return {"query": _document(POSTGRAPHILE, document), "operationName": document, "variables": variables}


def _to_json_agg(asking: Asking, document: str, subject: Any) -> Body:
    arguments: list[Any] = [str(asking.marks.organization_id)]
    if document == "M1":
        arguments += [str(subject[0]), subject[1]]
    elif document == "M2":
        arguments += [[str(id) for id, _ in subject], [value for _, value in subject]]
    else:
        arguments.append(str(subject))
    return {"operationName": document, "arguments": arguments}


BODY: dict[str, Callable[[Asking, str, Any], Body]] = {
    OURS: _to_ours,
    POSTGRAPHILE: _to_postgraphile,
    JSON_AGG: _to_json_agg,
}


def pgbench_script(marks: Marks, document: str) -> str:
    """Return the pgbench script of an operation, its subjects drawn in PostgreSQL."""
    objective = "(select id from bench.objective where n = :n)"
    key_result = "(select id from bench.key_result where n = :n)"
    value = "(select low + (high - low) * random() from bench.key_result where n = :n)"
    many = f"from bench.key_result where n between :n and :n + {AT_ONCE - 1})"
    second, third, drawn_from = {
        "Q1": (objective, "", len(marks.objectives)),
        "Q2": (f"'{marks.cycle_id}'", "", 1),
        "Q3": ("(select id from bench.root where n = :n)", "", len(marks.roots)),
        "Q4": (f"'{marks.cycle_id}'", "", 1),
        "M1": (key_result, value, len(marks.key_results)),
        "M2": (
            f"(select array_agg(id order by n) {many}",
            f"(select array_agg(low + (high - low) * random() order by n) {many}",
            max(1, len(marks.key_results) - AT_ONCE),
        ),
    }[document]
    statement = (HERE / "sql" / f"{document}.sql").read_text().strip()
    for name, text in (("$1", f"'{marks.organization_id}'"), ("$2", second), ("$3", third)):
        statement = statement.replace(name, text)
    return f"\\set n random(1, {drawn_from})\n{statement};\n"
