"""Input and document attacks: work before execution, and caches of documents and statements."""

import hashlib
import itertools
import secrets
from typing import Any

from attack.client import Attacker
from attack.table import EVERY_WAY, HTTP, SOCKET, attack
from attack.wire import Body

FILTERED = "query ($or: [ObjectiveFilter!]) { objectives(filter: { or: $or }) { totalCount } }"
RECORDED = "mutation ($input: CheckInRecordManyInput!) { checkInRecordMany(input: $input) { seq } }"
OF_KINDS = "query ($filter: ChangeFilter) { changes(after: 0, filter: $filter) { nodes { seq } } }"
NESTED = "query($id: ID!) { cycle(id: $id) { ...F0 } }" + "".join(
    f" fragment F{i} on Cycle {{ id ...F{i + 1} ...F{i + 1} }}" for i in range(20)
)
VIEWERS = "{" + " viewer { name }" * 400 + "}"
MEBIBYTE = 2**20


def once(name: str, says: str, body: Body, *, workers: int = 2) -> None:
    """Register one request, repeated over every transport."""

    async def run(attacker: Attacker) -> None:
        await attacker.flood(body, workers=workers)

    attack(name, says, over=EVERY_WAY)(run)


@attack("3c-fragments", "A document of nested fragments", over=EVERY_WAY)
async def nested_fragments(attacker: Attacker) -> None:
    """Force two to the twentieth visits if every spread of a fragment is visited."""
    cycle = attacker.organization()["cycle"]
    query = f"{NESTED} fragment F20 on Cycle {{ id }}"
    await attacker.flood({"query": query, "variables": {"id": cycle}}, workers=2)


once("3d-filters", "250,000 empty filter objects", {"query": FILTERED, "variables": {"or": [{}] * 250_000}})
once("10a-filters", "300,000 empty filters", {"query": FILTERED, "variables": {"or": [{}] * 300_000}})
once("10b-items", "19,900 items", {"query": RECORDED, "variables": {"input": {"items": [{}] * 19_900}}})
once(
    "10c-kinds",
    "58,000 kinds in a filter",
    {"query": OF_KINDS, "variables": {"filter": {"kinds": ["CYCLE_UPDATED"] * 58_000}}},
)
once("11a-viewers", "viewer { name } 400 times", {"query": VIEWERS})


def distinct(name: str, says: str, make: Any, *, over: tuple[str, ...] = (HTTP, SOCKET), **more: Any) -> None:
    """Register a request that differs each time; `make` receives its number."""

    async def run(attacker: Attacker) -> None:
        count = 300 if attacker.target.is_small else 1_000
        await attacker.flood([make(number) for number in range(count)], workers=4)

    attack(name, says, over=over, **more)(run)


def invalid(number: int) -> Body:
    """Return a 30 kB document with unknown fields."""
    return {"query": "{" + "".join(f" x{number}y{field}" for field in range(2_400)) + "}"}


def valid(number: int) -> Body:
    """Return a valid 30 kB document that requests little: most of it is long aliases."""
    fields = " ".join(f"a{number}x{'y' * 230}{field}: id" for field in range(90))
    return {"query": f"query Q{number} {{ cycles(first: 1) {{ nodes {{ {fields} }} }} }}"}


def persisted(number: int) -> Body:
    """Return a valid document with a hash to persist it by."""
    body = valid(number)
    hashed = hashlib.sha256(body["query"].encode()).hexdigest()
    return {**body, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashed}}}


def unknown(number: int) -> Body:
    """Return a hash that has not been persisted."""
    hashed = hashlib.sha256(f"{number}".encode()).hexdigest()
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashed}}}


distinct("11b-invalid", "Invalid documents of 30 kB, another each time", invalid)
distinct("6a-documents", "Valid documents of 30 kB, another each time", valid)
distinct("6b-persisted", "Persisted documents of 30 kB, another each time", persisted)
distinct("6c-unknown", "Hashes that nobody has persisted", unknown)


@attack("16a-names", "operationName of 1 MB, another each time", over=EVERY_WAY, seconds=10)
async def long_operation_names(attacker: Attacker) -> None:
    """Send names that would be kept as keys and logged."""
    name = "n" * (MEBIBYTE - 2_000)
    await attacker.flood([{"query": "{ seq }", "operationName": f"{name}{n}"} for n in range(100)], workers=4)


@attack("16b-filters", "Filters of unique shapes")
async def filters_of_unique_shapes(attacker: Attacker) -> None:
    """Send filters, each of which PostgreSQL's backends prepare and keep as a statement."""
    names = ("title", "externalId")
    comparators = ("eq", "contains", "startsWith")
    choices = [{one: {how: "x"}} for one in names for how in comparators]
    shapes = itertools.product(choices, repeat=6)
    queries: list[Body] = [
        {"query": FILTERED, "variables": {"or": [{"and": list(shape)}] * 30}} for shape in _some(shapes)
    ]
    await attacker.flood(queries, workers=8)


def _some(shapes: Any) -> list[Any]:
    return [shape for number, shape in enumerate(shapes) if number % 23 == 0][:1_500]


@attack("16c-log", "Requests that are logged with what they say", over=(HTTP, SOCKET))
async def long_lines_in_the_log(attacker: Attacker) -> None:
    """Send names and texts that appear in log messages."""
    text = secrets.token_hex(15_000)
    await attacker.flood({"query": f'{{ objective(id: "{text}") {{ id }} }}'}, workers=4)
