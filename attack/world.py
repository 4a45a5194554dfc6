"""Attack data: four organisations in an embedded PostgreSQL, filled by COPY and kept as a template.

big        20,000 objectives in one cycle, and a feed of 20,000 changes, some of them large; for the attackers
layers     13 layers of 10 objectives, each aligned with all ten above it, with the longest descriptions
benchmark  the data of `make bench`: 10,000 objectives whose cycle is closed, reviewed, exported
neighbor   a small one, whose clients must not be affected
"""

import asyncio
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

import okr_api
from bench.filling import COPY_LIMIT_S, Copying, put_organization, put_versions, say
from bench.organization import Making, Part, Sizes, now
from okr_api.auth.tokens import hash_token
from okr_api.okr.alignment import Alignment
from okr_api.okr.author import Author
from okr_api.okr.change import Change, Delta
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.computed_values import Status
from okr_api.okr.cycle import Cycle
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import MAX_TEXT_LENGTH, Objective
from okr_api.okr.tree import Tree
from okr_api.query_engine.global_ids import encode_id
from okr_api.store import tables
from okr_api.store.change_nodes import repair_listing
from okr_api.store.delta_documents import DeltaDocuments
from okr_api.store.embedded import EmbeddedPostgres, cluster
from okr_api.store.mappers.change import change_row
from okr_api.store.schema_version import migrate

SEED = 1
LAYERS, WIDTH = 13, 10
NAMED = 1_000  # objectives and key results whose ids the attackers know
FRESH_FOR = timedelta(days=7)
MADE_BY = (Path(__file__), Path(okr_api.__file__).parent / "store" / "migrations" / "versions")
SCOPES = {"honest": "check_in", "attacker": "admin"}
World = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """Amount of data."""

    big: Sizes
    benchmark: Sizes
    changes: int
    large_changes: int
    deltas: int  # per large change


SCALES = {
    "full": Scale(Sizes(objectives=20_000, key_results=40_000, check_ins=60_000), Sizes(), 20_000, 60, 6_000),
    "small": Scale(
        Sizes(objectives=1_500, key_results=3_000, check_ins=4_000, trees=4, people=20),
        Sizes(objectives=300, key_results=900, check_ins=2_000, trees=2, people=20),
        2_000,
        10,
        500,
    ),
}
NEIGHBOR = Sizes(objectives=60, key_results=210, check_ins=900, trees=2, people=5)


class Named(Making):
    """An organisation as in the benchmark, with another name."""

    def __init__(self, name: str, sizes: Sizes, seed: int, as_of: datetime) -> None:
        super().__init__(sizes, seed, as_of)
        self.organization = replace(self.organization, name=name)


