"""Scalars reject values out of range in documents, variables and raw bodies; nothing is changed."""

import json
from typing import Any

import pytest

from tests.graphql.conftest import Stage

RECORD = "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq errors { code } } }"
MACROS = '"keyResult": {"externalId": "macros"}'
HUGE = "9" * 400

# Variables as raw JSON, and words of the expected message.
IN_VARIABLES = {
    "NaN": (f'{{{MACROS}, "value": NaN}}', None),
    "Infinity": (f'{{{MACROS}, "value": Infinity}}', None),
    "-Infinity": (f'{{{MACROS}, "value": -Infinity}}', None),
    "1e400": (f'{{{MACROS}, "value": 1e400}}', "finite"),
    "-1e400": (f'{{{MACROS}, "value": -1e400}}', "finite"),
    "a whole number too long for a double": (f'{{{MACROS}, "value": {HUGE}}}', "finite"),
    "text for a number": (f'{{{MACROS}, "value": "5"}}', "Float cannot represent"),
    "true for a number": (f'{{{MACROS}, "value": true}}', "Float cannot represent"),
    "a list for a number": (f'{{{MACROS}, "value": [5]}}', "Float cannot represent"),
    "NUL in text": (f'{{{MACROS}, "note": "a\\u0000b"}}', "NUL"),
    "half a surrogate pair": (f'{{{MACROS}, "note": "a\\ud800b"}}', "surrogate"),
    "the other half": (f'{{{MACROS}, "note": "a\\udc00"}}', "surrogate"),
    "a number for text": (f'{{{MACROS}, "note": 5}}', "String cannot represent"),
    "NUL in an id": ('{"keyResult": {"id": "key_\\u0000"}, "value": 1}', "NUL"),
    "a surrogate in an external id": ('{"keyResult": {"externalId": "\\ud83d"}, "value": 1}', "surrogate"),
    "a surrogate in a key": (f'{{{MACROS}, "value": 1, "idempotencyKey": "\\udfff"}}', "surrogate"),
    "an instant without a zone": (f'{{{MACROS}, "value": 1, "effectiveAt": "2026-10-01T12:00:00"}}', "time zone"),
    "a day for an instant": (f'{{{MACROS}, "value": 1, "effectiveAt": "2026-10-01"}}', "time zone"),
    "a number for an instant": (f'{{{MACROS}, "value": 1, "effectiveAt": 1790000000}}', "DateTime is text"),
    "no instant": (f'{{{MACROS}, "value": 1, "effectiveAt": "yesterday"}}', "not a DateTime"),
    "an instant beyond all calendars": (f'{{{MACROS}, "value": 1, "effectiveAt": "0001-01-01T00:00:00+14:00"}}', ""),
    "the last instant of all calendars": (f'{{{MACROS}, "value": 1, "effectiveAt": "9999-12-31T23:59:59-14:00"}}', ""),
    "an instant for a day": (f'{{{MACROS}, "value": 1, "effectiveOn": "2026-10-01T12:00:00Z"}}', "not a Date"),
    "no day": (f'{{{MACROS}, "value": 1, "effectiveOn": "2026-02-30"}}', "not a Date"),
    "a week for a day": (f'{{{MACROS}, "value": 1, "effectiveOn": "2026-W40-1"}}', "not a Date"),
    "an unknown word": (f'{{{MACROS}, "status": "FINE"}}', "FINE"),
    "a field that is not there": (f'{{{MACROS}, "value": 1, "valeu": 2}}', "valeu"),
    "null for what is needed": ("null", "non-null type"),
    "a list for an input": ("[]", ""),
    "true for an id": ('{"keyResult": {"id": true}, "value": 1}', "ID cannot represent"),
    "a list for an id": ('{"keyResult": {"id": ["x"]}, "value": 1}', "ID cannot represent"),
    "an unknown word that cannot be written": (f'{{{MACROS}, "status": "\\ud800"}}', ""),
    "a field that cannot be written": (f'{{{MACROS}, "\\ud800": 2}}', ""),
}  # fmt: skip


async def posted(stage: Stage, body: str | bytes) -> tuple[int, Any]:
    """Post a raw body; return the status and the JSON of the response."""
    data = body.encode() if isinstance(body, str) else body
    response = await stage.client.http.post(
        "/graphql", content=data, headers={"Content-Type": "application/json"}
    )
    assert response.headers["content-type"].partition(";")[0] in (
        "application/json",
        "application/graphql-response+json",
    )
    return response.status_code, response.json()


@pytest.mark.parametrize("what", IN_VARIABLES)
async def test_it_is_refused_in_variables(what: str, stage: Stage):
    given, words = IN_VARIABLES[what]
    tables = await stage.acme.tables()
    status, answer = await posted(
        stage, f'{{"query": {json.dumps(RECORD)}, "variables": {{"input": {given}}}}}'
    )
    [error] = answer["errors"]
    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "BAD_REQUEST")
    assert status in (200, 400)
    assert (words or "") in error["message"]
    assert await stage.acme.tables() == tables


