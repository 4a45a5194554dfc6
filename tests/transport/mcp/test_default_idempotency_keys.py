"""The key of a call that sends none: the same for a while, then another; the clock is handed in."""

from typing import Any

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.transport.mcp.default_idempotency_keys import REPEAT_WINDOW_S, DefaultIdempotencyKeys
from tests.acme import Acme, said

ARGUMENTS: dict[str, Any] = {"keyResult": {"externalId": "macros"}, "value": 5}
START = 1_000 * REPEAT_WINDOW_S


class Calls:
    """Calls of a tool at instants of the test's choosing, each recorded under its key."""

    def __init__(self, acme: Acme) -> None:
        self.acme = acme
        self.at = float(START)
        self.keys = DefaultIdempotencyKeys(lambda: self.at)

    async def key(
        self,
        arguments: dict[str, Any] = ARGUMENTS,
        *,
        actor: Actor | None = None,
        tool: str = "record_check_in",
    ) -> str:
        return await self.keys.key_of(self.acme.database, actor or self.acme.actor, tool, arguments)

    async def is_counted(self, at: float) -> bool:
        """Check in at an instant as the tool does; return whether it was counted."""
        self.at = at
        once = IdempotencyKey(await self.key(), b"the same input")
        return not (await self.acme.say(said("macros", 5), once=once)).replayed


@pytest.fixture
def calls(acme: Acme) -> Calls:
    return Calls(acme)


@pytest.mark.parametrize("begun_s", (0, 1, REPEAT_WINDOW_S / 2, REPEAT_WINDOW_S - 0.01))
async def test_a_repeated_call_counts_once_for_a_window_and_again_after_two(calls: Calls, begun_s: float):
    begun = START + begun_s
    assert await calls.is_counted(begun)
    assert not await calls.is_counted(begun + 0.02)
    assert not await calls.is_counted(begun + REPEAT_WINDOW_S)
    assert await calls.is_counted(begun + 2 * REPEAT_WINDOW_S)


async def test_a_call_that_was_not_applied_keeps_no_key_of_its_window(calls: Calls):
    before = await calls.key()
    calls.at += REPEAT_WINDOW_S
    assert await calls.key() != before


async def test_the_key_differs_by_token_tool_and_arguments(calls: Calls, acme: Acme):
    token = await acme.tokens.create(acme.organization.id, name="tests", scopes=[Scope.ADMIN])
    other = await acme.tokens.actor(token)
    assert other
    assert other.owner == acme.actor.owner
    keys = [
        await calls.key(),
        await calls.key(actor=other),
        await calls.key(tool="draft_check_in"),
        await calls.key({**ARGUMENTS, "value": 6}),
        await calls.key({**ARGUMENTS, "note": None}),
    ]
    assert len(set(keys)) == len(keys)
    assert await calls.key(dict(reversed(ARGUMENTS.items()))) == keys[0]