class Layers(Named):
    """Objectives in layers, each aligned with all of the layer above, for the maximum number of paths."""

    def __init__(self, name: str, as_of: datetime) -> None:
        count = LAYERS * WIDTH
        super().__init__(name, Sizes(count, count, count, trees=1, people=5), SEED + 1, as_of)

    def _objective(self, cycle: Cycle, begin: datetime, level: int, tree_number: int) -> Objective:
        made = super()._objective(cycle, begin, level, tree_number)
        return replace(made, description="Long " * (MAX_TEXT_LENGTH // 5))

    def _plan(self, tree: Tree, cycle: Cycle, begin: datetime) -> None:
        above: list[UUID] = []
        for level in range(LAYERS):
            here = [self._objective(cycle, begin, level, 0) for _ in range(WIDTH)]
            for objective in here:
                tree.objectives[objective.id] = objective
                tree.put_key_result(self._key_result(objective, cycle, begin))
                for parent in above:
                    tree.put_alignment(Alignment(objective.id, parent, None))
            above = [objective.id for objective in here]


async def fill(server: EmbeddedPostgres, scale: Scale) -> World:
    """Fill the empty database of the service; return ids and tokens by organisation."""
    await migrate(server.dsn)
    as_of = now()
    superuser = server.dsn_of(cluster.DATABASE, role=cluster.ADMINISTRATOR)
    connection = await asyncpg.connect(superuser, command_timeout=COPY_LIMIT_S)
    try:
        # As superuser, foreign keys are not checked: this halves the time, and the rows are the same.
        await connection.execute(f"set session_replication_role = replica; set role {cluster.OWNER}")
        async with connection.transaction():
            world: World = {"made_at": as_of.isoformat()}
            for making in (
                Named("big", scale.big, SEED, as_of),
                Layers("layers", as_of),
                Named("benchmark", scale.benchmark, SEED + 2, as_of),
                Named("neighbor", NEIGHBOR, SEED + 3, as_of),
            ):
                name = making.organization.name
                part = await put_organization(connection, making, _tokens(making), say)
                world[name] = _known(making, part)
                if name == "big":
                    world[name]["feed"] = await _put_feed(connection, making, part, scale)
            await put_versions(connection, as_of)
        await connection.execute("vacuum (analyze, freeze)")
    finally:
        await connection.close()
    return world


def secret(organization: str, who: str) -> str:
    """Return a token of the trial, which is not a secret."""
    return f"okr_this_token_of_{organization}_opens_the_trial_to_its_{who}"


def _tokens(making: Making) -> Iterator[Mapping[str, Any]]:
    for who, scope in SCOPES.items():
        yield {
            "id": making.ids.at(making.as_of),
            "token_hash": hash_token(secret(making.organization.name, who)),
            "name": who,
            "person_id": making.people[0].id,
            "scopes": [scope],
            "created_at": making.as_of,
            "expires_at": None,
            "revoked_at": None,
            "sees_private": False,
        }


def _known(making: Making, part: Part) -> World:
    """Return the data that clients know of an organisation."""
    tree = part.tree
    spread = max(1, len(tree.key_results) // NAMED)
    aligned = {edge.child_id for edge in tree.alignments.values()}
    return {
        "name": making.organization.name,
        "organization": str(making.organization.id),
        "tokens": {who: secret(making.organization.name, who) for who in SCOPES},
        "cycle": encode_id(NodeType.CYCLE, part.cycle.id),
        "roots": [encode_id(NodeType.OBJECTIVE, id) for id in tree.objectives if id not in aligned],
        "objectives": [encode_id(NodeType.OBJECTIVE, id) for id in list(tree.objectives)[-NAMED:]],
        "key_results": [encode_id(NodeType.KEY_RESULT, id) for id in list(tree.key_results)[::spread]],
    }


async def _put_feed(connection: asyncpg.Connection, making: Making, part: Part, scale: Scale) -> World:
    """Append changes after the check-ins: first the large ones, then many small ones."""
    oldest = making.seq + 1
    objectives = list(part.tree.objectives)
    author = Author(making.people[0].name, making.people[0].id)
    deltas = tuple(
        Delta(NodeType.OBJECTIVE, id, 0.25, 0.5, Status.AT_RISK, Status.ON_TRACK) for id in objectives
    )[: scale.deltas]

    def rows() -> Iterator[Mapping[str, Any]]:
        for number in range(scale.changes):
            is_large = number < scale.large_changes
            kind = ChangeKind.CYCLE_UPDATED if is_large else ChangeKind.OBJECTIVE_UPDATED
            node_type = NodeType.CYCLE if is_large else NodeType.OBJECTIVE
            node_id = part.cycle.id if is_large else objectives[number % len(objectives)]
            moved = deltas if is_large else ()
            change = Change(oldest + number, making.as_of, kind, author, node_type, node_id, deltas=moved)
            row = change_row(change)
            yield row | {"deltas": json.dumps(list(DeltaDocuments(moved)), default=str), "fields": ["title"]}

    await Copying(connection, making.organization.id).rows(tables.ChangeRow, rows())
    await repair_listing(connection, making.organization.id)
    head = oldest + scale.changes - 1
    await connection.execute(
        "update feed_head set seq = $2, oldest_seq = $3 where organization_id = $1",
        making.organization.id,
        head,
        oldest,
    )
    return {"before": oldest - 1, "large_until": oldest + scale.large_changes - 1, "head": head}


def template(cache: Path, name: str) -> Path:
    """Return a folder with the filled cluster of that scale and `world.json`; fill it if missing or old."""
    made_by = [file for path in MADE_BY for file in ([path] if path.is_file() else sorted(path.glob("*.py")))]
    hashed = hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()[:8]
    folder = cache / f"{name}-{hashed}"
    if (folder / "world.json").exists():
        made_at = datetime.fromisoformat(json.loads((folder / "world.json").read_text())["made_at"])
        if made_at + FRESH_FOR > now():
            return folder
    for old in cache.glob(f"{name}-*"):
        shutil.rmtree(old)
    say(f"Filling the {name} database …")
    with EmbeddedPostgres(folder) as server:
        world = asyncio.run(fill(server, SCALES[name]))
    (folder / "world.json").write_text(json.dumps(world))
    return folder


def copy_of(template: Path, folder: Path) -> World:
    """Copy the cluster into a new folder; return the data that clients know."""
    # Keep the owner, which is a separate account if we run as root.
    subprocess.run(["cp", "-Rp", template / "postgres", folder / "postgres"], check=True)
    world: World = json.loads((template / "world.json").read_text())
    return world
