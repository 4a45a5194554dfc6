"""Read a tree, check in and follow it, by the client that ariadne-codegen writes into okr_client/.

OKR_URL and OKR_TOKEN name a server with the demo data (make run). First: `ariadne-codegen`, in this folder.
"""

import asyncio
import os
from uuid import uuid4

from okr_client import Client
from okr_client.input_types import CheckInRecordInput, EntityRef

URL = os.environ["OKR_URL"]
AUTHORIZATION = {"Authorization": f"Bearer {os.environ['OKR_TOKEN']}"}


async def main() -> None:
    """Check in once and follow it."""
    async with Client(
        URL,
        headers=AUTHORIZATION,
        ws_url=URL.replace("http", "ws", 1),
        ws_connection_init_payload=AUTHORIZATION,
    ) as client:
        objective = (await client.root("easiest-to-book")).objective
        assert objective
        tree = (await client.tree(objective.id)).objective_tree
        assert tree
        [top] = tree.roots
        key_results = [one for child in top.children for one in child.key_results]
        [key_result] = [one for one in key_results if one.external_id == "under-a-minute"]

        given = CheckInRecordInput(
            key_result=EntityRef(id=key_result.id),
            value=59 if key_result.current_value == 60 else 60,
            idempotency_key=str(uuid4()),
        )
        first = (await client.check_in(given)).check_in_record
        assert first
        assert first.errors == []
        assert first.check_in
        assert first.check_in.effective_at.tzinfo
        again = (await client.check_in(given)).check_in_record  # a retry, with the same key: applied once
        assert again
        assert (again.replayed, again.seq) == (True, first.seq)

        async for event in client.follow(objective.id, after=tree.seq):
            if event.progress_changed.seq == first.seq:
                break
        deltas = event.progress_changed.deltas
        assert deltas[0].node
        assert deltas[0].node.typename__ == "KeyResult"

        now = (await client.tree(objective.id)).objective_tree
        assert now
        assert now.roots[0].progress == deltas[-1].progress_after != top.progress
        print(f"{top.title}: {top.progress} → {now.roots[0].progress}")


asyncio.run(main())
