"""Notifications: who is told of which change and why, lists and events, what is read, settings."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.services import objectives
from okr_api.services.notifications import MAX_NOTIFICATIONS_MARKED
from tests.acme import Acme, measured, ref
from tests.graphql.test_restricted import client_of
from tests.restricting import restrict
from tests.serving import Client, Server

MACROS = {"keyResult": {"externalId": "macros"}}
SHOWN = "seq reason isRead change { seq kind nodeId node { id } summary actor { name } }"
LIST = f"query ($f: NotificationFilter, $n: Int, $after: String) {{ viewer {{ notifications(filter: $f, first: $n, after: $after) {{ unreadCount nodes {{ {SHOWN} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
RECEIVED = f"subscription ($after: Seq) {{ notificationReceived(after: $after) {{ {SHOWN} }} }}"
COUNTED = "viewer { notifications { unreadCount } }"


def mention(acme: Acme, *names: str) -> str:
    ids = {name: encode_id(NodeType.PERSON, getattr(acme, name)) for name in names}
    return " ".join(f"@[{name.capitalize()}]({id})" for name, id in ids.items())


async def told(client: Client, **variables: Any) -> list[tuple[str, str]]:
    """Return the kinds and reasons of the notifications of a client's person, latest first."""
    page = (await client.one(LIST, **variables))["notifications"]
    return [(one["change"]["kind"], one["reason"]) for one in page["nodes"]]


@pytest.fixture
async def ben(served: Server, acme: Acme) -> Client:
    return await client_of(served, acme, "ben", Scope.CHECK_IN)


@pytest.fixture
async def cem(served: Server, acme: Acme) -> Client:
    return await client_of(served, acme, "cem", Scope.CHECK_IN)


async def test_people_are_told_for_the_first_reason_and_never_of_what_they_did(
    client: Client, ben: Client, cem: Client, acme: Acme
):
    await ben.do("follow", on=MACROS)
    assert (await told(client), await told(ben)) == ([], [])
    await client.do("commentCreate", on=MACROS, text=f"{mention(acme, 'cem')}?", externalId="q")
    await cem.do("commentCreate", on=MACROS, text="Ten", replyTo={"externalId": "q"})
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, owner={"externalId": "cem"})
    await cem.do("checkInRecord", keyResult={"externalId": "macros"}, value=3)
    assert await told(ben) == [
        ("CHECK_IN_RECORDED", "FOLLOWED_CHANGE"),
        ("KEY_RESULT_UPDATED", "FOLLOWED_CHANGE"),
        ("COMMENT_CREATED", "FOLLOWED_CHANGE"),
        ("COMMENT_CREATED", "FOLLOWED_CHANGE"),
    ]
    assert await told(cem) == [("KEY_RESULT_UPDATED", "ASSIGNED"), ("COMMENT_CREATED", "MENTION")]
    assert (await told(client))[-1] == ("COMMENT_CREATED", "REPLY")
