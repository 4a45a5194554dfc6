"""Real quarters through the API: results match those worked out by hand, and a check-in updates the tree."""

from collections.abc import AsyncIterator

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests.acme import Workplace
from tests.services.import_export.files import bring, real
from tests.services.import_export.test_inquirer_quarter import KEY_RESULTS, OBJECTIVES
from tests.serving import Server, serving

QUARTER = """
{
  objectives(first: 100) {
    nodes { externalId progress effectiveProgressSource coverage keyResults { externalId currentValue rawProgress progress } }
  }
}
"""
FOLLOW = """
subscription ($root: ID!, $after: Seq) {
  progressChanged(objectiveId: $root, after: $after) {
    seq
    deltas { progressBefore progressAfter node { __typename ... on Objective { externalId } ... on KeyResult { externalId } } }
  }
}
"""
SOURCEGRAPH = "sourcegraph-2019_q4"


@pytest.fixture
async def place(database: Database, wakeups: ChangeNotifier) -> Workplace:
    return await Workplace.found(database, wakeups, "Receiver", "America/New_York")


@pytest.fixture
async def served(place: Workplace, database_url: str) -> AsyncIterator[Server]:
    async with serving(database_url) as served:
        yield served


@pytest.fixture
async def token(place: Workplace) -> str:
    return await TokenStore(place.database).create(place.organization.id, name="tests", scopes=[Scope.ADMIN])


async def test_the_inquirers_quarter_is_answered_as_worked_by_hand(place, served, token):
    await bring(place, real("inquirer-cy22q2"), namespace="inquirer-cy22q2")
    client = served.client(token)
    answer = (await client.ask(QUARTER))["objectives"]["nodes"]
    objectives = {one["externalId"].removeprefix("inquirer-cy22q2:"): one for one in answer}
    assert {id: one["progress"] for id, one in objectives.items()} == pytest.approx(
        {id: float(progress) for id, progress in OBJECTIVES.items()}
    )
    assert {(one["effectiveProgressSource"], one["coverage"]) for one in answer} == {("KEY_RESULTS", 1.0)}
    key_results = {
        one["externalId"].removeprefix("inquirer-cy22q2:"): (one["currentValue"], one["progress"])
        for objective in answer
        for one in objective["keyResults"]
    }
    assert key_results == {
        id: (current, pytest.approx(float(progress))) for id, (current, progress) in KEY_RESULTS.items()
    }


async def followed(client, socket, root, after=None):
    id = await client.one(
        "query ($id: String) { objective(externalId: $id) { id } }", id=f"{SOURCEGRAPH}:{root}"
    )
    return await socket.follow(FOLLOW, root=id["id"], after=after)


def told(event):
    return [
        (
            delta["node"]["externalId"].removeprefix(f"{SOURCEGRAPH}:"),
            delta["progressBefore"],
            delta["progressAfter"],
        )
        for delta in event["deltas"]
    ]


async def check_in(client, key_result, value, day):
    payload = await client.do(
        "checkInRecord",
        "seq",
        keyResult={"externalId": f"{SOURCEGRAPH}:{key_result}"},
        value=value,
        effectiveOn=day,
    )
    return payload["seq"]


async def test_a_check_in_at_the_bottom_of_sourcegraphs_tree_moves_every_ancestor_leaf_to_root(
    place, served, token
):
    """O0010 is scored from O0011, O0012 and O0019; O0012 from six objectives; O0013 from K0021 alone."""
    await bring(place, real(SOURCEGRAPH), namespace=SOURCEGRAPH)
    client = served.client(token)
    async with served.socket(token) as socket:
        events = await followed(client, socket, "O0010")
        first = await check_in(client, "K0021", 50, "2019-11-15")
        event = await events.next()
        assert told(event) == [
            ("K0021", None, 0.5),
            ("O0013", 0.0, 0.5),
            ("O0012", 0.0, pytest.approx(0.5 / 6)),
            ("O0010", 0.0, pytest.approx(0.5 / 6 / 3)),
        ]
        assert event["seq"] == first
        socket.kill()
    missed = [await check_in(client, "K0021", value, "2019-11-20") for value in (60, 70, 80)]
    async with served.socket(token) as socket:
        events = await followed(client, socket, "O0010", after=first)
        assert [event["seq"] for event in await events.take(3)] == missed


async def test_it_goes_up_to_where_a_parent_is_scored_from_its_own_key_results(place, served, token):
    """O0008 is aligned to O0007, which has key results of its own."""
    await bring(place, real(SOURCEGRAPH), namespace=SOURCEGRAPH)
    client = served.client(token)
    async with served.socket(token) as socket:
        events = await followed(client, socket, "O0001")
        await check_in(client, "K0014", 100, "2019-11-15")
        assert told(await events.next()) == [("K0014", None, 1.0), ("O0008", 0.0, 0.5)]