LITERALS = {
    "NaN": ("value: NaN", "Float"),
    "Infinity": ("value: Infinity", "Float"),
    "1e400": ("value: 1e400", "finite"),
    "too long": (f"value: {HUGE}", "finite"),
    "text for a number": ('value: "5"', "cannot represent"),
    "true for a number": ("value: true", "cannot represent"),
    "NUL": ('note: "a\\u0000b"', "NUL"),
    "half a pair": ('note: "a\\ud800b"', ""),
    "an instant without a zone": ('effectiveAt: "2026-10-01T12:00:00"', "time zone"),
    "no day": ('effectiveOn: "2026-02-30"', "not a Date"),
    "a word in quotes": ('status: "ON_TRACK"', "ON_TRACK"),
}


@pytest.mark.parametrize("what", LITERALS)
async def test_it_is_refused_as_a_literal(what: str, stage: Stage):
    given, words = LITERALS[what]
    tables = await stage.acme.tables()
    answer = await stage.client.answer(
        f'mutation {{ checkInRecord(input: {{keyResult: {{externalId: "macros"}}, {given}}}) {{ seq }} }}'
    )
    [error] = answer["errors"]
    assert error["extensions"]["code"] in ("GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED")
    assert words in error["message"]
    assert await stage.acme.tables() == tables


@pytest.mark.parametrize("after", ("-1", "9007199254740993", "1.5", '"1"', "true", "null", HUGE))
async def test_a_seq_is_a_whole_number_up_to_2_to_the_53(after: str, stage: Stage):
    query = "query ($after: Seq!) { changes(after: $after) { endSeq } }"
    for body in (
        f'{{"query": {json.dumps(query)}, "variables": {{"after": {after}}}}}',
        json.dumps({"query": f"{{ changes(after: {after}) {{ endSeq }} }}"}),
    ):
        _, answer = await posted(stage, body)
        [error] = answer["errors"]
        assert error["extensions"]["code"] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "BAD_REQUEST")
        assert "INTERNAL" not in str(answer)


async def test_the_greatest_seq_is_a_seq(stage: Stage):
    problem = await stage.client.problem("{ changes(after: 9007199254740992) { endSeq } }")
    assert problem["code"] == "CURSOR_AHEAD"


@pytest.mark.parametrize(
    ("given", "answered"),
    (
        ("2026-10-01T12:00:00Z", "2026-10-01T12:00:00Z"),
        ("2026-10-01T14:00:00.5+02:00", "2026-10-01T12:00:00.500000Z"),
        ("2026-10-01T12:00:00.123456789Z", "2026-10-01T12:00:00.123456Z"),
        ("20261001T120000Z", "2026-10-01T12:00:00Z"),
    ),
)
async def test_an_instant_is_answered_in_utc_with_z(given: str, answered: str, stage: Stage):
    data = await stage.client.ask("query ($n: [ID!]!) { nodes(ids: $n) { id } }", n=[])
    assert data == {"nodes": []}
    done = await stage.client.try_(
        "checkInRecord",
        "checkIn { effectiveAt }",
        keyResult={"externalId": "load"},
        value=50,
        effectiveAt=given,
    )
    if done["errors"]:
        assert [error["code"] for error in done["errors"]] == ["READING_IN_FUTURE"]
    else:
        assert done["checkIn"]["effectiveAt"] == answered


async def test_text_of_any_script_comes_back_as_it_was(stage: Stage):
    for note in (
        "漢字 🙂 é e\u0301",
        "\u200f\u202e",
        '"\\ \t\r\n',
        "\x01\x1f",
        "\ufffe\uffff",
        "{row} $1 %s",
    ):
        done = await stage.client.do(
            "checkInRecord", "checkIn { note }", keyResult={"externalId": "macros"}, note=note
        )
        assert done["checkIn"]["note"] == note
    status, answer = await posted(
        stage,
        json.dumps(
            {
                "query": RECORD.replace("seq", "checkIn { note }"),
                "variables": {"input": {"keyResult": {"externalId": "macros"}, "note": "🙂"}},
            }
        ),
    )
    assert (status, answer["data"]["checkInRecord"]["checkIn"]) == (200, {"note": "🙂"})


@pytest.mark.parametrize("value", (0.1, 1e15, -1e15, 1e-300, 123456789012345.6, -0.0, 5))
async def test_a_number_comes_back_to_the_last_bit(value: float, stage: Stage):
    done = await stage.client.do(
        "checkInRecord", "checkIn { value }", keyResult={"externalId": "macros"}, value=value
    )
    assert done["checkIn"]["value"] == value
