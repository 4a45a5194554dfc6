"""Organisations and documents with large responses: few rows that are written many times, and long texts."""

from typing import Any
from uuid import UUID

from tests.acme import MORE_OBJECTIVES, Acme

LONG = 10_000  # characters of a description
NUMBERED = """
    update objective set title = title || ' ' || place from (
        select id, row_number() over (order by id) - 1 as place from objective where cycle_id = $1
    ) numbered where objective.id = numbered.id
"""
ALIGNED = """
    insert into alignment
    select made.* from alignment copied
    join objective child on child.cycle_id = $1 and child.id <> copied.child_id
    join objective parent on parent.cycle_id = $1 and parent.id <> child.id
        and split_part(parent.title, ' ', 2)::int / $2 = split_part(child.title, ' ', 2)::int / $2 - 1,
    jsonb_populate_record(copied, jsonb_build_object(
        'child_id', child.id, 'parent_id', parent.id, 'parent_objective_id', parent.id)) made
    where copied.child_id = $3
"""
KEY_RESULTS = """
    insert into key_result
    select made.* from key_result copied
    join objective holder on holder.cycle_id = $2, generate_series(1, $3) number,
    jsonb_populate_record(copied, jsonb_build_object(
        'id', gen_random_uuid(), 'number', number, 'objective_id', holder.id, 'external_id', null)) made
    where copied.id = $1
"""
CHECK_INS = """
    insert into check_in
    select made.* from check_in copied
    join key_result measured on measured.objective_id in (select id from objective order by id limit $2),
    generate_series(1, $3) number,
    jsonb_populate_record(copied, jsonb_build_object(
        'id', gen_random_uuid(), 'number', number, 'key_result_id', measured.id, 'external_id', null)) made
    where copied.id = $1
"""


async def copies(acme: Acme, count: int, description: str | None = None) -> UUID:
    """Create a cycle with this many identical objectives; return its id."""
    cycle = await acme.cycle("Large")
    first = await acme.objective("Copy", description=description, cycle=cycle)
    await acme.fetch(MORE_OBJECTIVES, first, count - 1)
    await acme.person("Somebody")  # a change of the feed, which does not know of rows inserted by SQL
    return cycle


async def layers(acme: Acme, count: int, width: int) -> UUID:
    """Create a cycle with this many layers of objectives, each aligned to all of the layer above."""
    cycle = await copies(acme, count * width)
    await acme.fetch(NUMBERED, cycle)
    await acme.fetch(ALIGNED, cycle, width, acme.answer_fast)
    await acme.fetch("analyze")
    return cycle


async def with_key_results(acme: Acme, cycle: UUID, each: int) -> None:
    """Add this many key results to each objective of a cycle."""
    await acme.fetch(KEY_RESULTS, acme.macros, cycle, each)
    await acme.fetch("analyze")


async def with_check_ins(acme: Acme, objectives: int, each: int) -> None:
    """Add this many check-ins to each key result of the first objectives."""
    copied = await acme.check_in(acme.macros, 5, note="x" * 200)
    await acme.fetch(CHECK_INS, copied, objectives, each)
    await acme.fetch("analyze")


def nested(levels: int, down: str, inside: str) -> str:
    """Return a selection that is nested in itself this many levels deep."""
    return f"{down} {{ " * levels + inside + " }" * levels


def aliases(count: int, field: str) -> str:
    """Return a field under this many aliases."""
    return " ".join(f"a{place}: {field}" for place in range(count))


# Four times down to all children and up to all of their parents, in about 473 bytes.
UP_AND_DOWN = nested(4, "children { id parents { parent { ... on Objective", "id") + " } } }" * 4
TOP = 'query {{ objectives(first: 5, filter: {{ title: {{ eq: "Copy 0" }} }}) {{ {parts} }} }}'
EXPLOSIONS: dict[str, str] = {
    "up and down": "query ($id: ID!) { objective(id: $id) { id " + UP_AND_DOWN + " } }",
    "layers": "query ($id: ID!) { objective(id: $id) { " + nested(13, "children", "id title") + " } }",
    "nodes": "query ($id: ID!) { nodes(ids: [$id, $id]) { ... on Objective { "
    + nested(12, "children", "id title")
    + " } } }",
    "a tree": "query ($cycle: ID!) { objectiveTree(cycleId: $cycle) { roots { "
    + nested(12, "children", "id title")
    + " } } }",
    "a page": TOP.format(parts="nodes { " + nested(10, "children", "id title") + " }"),
    "edges": TOP.format(parts="edges { node { " + nested(10, "children", "id title") + " } }"),
    "names of types": "query ($id: ID!) { objective(id: $id) { "
    + nested(5, "children", aliases(90, "__typename"))
    + " } }",
}
DESCRIPTIONS = (
    'query ($first: Int!) { objectives(first: $first, filter: { title: { eq: "Copy" } }) { nodes { '
    + aliases(95, "description")
    + " } } }"
)


def variables_for(text: str, **known: Any) -> dict[str, Any]:
    """Return those of the given variables that the document declares."""
    return {name: value for name, value in known.items() if f"${name}:" in text}
