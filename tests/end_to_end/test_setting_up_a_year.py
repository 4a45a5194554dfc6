"""Six people of three teams set up a year and its last quarter on a served instance, through GraphQL alone.

Each of them asks the same questions over HTTP, before and after the quarter, follows it over a socket, and
resumes at its beginning. Whole answers are compared with the files in `answers/`, one for each question. With OKR_WRITE_ANSWERS=1
the files are written anew; review them before committing. The clock is fixed.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.services.bootstrap import found_organization
from okr_api.store.database import Database
from tests.conftest import Server
from tests.docs.conftest import NOW, SEARCH, STOP_THE_CLOCK, StoppedClock
from tests.docs.examples import written
from tests.end_to_end.story import QUARTER, SETTING_UP, Step
from tests.serving import Client, Events, serving
from tests.serving import Server as Serving

ANSWERS = Path(__file__).parent / "answers"
QUESTIONS = Path(__file__).parent / "questions.graphql"
WRITE = os.environ.get("OKR_WRITE_ANSWERS") == "1"
PEOPLE = ("ines", "rui", "lena", "omar", "tess", "vera")
ID = re.compile(r"\b[a-z]{3}_[0-9a-f]{32}\b")
OPERATION = re.compile(r"^query (\w+).*?^}\n", re.MULTILINE | re.DOTALL)
EVENTS = """subscription ($after: Seq!) {
  changes(after: $after) {
    seq kind nodeType nodeId node { id } reason
    deltas { nodeId progressBefore progressAfter } visibilityChanges { nodeId node { id } }
  }
}"""
PROGRESS = """subscription ($after: Seq!) {
  progressChanged(cycleExternalId: "2026-q4", after: $after) {
    seq cause { kind } deltas { nodeId progressAfter statusAfter } visibilityChanges { nodeId node { id } }
  }
}"""


@dataclass
class Company:
    """The served organisation, with a client of each person."""

    served: Serving
    clients: Mapping[str, Client]
    tokens: Mapping[str, str]

    async def play(self, steps: tuple[Step, ...]) -> None:
        """Let people do what the story says, and be refused where it says so."""
        surprises = []
        for who, mutation, given, refusal in steps:
            done = await self.clients[who].try_(mutation, **given)
            told = [(error["code"], error["path"]) for error in done["errors"]]
            if told != ([] if refusal is None else [refusal]):
                surprises.append((who, mutation, given, done["errors"]))
        assert surprises == []

    async def names(self) -> dict[str, str]:
        """Return the external id of each node by its id, as far as the admin sees them."""
        lists = (
            "people", "teams", "priorities", "metrics", "cycles", "objectives", "keyResults", "checkIns",
            "initiatives", "dependencies",
        )  # fmt: skip
        asked = " ".join(f"{each}(first: 100) {{ nodes {{ id externalId }} }}" for each in lists)
        found = await self.clients["ines"].ask("{" + asked + "}")
        return {node["id"]: node["externalId"] for each in found.values() for node in each["nodes"]}

    async def asked_at(self, moment: str) -> None:
        """Let each person ask each question; compare the answers."""
        names = await self.names()
        for question in OPERATION.finditer(QUESTIONS.read_text("utf-8")):
            answers = {person: await client.ask(question[0]) for person, client in self.clients.items()}
            check(f"{moment}-{question[1]}", named(answers, names))


@pytest.fixture
async def company(server: Server, template: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Company]:
    """Serve an organisation whose six people have tokens, and nothing else."""
    monkeypatch.setattr("okr_api.query_engine.snapshot.datetime", StoppedClock)
    async with server.copy_of(template) as name:
        url = server.url_of(name)
        async with Database.open(url) as database, database.across() as connection:
            await connection.execute(STOP_THE_CLOCK.format(now=NOW))
        await server.execute(SEARCH.format(name=name))
        async with Database.open(url) as database:
            organization = await found_organization(database, name="Harbour Bakery", zone="Europe/Lisbon")
            founder = await TokenStore(database).create(organization.id, name="setup", scopes=[Scope.ADMIN])
        async with serving(url) as served:
            operator = served.client(founder)
            tokens: dict[str, str] = {}
            for person in PEOPLE:
                role = {"ines": "ADMIN", "vera": "VIEWER"}.get(person, "MEMBER")
                await operator.do("personCreate", name=person.title(), externalId=person, role=role)
                made = await operator.try_(
                    "tokenCreate", "secret", person={"externalId": person}, scopes=["ADMIN"]
                )
                tokens[person] = made["secret"]
            clients = {person: served.client(token) for person, token in tokens.items()}
            yield Company(served, clients, tokens)


def named(value: Any, names: Mapping[str, str]) -> Any:
    """Return an answer with external ids in place of ids; what has no external id is `<type>`."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(ID.sub(lambda id: f"<{names.get(id[0]) or id[0][:3]}>", text))


def check(name: str, answers: Mapping[str, Any]) -> None:
    """Compare the answers of all people with the file of that name, or write it."""
    file = ANSWERS / f"{name}.json"
    if WRITE:
        file.write_text(written(answers) + "\n", "utf-8")
    expected = json.loads(file.read_text("utf-8"))
    for person in PEOPLE:
        assert answers[person] == expected[person], (name, person)


async def until(events: Events, seq: int) -> list[Any]:
    """Return the next events of a subscription, up to the one of that position."""
    found = [await events.next()]
    while found[-1]["seq"] < seq:
        found.append(await events.next())
    return found


async def lived(company: Company, begin: int) -> dict[str, list[Any]]:
    """Let the quarter be lived; return what each person was sent of each step before the next was taken.

    After each step the description of a priority is edited, which everybody sees.
    """
    found: dict[str, list[Any]] = {person: [] for person in PEOPLE}
    async with AsyncExitStack() as opened:
        feeds = {
            person: await (await opened.enter_async_context(company.served.socket(token))).subscribe(
                EVENTS, after=begin
            )
            for person, token in company.tokens.items()
        }
        for place, step in enumerate(QUARTER):
            await company.play((step,))
            seen = await company.clients["ines"].do(
                "priorityUpdate", priority={"externalId": "waste"}, description=f"After step {place}"
            )
            for person, feed in feeds.items():
                found[person] += (await until(feed, seen["seq"]))[:-1]
    return found


async def resumed(company: Company, operation: str, begin: int, end: int) -> dict[str, list[Any]]:
    """Return what each person is sent who resumes at a position, up to another that everybody is sent."""
    found = {}
    for person, token in company.tokens.items():
        async with company.served.socket(token) as socket:
            found[person] = await until(await socket.subscribe(operation, after=begin), end)
    return found


async def test_each_of_six_people_sees_and_does_what_is_theirs(company: Company):
    await company.play(SETTING_UP)
    await company.asked_at("begin")
    begin = await company.clients["ines"].one("{ seq }")
    live = await lived(company, begin)
    names = await company.names()
    check("live-changes", named(live, names))
    end = live["ines"][-1]["seq"]
    for name, operation in (("changes", EVENTS), ("progress", PROGRESS)):
        check(f"resumed-{name}", named(await resumed(company, operation, begin, end), names))
    await company.asked_at("end")
