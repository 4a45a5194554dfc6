"""Every text of every input has a limit: 100,001 characters are rejected with the path of the field."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNamedType, GraphQLNonNull, get_named_type

from okr_api.graphql.schema import schema
from okr_api.okr.measure import MAX_MILESTONE_KEY_LENGTH, MAX_MILESTONES
from okr_api.okr.people import MAX_EMAIL_LENGTH
from tests.graphql.cases import CASES, NEXT
from tests.graphql.conftest import Stage
from tests.serving import input_type, mutations

LONG = "x" * 100_001
STEPS = {"milestones": [{"name": "Plan"}], "targetValue": None}
# Fields that are needed for the text to be validated.
BESIDES: dict[str, dict[str, Any]] = {
    "keyResultCreate": {
        "milestones": {"measure": "MILESTONES", **STEPS},
        "formula": {"formula": {"function": "SUM"}},
    },
    "keyResultUpdate": {
        "milestones": {"keyResult": {"externalId": "rollout"}, **STEPS},
        "formula": {"formula": {"function": "SUM"}},
    },
    "checkInRecord": {
        "milestonesDone": {"keyResult": {"externalId": "rollout"}, "value": None},
        "objective": {"keyResult": None, "value": None, "status": "AT_RISK"},
        "roadblocks": {"roadblocks": [{"title": "Wall"}]},
        "initiatives": {"initiatives": [{"title": "Work"}]},
        "decisions": {"decisions": [{"text": "Go"}]},
    },
}
Path = tuple[str, ...]


def texts(kind: GraphQLInputObjectType, before: Path = ()) -> Iterator[Path]:
    """Yield the paths of all texts and ids of an input; `0` is the first item of a list."""
    for name, field in kind.fields.items():
        type_, path = field.type, (*before, name)
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            path += ("0",)
        named: GraphQLNamedType = get_named_type(type_)
        if isinstance(named, GraphQLInputObjectType):
            yield from texts(named, path)
        elif named.name in ("String", "ID"):
            yield path


def put(input: Any, path: Path, value: Any) -> Any:
    """Return the input with the value at the path, without other references to the same entity."""
    step, *rest = path
    if step == "0":
        [first, *others] = input or [{}]
        return [put(first, tuple(rest), value) if rest else value, *others]
    given = dict(input or {})
    if not rest and given.keys() <= {"id", "externalId"}:
        given = {}
    within = (
        {} if step in ("parent", "for", "needing", "giving", "on", "about", "source") else given.get(step)
    )  # one of its fields only
    return given | {step: put(within, tuple(rest), value) if rest else value}


EVERY = [
    pytest.param(mutation, path, id=f"{mutation}-{'.'.join(path)}")
    for mutation in mutations()
    for path in texts(schema._schema.type_map[input_type(mutation)])  # type: ignore[arg-type]
]


def input_with(mutation: str, path: Path, value: str) -> dict[str, Any]:
    """Return the case's input with a text at the path."""
    besides = BESIDES.get(mutation, {}).get(path[0], {})
    given = {name: one for name, one in {**CASES[mutation].input, **besides}.items() if one is not None}
    if path[0] == "items" and path[-2:] == ("milestonesDone", "0"):
        given["items"] = [{"keyResult": {"externalId": "rollout"}}]
    if mutation == "checkInRecordMany" and path[2:3] == ("objective",):
        given["items"] = [{"status": "AT_RISK"}]
    put_in: dict[str, Any] = put(given, path, value)
    return put_in


@pytest.mark.parametrize(("mutation", "path"), EVERY)
async def test_a_text_of_100_001_characters_is_refused_where_it_stands(
    mutation: str, path: Path, stage: Stage
):
    if mutation == "cycleRollOver":
        await stage.client.try_(NEXT[0], **NEXT[1])  # there already, after the first path
    done = await stage.client.try_(mutation, **input_with(mutation, path, LONG))
    [error] = done["errors"]
    assert error["code"] in ("INVALID_INPUT", "NOT_FOUND", "NOT_AN_EMOJI")
    assert error["path"] in (list(path), list(path[:-1]) if path[-1] == "0" else None)
    assert len(error["message"]) < 500


async def test_a_milestone_key_has_at_most_200_characters(stage: Stage):
    new = {"objective": {"externalId": "clear_backlog"}, "title": "New", "measure": "MILESTONES"}
    longest, longer = "x" * MAX_MILESTONE_KEY_LENGTH, "x" * (MAX_MILESTONE_KEY_LENGTH + 1)
    made = await stage.client.make("keyResultCreate", **new, milestones=[{"name": "A", "key": longest}])
    assert await stage.client.refused(
        "keyResultCreate", **new, milestones=[{"name": "A", "key": longer}]
    ) == [("INVALID_INPUT", ["milestones", "0", "key"])]
    await stage.client.do("checkInRecord", keyResult={"id": made}, milestonesDone=[longest])
    for done in ([longer], [f"{i}" for i in range(MAX_MILESTONES + 1)]):
        assert await stage.client.refused("checkInRecord", keyResult={"id": made}, milestonesDone=done) == [
            ("INVALID_INPUT", ["milestonesDone"])
        ]


async def test_an_e_mail_address_has_at_most_320_characters(stage: Stage):
    def email(characters: int) -> str:
        return "".join(chr(0x4E00 + i) for i in range(characters - 10)) + "@a.example"[:10]

    assert len(email(MAX_EMAIL_LENGTH)) == MAX_EMAIL_LENGTH
    made = await stage.client.make("personCreate", name="Dana", email=email(MAX_EMAIL_LENGTH))
    for longer in (MAX_EMAIL_LENGTH + 1, 9_000):
        for mutation, input in (
            ("personCreate", {"name": "Eve"}),
            ("personUpdate", {"person": {"id": made}}),
        ):
            assert await stage.client.refused(mutation, **input, email=email(longer)) == [
                ("INVALID_INPUT", ["email"])
            ]
