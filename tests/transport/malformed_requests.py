"""Malformed requests with the error codes accepted for each; shared by the tests of all transports.

A request is given by its members as raw JSON, or as a whole body that has no members.
"""

import json
from dataclasses import dataclass
from typing import Any

from okr_api.transport.json_requests import MAX_JSON_DEPTH
from okr_api.transport.persisted_documents import MAX_DOCUMENT_DEPTH

BAD, INVALID, INPUT = "BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
PARSE, COMPLEX = "GRAPHQL_PARSE_FAILED", "TOO_COMPLEX"
LIST = "query ($filter: ObjectiveFilter) { objectives(filter: $filter) { totalCount } }"
VALUE = (
    'mutation ($v: Float) { checkInRecord(input: {keyResult: {externalId: "macros"}, value: $v}) { seq } }'
)
NAMED = "query A { seq } query B { seq }"
MANY_DIGITS = b"1" * 5_000


@dataclass(frozen=True)
class Malformed:
    """A malformed request (members as raw JSON, or a whole body) and the error codes accepted for it."""

    codes: tuple[str, ...]
    members: dict[str, bytes] | None = None
    whole: bytes = b""

    @property
    def body(self) -> bytes:
        """Return the request as a JSON body."""
        if self.members is None:
            return self.whole
        return b"{" + b", ".join(json.dumps(k).encode() + b": " + v for k, v in self.members.items()) + b"}"


def _of(*codes: str, query: Any = "{ seq }", **members: bytes) -> Malformed:
    raw = query if isinstance(query, bytes) else json.dumps(query).encode()
    return Malformed(codes, {"query": raw, **members})


def _nested(depth: int) -> bytes:
    """Return variables that consist of nested lists."""
    return b'{"a": ' + b"[" * depth + b"]" * depth + b"}"


def _ors(depth: int) -> str:
    return "{or: [" * depth + "{state: {eq: PUBLISHED}}" + "]}" * depth


def _or_variables(depth: int) -> bytes:
    inside = b'{"or": [' * depth + b'{"externalId": {"eq": "x"}}' + b"]}" * depth
    return b'{"filter": ' + inside + b"}"


AS_DEEP_AS_MAY_BE = {
    "or in the query": _of(query=f"{{ objectives(filter: {_ors(48)}) {{ totalCount }} }}"),
    "or as a default": _of(query=LIST.replace("ObjectiveFilter", f"ObjectiveFilter = {_ors(48)}")),
    "or in variables": _of(query=LIST, variables=_or_variables(29)),
    "lists in variables": _of(query="query ($a: JSON) { seq }", variables=_nested(MAX_JSON_DEPTH - 2)),
    "a type": _of(query="query ($a: " + "[" * 98 + "ID" + "]" * 98 + ") { seq }"),
    "fragments": _of(query="{ " + "... { " * 99 + "seq" + " }" * 99 + " }"),
    "fields": _of(query="{ objectives { nodes " + "{ parents { node " * 48 + "{ id }" + " } }" * 48 + " } }"),
    "lists": _of(query="{ node(id: " + "[" * 98 + "]" * 98 + ") { id } }"),
    "objects": _of(query="{ objectives(filter: " + "{not: " * 97 + "{}" + "}" * 97 + ") { totalCount } }"),
    "directives": _of(query="{ seq " + "@skip(if: [" * 49 + "])" * 49 + " }"),
}

