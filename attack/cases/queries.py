"""Query attacks: large responses, and work that the operation cost underestimates."""

import asyncio

from attack.client import Attacker
from attack.table import EVERY_WAY, HTTP, SOCKET, attack
from attack.wire import Body

MAX_ALIASES = 99
INTROSPECTION = (
    "{ __schema { types { name description fields(includeDeprecated: true) { name description args { name "
    "description type { ...T } defaultValue } type { ...T } } inputFields { name type { ...T } } "
    "enumValues { name } possibleTypes { ...T } } directives { name args { name type { ...T } } } } } "
    "fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }"
)


def aliased(field: str, count: int = MAX_ALIASES) -> str:
    """Return the field under many aliases."""
    return " ".join(f"a{number}: {field}" for number in range(count))


def tree(attacker: Attacker, fields: str = "id title status progress", *, beside: str = "") -> Body:
    """Return a query of the flat tree of the cycle."""
    rows = f"rows {{ depth parentIds objective {{ {fields} }} }}"
    cycle = attacker.organization()["cycle"]
    return {
        "query": f"query($c: ID!) {{ {beside} objectiveTree(cycleId: $c) {{ {rows} }} }}",
        "variables": {"c": cycle},
    }


@attack("3e-typename", "The whole tree beside a root __typename", over=EVERY_WAY)
async def a_tree_beside_typename(attacker: Attacker) -> None:
    """Force execution by graphql-core, which takes ten times as long."""
    await attacker.flood(tree(attacker, beside="__typename"), workers=2)


@attack("3f-refused", "The whole tree beside a root that is refused", over=EVERY_WAY)
async def a_tree_beside_a_refused_root(attacker: Attacker) -> None:
    """Add a root with a page of a thousand, which is rejected."""
    await attacker.flood(tree(attacker, beside="objectives(first: 1000) { nodes { id } }"), workers=2)


@attack("8a-parents", "children { parents { parent { … four times", over=EVERY_WAY)
async def children_of_parents(attacker: Attacker) -> None:
    """Nest where each layer has ten parents of ten children."""
    root = attacker.organization("layers")["roots"][0]
    inner = "id"
    for _ in range(4):
        inner = f"children {{ parents {{ parent {{ ... on Objective {{ {inner} }} }} }} }}"
    await attacker.flood({"query": f'{{ objective(id: "{root}") {{ {inner} }} }}'}, org="layers")


@attack("8b-layers", "Thirteen layers of ten objectives, nested", over=EVERY_WAY)
async def nested_layers(attacker: Attacker) -> None:
    """Request ten to the twelfth paths."""
    cycle = attacker.organization("layers")["cycle"]
    inner = "id"
    for _ in range(12):
        inner = f"id title children {{ {inner} }}"
    await attacker.flood(
        {"query": f'{{ objectiveTree(cycleId: "{cycle}") {{ roots {{ {inner} }} }} }}'}, org="layers"
    )


@attack("8c-layers", "Six of the layers, nested", over=(HTTP, SOCKET))
async def some_nested_layers(attacker: Attacker) -> None:
    """Request a million objectives of a tree that has about a hundred."""
    cycle = attacker.organization("layers")["cycle"]
    inner = "id title description"
    for _ in range(5):
        inner = f"id children {{ {inner} }}"
    await attacker.flood(
        {"query": f'{{ objectiveTree(cycleId: "{cycle}") {{ roots {{ {inner} }} }} }}'}, org="layers"
    )


@attack("8d-descriptions", "99 aliases of the descriptions of a hundred objectives", over=EVERY_WAY)
async def aliases_of_descriptions(attacker: Attacker) -> None:
    """Request 10,000 characters per description."""
    query = f"{{ objectives(first: 100) {{ nodes {{ {aliased('description')} }} }} }}"
    await attacker.flood({"query": query}, org="layers", workers=2)


