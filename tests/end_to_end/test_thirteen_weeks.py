"""Thirteen weeks of a team of five on a served instance, through GraphQL alone, with a clock that the test moves.

`quarter_story.py` says what is done when. The answers are compared whole with the texts in `quarter_answers/`, one
for each kind of question. With OKR_WRITE_ANSWERS=1 these are written anew; review them before committing.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import Server
from tests.end_to_end.clocked_company import Clock, ClockedCompany, at, clocked_company
from tests.end_to_end.quarter_story import (
    BEGIN,
    FIRST_MONDAY,
    OTHERS,
    QUARTER,
    SETTING_UP,
    TEAM,
    Ask,
    Moment,
)
from tests.end_to_end.quarter_text import ZONE, lines, named
from tests.end_to_end.test_setting_up_a_year import WRITE, until
from tests.serving import Events

ANSWERS = Path(__file__).parent / "quarter_answers"
DOCUMENT = (Path(__file__).parent / "quarter_questions.graphql").read_text("utf-8")
OPERATION = re.compile(r"^(?:query|fragment) (\w+).*?^}\n", re.MULTILINE | re.DOTALL)
OPERATIONS = {found[1]: found[0] for found in OPERATION.finditer(DOCUMENT)}
MONDAYS = 13
JON_IS_BACK = 4  # the number of that Monday
CLOCK = """subscription {
  changes(filter: { kinds: [CYCLE_BEGUN, CYCLE_ENDED, STATUS_TURNED, CHECK_IN_DUE, CHECK_IN_LATE, CHECK_IN_MISSED] }) {
    dueAt kind nodeId deltas { nodeId statusBefore statusAfter }
  }
}"""
NOTIFIED = "subscription { notificationReceived { ...notified } }"
LISTS = (
    "people", "teams", "cycles", "objectives", "keyResults", "checkIns", "dependencies", "absences", "roadblocks",
    "meetings", "decisions",
)  # fmt: skip


def monday(number: int, time: str) -> datetime:
    """Return the instant of a local time on a Monday of the quarter; 0 is the first."""
    day = date.fromisoformat(FIRST_MONDAY) + timedelta(weeks=number)
    return at(f"{day} {time}")


DAILY = at("2026-11-16 10:33").isoformat()  # from then on Tom reads of changes that he follows once a day


class Seen(NamedTuple):
    """Change of an activity, as some people see it."""

    at: datetime
    text: str
    people: list[str]

    def __str__(self) -> str:
        return f"{'all' if len(self.people) == len(TEAM) else ', '.join(self.people)}: {self.text}"


@dataclass
class Workshop(ClockedCompany):
    """The served organisation, and what was answered so far."""

    asked: list[tuple[str, Any]] = field(default_factory=list)
    standings: list[tuple[str, Any]] = field(default_factory=list)
    digests: list[tuple[str, Any]] = field(default_factory=list)
    owed: list[tuple[str, Any]] = field(default_factory=list)
    agendas: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def time(self) -> str:
        """Return the present local time."""
        return f"{Clock.present.astimezone(ZONE):%a %m-%d %H:%M}"

    async def live(self, moment: Moment) -> None:
        """Let people do what a moment says, one step a minute, and be refused where it says so."""
        for minute, each in enumerate(moment.steps):
            await self.move(at(moment.at) + timedelta(minutes=minute))
            if isinstance(each, Ask):
                answer = await self.clients[each.who].ask(
                    OPERATIONS[each.question], **self.filled(each.variables)
                )
                self.asked.append((f"{self.time}  {each.who}  {each.question}", answer))
            else:
                await self.do(each)

    async def begin_week(self, number: int) -> None:
        """Ask on a Monday morning what stands, and how the week before went."""
        await self.move(monday(number, "09:00"))
        standing = await self.clients["mara"].ask(OPERATIONS["Standing"])
        self.standings.append((self.time, standing))
        for who in TEAM:
            owed = await self.clients[who].ask(OPERATIONS["MyWork"])
            self.owed.append((f"{self.time}  {who}", owed["myWork"]))
        if number:
            for who in ("mara", "eli"):
                self.digests.append((f"week {number}, as {who} sees it", await self.digest(who, number)))

    async def begin_meeting(self, number: int) -> None:
        """Ask for the agenda half an hour before the meeting of a Monday."""
        await self.move(monday(number, "10:00"))
        for who in ("mara", "eli"):
            agenda = (await self.clients[who].ask(OPERATIONS["Agenda"]))["checkInAgenda"]
            self.agendas.append((f"{self.time}, as {who} sees it:", agenda))

    async def notifications(self, who: str) -> list[Any]:
        """Return all notifications of a person, the oldest first."""
        found: list[Any] = []
        page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            operation = OPERATIONS["Notifications"] + OPERATIONS["notified"]
            answer = await self.clients[who].ask(operation, after=page["endCursor"])
            found += answer["viewer"]["notifications"]["nodes"]
            page = answer["viewer"]["notifications"]["pageInfo"]
        return found[::-1]

    async def digest(self, who: str, week: int) -> Any:
        """Return the digest of a week from Monday to Monday, as somebody sees it."""
        since, until = monday(week - 1, "00:00"), monday(week, "00:00")
        operation = OPERATIONS["Digest"] + OPERATIONS["movement"]
        answer = await self.clients[who].ask(operation, since=since.isoformat(), until=until.isoformat())
        return answer["digest"]

    async def activity(self) -> list[Seen]:
        """Return the activity of the team, oldest first, as each of its members sees it."""
        seen: dict[tuple[int, str, str], list[str]] = {}
        for who in TEAM:
            page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
            while page["hasNextPage"]:
                found = await self.clients[who].ask(OPERATIONS["Activity"], after=page["endCursor"])
                activity = found["team"]["activity"]
                page = activity["pageInfo"]
                for change in activity["nodes"]:
                    [text] = lines("", named({**change, "seq": ""}, self.names))
                    seen.setdefault((change["seq"], change["at"], text.strip()), []).append(who)
        return [Seen(datetime.fromisoformat(at), text, who) for (_, at, text), who in sorted(seen.items())]

    async def learn_names(self) -> None:
        """Learn the external ids of all that can be listed, as far as the admin sees it."""
        wanted = " ".join(f"{each}(first: 100) {{ nodes {{ id externalId }} }}" for each in LISTS)
        found = await self.clients["odile"].ask("{" + wanted + "}")
        for each in found.values():
            self.names |= {node["id"]: node["externalId"] for node in each["nodes"] if node["externalId"]}

    def texts(self, answers: list[tuple[str, Any]]) -> Iterator[str]:
        """Yield the lines of answers with a heading each."""
        for heading, answer in answers:
            yield from lines(heading, named(answer, self.names))
            yield ""


@pytest.fixture
async def workshop(server: Server, template: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    """Serve an organisation that has people, a service and their tokens, and nothing else."""
    roles = {person: "ADMIN" if person == "odile" else "MEMBER" for person in (*TEAM, *OTHERS)}
    async with clocked_company(
        server, template, monkeypatch, name="Wheelwrights", begin=BEGIN, roles=roles, counters=["counter"]
    ) as company:
        yield Workshop(**vars(company))


def check(name: str, texts: Iterator[str] | list[str]) -> None:
    """Compare lines with the file of that name, or write it."""
    file = ANSWERS / f"{name}.txt"
    found = "\n".join(texts).strip() + "\n"
    if WRITE:
        ANSWERS.mkdir(exist_ok=True)
        file.write_text(found, "utf-8")
    assert found.splitlines() == file.read_text("utf-8").splitlines()


async def until_cycle_ends(events: Events) -> list[Any]:
    """Return the events of the clock up to the end of the cycle, which is the last one."""
    found = [await events.next()]
    while found[-1]["kind"] != "CYCLE_ENDED":
        found.append(await events.next())
    return found


def told_of(listed: Mapping[str, list[Any]], pushed: Mapping[str, list[Any]]) -> list[tuple[str, Any]]:
    """Return each change that somebody was notified of, with whom and why: `*` marks what was not sent."""
    changes: dict[tuple[int, str], tuple[dict[str, Any], list[str]]] = {}
    for who, notifications in listed.items():
        sent = {one["seq"] for one in pushed[who]}
        for one in notifications:
            mark = "" if one["seq"] in sent else "*"
            key = one["seq"], one["change"]["summary"]
            changes.setdefault(key, (one, []))[1].append(f"{who} {one['reason']}{mark}")
    return [
        (", ".join(people) + ":", {"at": one["at"], "change": one["change"]})
        for _, (one, people) in sorted(changes.items(), key=lambda each: each[0])
    ]


def check_notifications(
    workshop: Workshop, listed: Mapping[str, list[Any]], pushed: Mapping[str, list[Any]], read: int
) -> None:
    """Check that what was sent is what is listed, but for what somebody wants once a day, and what is read."""
    for who, notifications in listed.items():
        sent = [
            {name: one[name] for name in one if name != "isRead"}
            for one in notifications
            if who != "tom" or one["reason"] != "FOLLOWED_CHANGE" or one["at"] < DAILY
        ]
        assert pushed[who] == sent
        assert [one["isRead"] for one in notifications] == [
            who == "jon" and one["seq"] <= read for one in notifications
        ]
    check(
        "notifications",
        (
            text
            for heading, one in told_of(listed, pushed)
            for text in lines(heading, named(one, workshop.names))
        ),
    )


async def test_a_team_of_five_lives_a_quarter(workshop: Workshop):
    await workshop.live(SETTING_UP)
    moments = list(QUARTER)
    async with AsyncExitStack() as opened:
        clocks, notified = {}, {}
        for who in TEAM:
            socket = await opened.enter_async_context(workshop.served.socket(workshop.tokens[who]))
            clocks[who] = await socket.follow(CLOCK)
            notified[who] = await socket.follow(NOTIFIED + OPERATIONS["notified"])
        begun = {who: await workshop.notifications(who) for who in TEAM}
        for week in range(MONDAYS + 1):
            for time, ask in (("09:00", workshop.begin_week), ("10:00", workshop.begin_meeting)):
                while moments and at(moments[0].at) < monday(week, time):
                    await workshop.live(moments.pop(0))
                await ask(week)
            if week == JON_IS_BACK:
                read = (await workshop.notifications("jon"))[-1]["seq"]
                await workshop.clients["jon"].do("notificationsRead", upTo=read)
        listed = {who: (await workshop.notifications(who))[len(begun[who]) :] for who in TEAM}
        pushed = {who: await until(notified[who], listed[who][-1]["seq"]) for who in TEAM}
        told = {who: await until_cycle_ends(clocks[who]) for who in ("mara", "eli")}
    await workshop.learn_names()
    check_notifications(workshop, listed, pushed, read)
    slots = await workshop.clients["mara"].ask(OPERATIONS["Slots"])
    check("slots", lines("Slots", named(slots, workshop.names)))
    check("standings", workshop.texts(workshop.standings))
    check("digests", workshop.texts(workshop.digests))
    check("my-work", workshop.texts(workshop.owed))
    check("agendas", workshop.texts(workshop.agendas))
    check("asked", workshop.texts(workshop.asked))
    activity = await workshop.activity()
    check("activity", list(map(str, activity)))
    for who, events in told.items():
        check(f"clock-{who}", [text for each in events for text in lines("-", named(each, workshop.names))])
    weeks = [(week, who) for week in range(1, MONDAYS + 1) for who in ("mara", "eli")]
    for (week, who), (_, digest) in zip(weeks, workshop.digests, strict=True):
        assert await workshop.digest(who, week) == digest  # the same for ever
        since, end = monday(week - 1, "00:00"), monday(week, "00:00")
        assert digest["changeCount"] == sum(since <= one.at < end and who in one.people for one in activity)
