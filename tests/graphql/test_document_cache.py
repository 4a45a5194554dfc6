"""Preparing a document takes time linear in its size, happens once, and is charged."""

import asyncio
from time import process_time
from typing import Any

import pytest
from graphql import (
    NoFragmentCyclesRule,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from okr_api.graphql.document_cache import (
    BYTES_PER_COST,
    MAX_INLINE_PREPARATION_BYTES,
    MAX_VALIDATION_ERRORS,
    REFUSAL_COST,
    DocumentCache,
)
from okr_api.graphql.document_limits import MAX_FRAGMENTS, MAX_LITERAL_OBJECTS, MAX_OPERATIONS
from okr_api.graphql.field_merging import MAX_FIELDS_MERGED, MAX_SUBSCRIBED_FIELDS_MERGED, FieldMerging
from okr_api.graphql.input_limits import MAX_INPUT_DEPTH, MAX_INPUT_OBJECT_FIELDS
from okr_api.graphql.schema import schema

CORE = schema._schema
KINDS = build_schema(
    "interface I { a(x: Int): Int o: I l: [I] s: String } "
    "type A implements I { a(x: Int): Int o: I l: [I] s: String b: Int p: A! q: B } "
    "type B implements I { a(x: Int): Int o: I l: [I] s: String b: String p: A q: B! } "
    "union U = A | B type Query { i: I u: U a: A b: B }"
)
LEAVES = ("a", "a(x: 1)", "a(x: 2)", "b", "s", "__typename", "x: a", "x: b", "x: s")
OBJECTS = ("i", "u", "a", "b", "o", "l", "p", "q", "x: o", "x: l", "x: p", "x: q")
TYPES = ("A", "B", "I", "U")
SELECTIONS = st.recursive(
    st.sampled_from((*LEAVES, "...F0", "...F1")),
    lambda inner: st.tuples(
        st.sampled_from((*OBJECTS, "...", *(f"... on {name}" for name in TYPES))),
        st.lists(inner, min_size=1, max_size=4),
    ).map(lambda made: f"{made[0]} {{ {' '.join(made[1])} }}"),
    max_leaves=12,
)


@given(
    st.lists(SELECTIONS, min_size=1, max_size=4),
    st.tuples(*[st.tuples(st.sampled_from(TYPES), SELECTIONS)] * 2),
)
def test_fields_can_be_merged_where_graphql_core_says_so(selected: list[str], fragments: Any):
    text = f"{{ u {{ {' '.join(selected)} ...F0 ...F1 }} }}" + "".join(
        f" fragment F{i} on {name} {{ {inner} }}" for i, (name, inner) in enumerate(fragments)
    )
    document = parse(text)
    found = validate(KINDS, document, [FieldMerging])
    if not validate(KINDS, document, [NoFragmentCyclesRule]):
        assert bool(found) == bool(validate(KINDS, document, [OverlappingFieldsCanBeMergedRule]))


REPEATED = {
    "a root field": ("{", "viewer { name }", "}", 4),
    "a field": ("{ viewer {", "name", "} }", 1),
    "an argument": ("{", 'objectives(first: 1, filter: { title: { eq: "a" } }) { totalCount }', "}", 20),
    "an inline fragment": ('{ node(id: "x") {', "... on Cycle { id parent { id } }", "} }", 10),
    "introspection": ("{ __schema { types {", "fields { type { name } }", "} } }", 7),
    "a nested field": ('{ cycle(id: "x") {', "parent { parent { id name } }", "} }", 8),
}
SMALL, LARGE = 150, 2_400  # tokens


def seconds_to_prepare(text: str) -> float:
    """Return the least of three CPU times, so that a busy machine does not matter."""
    times = []
    for _ in range(3):
        begun = process_time()
        assert not DocumentCache(CORE).prepare(text).errors
        times.append(process_time() - begun)
    return min(times)


@pytest.mark.parametrize("what", REPEATED)
def test_preparing_a_document_takes_as_long_as_it_is(what: str):
    begin, repeated, end, tokens = REPEATED[what]
    small, large = (
        seconds_to_prepare(f"{begin} {f'{repeated} ' * (size // tokens)} {end}") for size in (SMALL, LARGE)
    )
    assert large < 2 * LARGE / SMALL * small


def subscription(fields: int) -> str:
    """Return a subscription with this many fields, counted with fragments expanded."""
    times, more = divmod(fields - 1, 21)
    changes = " ".join(f"a{place}: deltas {{ ...F }}" for place in range(times))
    rest = " ".join(f"b{place}: seq" for place in range(more))
    selected = " ".join(f"c{place}: __typename" for place in range(20))
    return f"subscription {{ changes {{ {changes} {rest} }} }} fragment F on ProgressDelta {{ {selected} }}"


REFUSED = {
    "operations": "".join(f" query Q{i} {{ seq }}" for i in range(MAX_OPERATIONS + 1)),
    "fragments": "{ seq }" + "".join(f" fragment F{i} on Query {{ seq }}" for i in range(MAX_FRAGMENTS + 1)),
    "input objects": "{ objectives(filter: { or: [" + "{}" * MAX_LITERAL_OBJECTS + "] }) { totalCount } }",
    "fields in one input object": "{ objectives(filter: {"
    + "".join(f" a{i}: 1" for i in range(MAX_INPUT_OBJECT_FIELDS + 1))
    + " }) { totalCount } }",
    "deeper": "{ nodes(ids: " + "[" * (MAX_INPUT_DEPTH + 1) + "]" * (MAX_INPUT_DEPTH + 1) + ") { id } }",
    f"more than {MAX_FIELDS_MERGED} fields": "{ cycle(id: 1) { ...L0 } }"
    + "".join(
        f" fragment L{i} on Cycle {{ a: parent {{ id ...L{i + 1} ...S1 }} b: parent {{ id ...L{i + 1} }} }}"
        for i in range(11)
    )
    + "".join(
        f" fragment S{i} on Cycle {{ a: parent {{ id ...S{i + 1} }} b: parent {{ id ...S{i + 1} }} }}"
        for i in range(1, 10)
    )
    + " fragment L11 on Cycle { id } fragment S10 on Cycle { id }",
    f"more than {MAX_SUBSCRIBED_FIELDS_MERGED} fields": subscription(MAX_SUBSCRIBED_FIELDS_MERGED + 1),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_document_beyond_a_limit_is_refused_before_it_is_validated(what: str):
    [error] = DocumentCache(CORE).prepare(REFUSED[what]).errors
    assert what in error.message
    assert error.extensions == {"code": "TOO_COMPLEX"}


def test_a_subscription_at_its_limit_of_fields_is_valid():
    assert DocumentCache(CORE).prepare(subscription(MAX_SUBSCRIBED_FIELDS_MERGED)).errors == []


def test_at_most_five_errors_of_a_document_are_told():
    wrong = "{" + "".join(f" wrong{i}" for i in range(20)) + " }"
    errors = DocumentCache(CORE).prepare(wrong).errors
    assert len(errors) == MAX_VALIDATION_ERRORS + 1
    assert errors[-1].message.startswith("Too many validation errors")


def test_a_document_is_validated_and_charged_by_its_size_once_and_a_refusal_again():
    documents, charged = DocumentCache(CORE), list[int]()
    valid, invalid = "{ seq }", "{ seqq }"
    first = documents.prepare(valid, charged.append)
    assert documents.prepare(valid, charged.append) is first
    assert charged == [len(valid) // BYTES_PER_COST]
    charged.clear()
    errors = [documents.prepare(invalid, charged.append).errors for _ in range(3)]
    assert charged == [len(invalid) // BYTES_PER_COST, REFUSAL_COST, REFUSAL_COST]
    assert errors[0] is errors[2]
    assert errors[0][0].formatted["locations"] == [{"line": 1, "column": 3}]
    assert errors[0][0].nodes is None
    assert documents.validations == 2


async def test_a_large_document_is_prepared_once_for_all_who_send_it_meanwhile():
    cache, charged = DocumentCache(CORE), list[int]()
    text = "{ viewer {" + " name" * 600 + " } }"
    assert len(text) > MAX_INLINE_PREPARATION_BYTES
    asking = [asyncio.create_task(cache.prepare_aside(text, charged.append)) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()  # the first client disconnects
    prepared = await asyncio.gather(*asking[1:])
    assert all(one is prepared[0] for one in prepared)
    assert prepared[0].document
    assert cache.validations == 1
    assert charged == [len(text) // BYTES_PER_COST]
    assert await cache.prepare_aside(text, charged.append) is prepared[0]
    assert cache.prepare(text, charged.append) is prepared[0]
    assert len(charged) == 1
