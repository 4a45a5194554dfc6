"""Read a tree, check in and follow it, by gql.

OKR_URL and OKR_TOKEN name a server with the demo data (make run). `pip install "gql[httpx2,websockets]"`.
"""

import asyncio
import os
from typing import Any
from uuid import uuid4

from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

URL = os.environ["OKR_URL"]
AUTHORIZATION = {"Authorization": f"Bearer {os.environ['OKR_TOKEN']}"}

ROOT = "query ($externalId: String!) { objective(externalId: $externalId) { id } }"
TREE = """
query ($root: ID!) {
  objectiveTree(rootId: $root) {
    seq
    roots { title progress children { progress keyResults { id externalId currentValue } } }
  }
}
"""
CHECK_IN = """
mutation ($input: CheckInRecordInput!) {
  checkInRecord(input: $input) { seq replayed errors { code message path } deltas { progressAfter } }
}
"""
FOLLOW = """
subscription ($root: ID!, $after: Seq!) {
  progressChanged(objectiveId: $root, after: $after) {
    seq
    deltas { progressBefore progressAfter node { __typename externalId } }
  }
}
"""


async def ask(client: Client, text: str, **variables: Any) -> Any:
    """Return the value of the only root field; gql raises TransportQueryError if it has an error."""
    async with client as session:
        [value] = (await session.execute(GraphQLRequest(text, variable_values=variables))).values()
    return value


async def main() -> None:
    """Check in once and follow it."""
    client = Client(transport=HTTPXAsyncTransport(URL, headers=AUTHORIZATION))
    root = (await ask(client, ROOT, externalId="easiest-to-book"))["id"]
    tree = await ask(client, TREE, root=root)
    [top] = tree["roots"]
    key_results = [one for child in top["children"] for one in child["keyResults"]]
    [key_result] = [one for one in key_results if one["externalId"] == "under-a-minute"]

    value = 59 if key_result["currentValue"] == 60 else 60
    given = {"keyResult": {"id": key_result["id"]}, "value": value, "idempotencyKey": str(uuid4())}
    first = await ask(client, CHECK_IN, input=given)
    assert first["errors"] == []
    again = await ask(client, CHECK_IN, input=given)  # a retry, with the same key: applied once
    assert (again["replayed"], again["seq"]) == (True, first["seq"])

    socket = WebsocketsTransport(URL.replace("http", "ws", 1), init_payload=AUTHORIZATION)
    follow = GraphQLRequest(FOLLOW, variable_values={"root": root, "after": tree["seq"]})
    async with Client(transport=socket) as session:
        async for answer in session.subscribe(follow):
            event = answer["progressChanged"]
            if event["seq"] == first["seq"]:
                break
    assert event["deltas"][0]["node"] == {"__typename": "KeyResult", "externalId": "under-a-minute"}

    [now] = (await ask(client, TREE, root=root))["roots"]
    assert now["progress"] == event["deltas"][-1]["progressAfter"] != top["progress"]
    print(f"{top['title']}: {top['progress']} → {now['progress']}")


asyncio.run(main())