MALFORMED = {
    "no JSON": Malformed((BAD,), whole=b"{"),
    "nothing": Malformed((BAD,), whole=b""),
    "a list": Malformed((BAD,), whole=b"[]"),
    "text": Malformed((BAD,), whole=b'"{ seq }"'),
    "a batch": Malformed((BAD,), whole=b'[{"query": "{ seq }"}, {"query": "{ seq }"}]'),
    "no query": Malformed((BAD,), {}),
    "an empty query": _of(BAD, query=""),
    "null for a query": _of(BAD, query=None),
    "a number for a query": _of(BAD, query=5),
    "text for variables": _of(BAD, variables=b'"x"'),
    "a list for variables": _of(BAD, variables=b"[]"),
    "a number for a name": _of(BAD, operationName=b"5"),
    "text for extensions": _of(BAD, extensions=b'"x"'),
    "NaN in variables": _of(BAD, query=VALUE, variables=b'{"v": NaN}'),
    "Infinity in variables": _of(BAD, query=VALUE, variables=b'{"v": -Infinity}'),
    "a number too large for any": _of(BAD, query=VALUE, variables=b'{"v": 1e400}'),
    "an integer of 5,000 digits": _of(BAD, variables=b'{"v": ' + MANY_DIGITS + b"}"),
    "an integer of 5,000 digits, asked for": _of(BAD, query=VALUE, variables=b'{"v": ' + MANY_DIGITS + b"}"),
    "half a surrogate pair in variables": _of(BAD, variables=b'{"v": "\\ud800"}'),
    "half a surrogate pair in the query": _of(BAD, INVALID, query=b'"{ seq } # \\ud800"'),
    "broken UTF-8 in variables": _of(BAD, variables=b'{"v": "\xff"}'),
    "broken UTF-8 in the query": _of(BAD, PARSE, query=b'"{ seq \xff }"'),
    "JSON nested one too deep": _of(BAD, variables=_nested(MAX_JSON_DEPTH - 1)),
    "JSON nested 1,000 deep": _of(BAD, variables=_nested(1_000)),
    "JSON nested 100,000 deep": _of(COMPLEX, variables=_nested(100_000)),
    "250,000 objects": _of(COMPLEX, query=LIST, variables=b'{"filter": {"or": [' + b"{}," * 250_000 + b"{}]}}"),
    "250,000 objects and no JSON": _of(COMPLEX, query=LIST, variables=b'{"filter": {"or": [' + b"{}," * 250_000),
    "or nested 490 deep in variables": _of(BAD, query=LIST, variables=_or_variables(490)),
    "or nested 490 deep in the query": _of(
        COMPLEX, query=f"{{ objectives(filter: {_ors(490)}) {{ totalCount }} }}"
    ),
    "or nested 490 deep as a default": _of(
        COMPLEX, query=LIST.replace("ObjectiveFilter", f"ObjectiveFilter = {_ors(490)}")
    ),
    "lists nested one too deep in the query": _of(
        COMPLEX, query="{ seq(a: " + "[" * (MAX_DOCUMENT_DEPTH - 1) + "]" * (MAX_DOCUMENT_DEPTH - 1) + ") }"
    ),
    "a type nested 1,000 deep": _of(COMPLEX, query="query ($a: " + "[" * 1_000 + "ID" + "]" * 1_000 + ") { seq }"),
    "a selection nested 500 deep": _of(COMPLEX, query="{ a " * 500 + "}" * 500),
    "brackets never closed": _of(COMPLEX, query="{a" * 10_000),
    "an unknown operationName": _of(BAD, operationName=b'"Nobody"'),
    "an operationName of a document with several": _of(BAD, query=NAMED, operationName=b'"C"'),
    "an empty operationName": _of(BAD, operationName=b'""'),
    "several operations and no name": _of(BAD, INVALID, query=NAMED),
    "a fragment and no operation": _of(BAD, query="fragment F on Query { seq }"),
    "a comment": _of(BAD, PARSE, query="# nothing"),
    "a type definition": _of(BAD, INVALID, query="type Query { seq: Int }"),
    "an operation beside a type definition": _of(INVALID, query="{ seq } type A { b: Int }"),
    "an extension of a type": _of(BAD, INVALID, query="extend type Query { seq: Int }"),
    "a schema definition": _of(BAD, INVALID, query="schema { query: Query }"),
    "a syntax error": _of(PARSE, query="{ seq"),
    "an integer literal of 5,000 digits": _of(
        INVALID, query=f"{{ objectives(first: {MANY_DIGITS.decode()}) {{ totalCount }} }}"
    ),
    "a position of 5,000 digits": _of(INVALID, query=f"{{ changes(after: {MANY_DIGITS.decode()}) {{ endSeq }} }}"),
    "a float literal too large": _of(
        INVALID,
        query='{ objectives(filter: {progress: {gte: 1e999}}) { totalCount } }',
    ),
    "more than 2,500 tokens": _of(PARSE, query="{ " + "seq " * 3_000 + "}"),
    "a directive that is not there": _of(INVALID, query="{ seq @nothing }"),
    "fragments in a circle": _of(
        INVALID, query="{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    ),
    "a fragment of itself": _of(INVALID, query="{ ...A } fragment A on Query { seq ...A }"),
    "a variable that is not defined": _of(INVALID, query="{ objective(id: $id) { id } }"),
    "a variable of the wrong kind": _of(INPUT, query=LIST, variables=b'{"filter": 5}'),
    "a persisted query of the wrong kind": _of(BAD, extensions=b'{"persistedQuery": {"sha256Hash": "00"}}'),
}  # fmt: skip
