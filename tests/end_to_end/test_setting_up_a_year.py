"""Six people of three teams set up a year and its last quarter on a served instance, through GraphQL alone.

Each of them then asks the same questions over HTTP and has followed everything over a socket since the quarter
began. Whole answers are compared with the files in `answers/`, one for each question. With OKR_WRITE_ANSWERS=1
the files are written anew; review them before committing. The clock is fixed.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Mapping
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
from tests.serving import Client, serving
from tests.serving import Server as Serving

ANSWERS = Path(__file__).parent / "answers"
QUESTIONS = Path(__file__).parent / "questions.graphql"
WRITE = os.environ.get("OKR_WRITE_ANSWERS") == "1"
PEOPLE = ("ines", "rui", "lena", "omar", "tess", "vera")
ID = re.compile(r"\b[a-z]{3}_[0-9a-f]{32}\b")
OPERATION = re.compile(r"^query (\w+).*?^}\n", re.MULTILINE | re.DOTALL)
EVENTS = """subscription {
  changes { seq kind nodeType nodeId node { id } reason deltas { nodeId progressBefore progressAfter }
            visibilityChanges { nodeId isVisible node { id } } } }"""
PROGRESS = """subscription ($cycle: String!) {
  progressChanged(cycleExternalId: $cycle) { seq cause deltas { nodeId progressAfter statusAfter } } }"""


@dataclass
class Company:
    """The served organisation, with a client of each person."""

    served: Serving
    clients: Mapping[str, Client]
    tokens: Mapping[str, str]

    async def play(self, steps: tuple[Step, ...]) -> None:
        """Let people do what the story says, and be refused where it says so."""
        for who, mutation, given, refusal in steps:
            done = await self.clients[who].try_(mutation, **given)
            told = [(error["code"], error["path"]) for error in done["errors"]]
            assert told == ([] if refusal is None else [refusal]), (who, mutation, given, done["errors"])

    async def names(self) -> dict[str, str]:
        """Return the external id of each node by its id, as far as the admin sees them."""
        lists = ("people", "teams", "priorities", "metrics", "cycles", "objectives", "keyResults", "checkIns")
        asked = " ".join(f"{each}(first: 100) {{ nodes {{ id externalId }} }}" for each in lists)
        found = await self.clients["ines"].ask("{" + asked + "}")
        return {node["id"]: node["externalId"] for each in found.values() for node in each["nodes"]}


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


async def test_each_of_six_people_sees_and_does_what_is_theirs(company: Company):
    await company.play(SETTING_UP)
    sockets = {person: company.served.socket(token) for person, token in company.tokens.items()}
    opened = {person: await socket.__aenter__() for person, socket in sockets.items()}
    try:
        feeds = {person: await socket.follow(EVENTS) for person, socket in opened.items()}
        moves = {person: await socket.follow(PROGRESS, cycle="2026-q4") for person, socket in opened.items()}
        await company.play(QUARTER)
        names = await company.names()
        end = await company.clients["ines"].one("{ seq }")
        followed: dict[str, Any] = {}
        for person in PEOPLE:
            events, progress = [], []
            while not events or events[-1]["seq"] < end:  # the last change is one that everybody sees
                events.append(await feeds[person].next())
            while moves[person].waiting():
                progress.append(await moves[person].next())
            followed[person] = named({"changes": events, "progressChanged": progress}, names)
    finally:
        for socket in sockets.values():
            await socket.__aexit__(None, None, None)
    check("followed", followed)
    for question in OPERATION.finditer(QUESTIONS.read_text("utf-8")):
        answers = {
            person: named((await client.answer(question[0])), names)
            for person, client in company.clients.items()
        }
        for answer in answers.values():
            answer.pop("extensions", None)
        check(question[1], answers)