@attack("8e-tree", "99 aliases of the descriptions of a whole tree", over=(HTTP, SOCKET))
async def aliases_in_a_tree(attacker: Attacker) -> None:
    """Request 82 characters per description, of 20,000 objectives."""
    await attacker.flood(tree(attacker, aliased("description")), workers=2)


@attack("12a-contains", "totalCount with 200 times contains", over=(HTTP, SOCKET))
async def two_hundred_contains(attacker: Attacker) -> None:
    """Compare 200 texts with the title of every objective."""
    filters = [{"title": {"contains": f"nothing {number} like it"}} for number in range(200)]
    query = "query($or: [ObjectiveFilter!]) { objectives(filter: { or: $or }) { totalCount } }"
    await attacker.flood({"query": query, "variables": {"or": filters}}, workers=8)


@attack("12b-changes", "changes with a filter that matches nothing", over=(HTTP, SOCKET))
async def changes_that_match_nothing(attacker: Attacker) -> None:
    """Repeat the field fifty times in one operation."""
    before = attacker.organization()["feed"]["before"]
    root = (
        f"changes(after: {before}, first: 100, filter: {{ kinds: [PERSON_REMOVED] }}) {{ nodes {{ seq }} }}"
    )
    await attacker.flood({"query": f"{{ {aliased(root, 50)} }}"}, workers=4)


@attack("12c-roots", "50 root fields with a page each", over=EVERY_WAY)
async def fifty_root_fields(attacker: Attacker) -> None:
    """Request key results and check-ins on each page."""
    root = "objectives(first: 100) { nodes { id title keyResults { id title latestCheckIn { id note } } } }"
    await attacker.flood({"query": f"{{ {aliased(root, 50)} }}"}, workers=4)


@attack("12d-trees", "The whole tree, 8 at a time", over=EVERY_WAY)
async def whole_trees(attacker: Attacker) -> None:
    """Request trees of the maximum size."""
    await attacker.flood(tree(attacker), workers=8)


@attack("12e-introspection", "Introspection, 8 at a time", over=EVERY_WAY)
async def introspection(attacker: Attacker) -> None:
    """Send introspection queries, which read no data."""
    await attacker.flood({"query": INTROSPECTION}, workers=8)


@attack("13b-trees", "300 trees at once")
async def many_trees_at_once(attacker: Attacker) -> None:
    """Send each over its own connection."""
    await attacker.flood(tree(attacker), workers=300)


@attack("13c-cheap", "Small queries by 200 connections of one token")
async def small_queries_without_a_pause(attacker: Attacker) -> None:
    """Flood with queries that cost almost nothing each."""
    ids = attacker.organization()["objectives"]
    query = "query($id: ID!) { objective(id: $id) { id title } }"
    bodies: list[Body] = [{"query": query, "variables": {"id": id}} for id in ids[:50]]
    await attacker.flood(bodies, workers=200)


@attack("13d-writes", "Edits by 100 connections of one token", over=(HTTP, SOCKET))
async def edits_without_a_pause(attacker: Attacker) -> None:
    """Send edits, each of which counts as ten."""
    ids = attacker.organization()["objectives"]
    update = "objectiveUpdate(input: { objective: {id: $id}, title: $t }) { seq errors { code } }"
    query = f"mutation($id: ID!, $t: String!) {{ {update} }}"
    bodies: list[Body] = [
        {"query": query, "variables": {"id": id, "t": f"Title {number}"}} for number, id in enumerate(ids)
    ]
    await attacker.flood(bodies, workers=100)


@attack("13e-left", "Expensive queries whose clients leave at once")
async def clients_that_leave(attacker: Attacker) -> None:
    """Disconnect early; the work should stop and still be charged."""
    body = tree(attacker)

    async def work() -> None:
        connection = attacker.connection()
        while not attacker.is_over:
            try:
                async with asyncio.timeout(0.05):
                    await attacker.ask(connection, attacker.prepared(body, attacker.token()))
            except TimeoutError:
                attacker.count("left")
            connection.close()

    await attacker.run_workers(work, 20)
