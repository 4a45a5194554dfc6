"""Six people of three teams review a quarter, close it and roll it over on a served instance, through GraphQL alone.

`review_story.py` says who does what, and what is refused; the outsider sees less than the others. Whole answers
are compared with the files in `review_answers/`, one for each question, and so is what everybody was sent over a
socket. With OKR_WRITE_ANSWERS=1 the files are written anew; review them before committing. The test moves the clock.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Server
from tests.docs.examples import written
from tests.end_to_end.clocked_company import ClockedCompany, at, clocked_company
from tests.end_to_end.quarter_text import named
from tests.end_to_end.review_story import BEGIN, READERS, REVIEW, ROLES, SUMMER, Ask, Moment
from tests.end_to_end.test_setting_up_a_year import EVENTS, WRITE, until

ANSWERS = Path(__file__).parent / "review_answers"
DOCUMENT = (Path(__file__).parent / "review_questions.graphql").read_text("utf-8")
OPERATION = re.compile(r"^(?:query|mutation|fragment) (\w+).*?^}\n", re.MULTILINE | re.DOTALL)
OPERATIONS = {found[1]: found[0] for found in OPERATION.finditer(DOCUMENT)}
SPREAD = re.compile(r"\.\.\.(\w+)")
NOTIFIED = "subscription { notificationReceived { ...notified } }\n" + OPERATIONS["notified"]
SUCCESSOR = "successor of "
LISTS = ("people", "teams", "cycles", "checkIns")


def operation(name: str) -> str:
    """Return an operation of the document, with the fragments that it spreads."""
    spread = sorted(set(SPREAD.findall(OPERATIONS[name])))
    return "".join(OPERATIONS[each] for each in (name, *spread))


@dataclass
class Theatre(ClockedCompany):
    """The served theatre, with the ids of what was carried over, and what was answered so far."""

    successors: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def live(self, moment: Moment) -> None:
        """Let people do and ask what a moment says, one step a minute, and be refused where it says so."""
        for minute, each in enumerate(moment.steps):
            await self.move(at(moment.at) + timedelta(minutes=minute))
            if isinstance(each, Ask):
                await self.ask(each)
            else:
                await self.do(each)

    async def ask(self, asked: Ask) -> None:
        """Let people send an operation; compare their answers."""
        sent = operation(asked.operation)
        found = {who: await self.clients[who].ask(sent, **asked.variables) for who in asked.people}
        self.answers[asked.name] = found
        for answer in found.values():
            self.learn_successors(answer)
        check(asked.name, named(found, self.names))

    def learn_successors(self, answer: Mapping[str, Any]) -> None:
        """Learn the ids of what was carried over, if the answer is that of a roll-over."""
        for carried in answer.get("cycleRollOver", {}).get("objectives", ()):
            parts = [(each["keyResult"], each["successor"]) for each in carried["keyResults"]]
            for former, successor in [(carried["objective"], carried["successor"]), *parts]:
                if successor:
                    self.successors[former["externalId"]] = successor["id"]
                    self.names.setdefault(successor["id"], SUCCESSOR + former["externalId"])

    def filled_in(self, value: Any) -> Any:
        """Return a value of an input with the ids of successors."""
        if isinstance(value, str) and value.startswith(SUCCESSOR):
            return self.successors[value.removeprefix(SUCCESSOR)]
        return super().filled_in(value)

    async def learn_names(self) -> None:
        """Learn the external ids of what has been there, and of what was made several at a time."""
        wanted = " ".join(f"{each}(first: 100) {{ nodes {{ id externalId }} }}" for each in LISTS)
        found = await self.clients["ada"].ask("{" + wanted + "}")
        for each in found.values():
            self.names |= {node["id"]: node["externalId"] for node in each["nodes"] if node["externalId"]}

    async def notifications(self, who: str) -> list[Any]:
        """Return all notifications of a person, the oldest first."""
        answer = await self.clients[who].ask(operation("Notifications"))
        found: list[Any] = answer["viewer"]["notifications"]["nodes"][::-1]
        return found


@pytest.fixture
async def theatre(server: Server, template: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Theatre]:
    """Serve a theatre whose people have tokens, and that has lived through its summer."""
    async with clocked_company(
        server, template, monkeypatch, name="Lantern Theatre", begin=BEGIN, roles=ROLES
    ) as company:
        theatre = Theatre(**vars(company))
        for moment in SUMMER:
            await theatre.live(moment)
        await theatre.learn_names()
        yield theatre


def check(name: str, answers: Mapping[str, Any]) -> None:
    """Compare answers by person with the file of that name, or write it."""
    file = ANSWERS / f"{name}.json"
    if WRITE:
        ANSWERS.mkdir(exist_ok=True)
        file.write_text(written(answers) + "\n", "utf-8")
    expected = json.loads(file.read_text("utf-8"))
    assert list(answers) == list(expected)
    for person, answer in answers.items():
        assert answer == expected[person], (name, person)


def without_successors(answer: Mapping[str, Any]) -> list[Any]:
    """Return what a roll-over answers of objectives, as a dry run does."""
    return [
        {
            **each,
            "successor": None,
            "keyResults": [{**part, "successor": None} for part in each["keyResults"]],
        }
        for each in answer["cycleRollOver"]["objectives"]
    ]


def without_rhythm(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary without the rhythm: closing moves no other number, but what is late is missed then."""
    summary = answer["cycle"]["summary"]
    teams = [{**team, "rhythm": None} for team in summary["byTeam"]]
    return {**summary, "rhythm": None, "byTeam": teams}


async def test_a_quarter_is_reviewed_closed_and_rolled_over_by_six_people(theatre: Theatre):
    begun = {who: len(await theatre.notifications(who)) for who in ROLES}
    begin = await theatre.clients["ada"].one("{ seq }")
    async with AsyncExitStack() as opened:
        changes, notified = {}, {}
        for who in ROLES:
            socket = await opened.enter_async_context(theatre.served.socket(theatre.tokens[who]))
            notified[who] = await socket.follow(NOTIFIED)
            if who in READERS:
                changes[who] = await socket.follow(EVENTS, after=begin)
        for moment in REVIEW:
            await theatre.live(moment)
        last = await theatre.clients["ada"].do(  # which everybody sees
            "priorityUpdate", priority={"externalId": "full-houses"}, description="Reviewed."
        )
        live = {who: await until(events, last["seq"]) for who, events in changes.items()}
        listed = {who: (await theatre.notifications(who))[begun[who] :] for who in ROLES}
        pushed = {
            who: await until(notified[who], found[-1]["seq"]) if found else []
            for who, found in listed.items()
        }
        silent = [who for who, found in listed.items() if not found and notified[who].waiting()]
    assert (pushed, silent) == (listed, [])  # what is pushed is what is read
    check("live-changes", named(live, theatre.names))
    check("notifications", named(listed, theatre.names))
    feeds = {who: await theatre.clients[who].ask(operation("Feed"), after=begin) for who in READERS}
    check("feed", named(feeds, theatre.names))
    dry, real = (theatre.answers[name]["ada"] for name in ("roll-over-dry", "roll-over"))
    assert without_successors(real) == dry["cycleRollOver"]["objectives"]
    in_review, closed = (theatre.answers[name] for name in ("summary-in-review", "summary-closed"))
    for who in READERS:
        assert without_rhythm(in_review[who]) == without_rhythm(closed[who])
