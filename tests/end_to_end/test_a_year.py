"""A library lives through a year on a served instance, through GraphQL alone: four quarters, one after another.

`year_story.py` says who does what. What people are answered at the end of each quarter and of the year is compared
with the files in `year_answers/`; with OKR_WRITE_ANSWERS=1 they are written anew; review them before committing.
The test moves the clock, which records on its way what is due.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Server
from tests.docs.examples import written
from tests.end_to_end.clocked_company import Clock, ClockedCompany, at, clocked_company
from tests.end_to_end.quarter_text import named
from tests.end_to_end.story import Step, step
from tests.end_to_end.test_setting_up_a_year import WRITE
from tests.end_to_end.year_story import (
    BEGIN,
    OWNERS,
    QUARTERS,
    ROLES,
    SETTING_UP,
    YEAR,
    Quarter,
    begin,
    check_in,
    instant,
    plan,
    review,
    review_year,
    roll_over,
)

ANSWERS = Path(__file__).parent / "year_answers"
DOCUMENT = (Path(__file__).parent / "year_questions.graphql").read_text("utf-8")
OPERATION = re.compile(r"^(?:query|mutation) (\w+).*?^}\n", re.MULTILINE | re.DOTALL)
OPERATIONS = {found[1]: found[0] for found in OPERATION.finditer(DOCUMENT)}
READERS = ("ada", "ben", "gus")
AFTERNOON = time(14)


@dataclass
class Library(ClockedCompany):
    """The served library, and what people were answered at the end of each quarter."""

    standings: dict[datetime, dict[str, Any]] = field(default_factory=dict)

    async def live(self, day: date, steps: Iterable[Step], begin: time = time(9)) -> None:
        """Let people do these steps on a day, one a minute."""
        for minute, each in enumerate(steps):
            await self.move(at(instant(day, begin)) + timedelta(minutes=minute))
            await self.do(each)

    async def ask(self, operation: str, **variables: Any) -> dict[str, Any]:
        """Return what each reader is answered."""
        found = {who: await self.clients[who].ask(OPERATIONS[operation], **variables) for who in READERS}
        return {who: named(answer, self.names) for who, answer in found.items()}

    async def live_through(self, quarter: Quarter) -> None:
        """Check in every Monday of a quarter, review it on the day after its last one, and close it."""
        for week, monday in enumerate(quarter.mondays, 1):
            await self.live(monday, check_in(quarter, week))
        await self.live(quarter.ends_on + timedelta(days=1), review(quarter))
        check(f"q{quarter.number}-quarter", await self.ask("Quarter", cycle=quarter.cycle["externalId"]))
        standing = await self.ask("Standing")
        check(f"q{quarter.number}-standing", standing)
        self.standings[Clock.present] = standing

    async def carry_over(self, quarter: Quarter, into: Quarter) -> None:
        """Carry over what goes on, twice with the same outcome, and publish it."""
        given = {"input": roll_over(quarter, into)}
        carried = await self.clients["ada"].ask(OPERATIONS["RollOver"], **given)
        check(f"q{into.number}-roll-over", {"ada": named(carried, self.names)})
        again = await self.clients["ada"].ask(OPERATIONS["RollOver"], **given)
        assert successors(again) == [each for each in successors(carried) if each[0] in OWNERS]
        await self.live(into.starts_on, begin(into, successors(carried)), AFTERNOON)


def successors(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the key of each objective and key result that was carried over, and the id of its successor."""
    carried = answer["cycleRollOver"]["objectives"]
    pairs = [(each["objective"], each["successor"]) for each in carried]
    pairs += [(part["keyResult"], part["successor"]) for each in carried for part in each["keyResults"]]
    return [(former["externalId"].rpartition("-")[0], successor["id"]) for former, successor in pairs]


def check(name: str, answers: Mapping[str, Any]) -> None:
    """Compare answers by person with the file of that name, or write it."""
    file = ANSWERS / f"{name}.json"
    if WRITE:
        ANSWERS.mkdir(exist_ok=True)
        file.write_text(written(answers) + "\n", "utf-8")
    assert answers == json.loads(file.read_text("utf-8")), name


@pytest.fixture
async def library(server: Server, template: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Library]:
    """Serve a library whose people have tokens, at the end of 2026."""
    async with clocked_company(
        server, template, monkeypatch, name="Town Library", begin=BEGIN, roles=ROLES
    ) as company:
        yield Library(**vars(company))


async def test_an_organisation_lives_through_a_year_of_four_quarters(library: Library):
    await library.live(date(2026, 12, 28), SETTING_UP)
    first = QUARTERS[0]
    await library.live(first.starts_on, (step("ada", "cycleActivate", cycle=first.cycle), *plan(first)))
    for quarter, following in pairwise(QUARTERS):
        await library.live_through(quarter)
        activation = step("ada", "cycleActivate", cycle=following.cycle)
        await library.live(following.starts_on, (activation,), time(12))
        await library.carry_over(quarter, following)
    await library.live_through(QUARTERS[-1])
    await library.live(date(2028, 1, 3), review_year())
    check("year", await library.ask("Year", cycle=YEAR["externalId"]))
    for instant_of, standing in library.standings.items():
        assert await library.ask("Standing", asOf=instant_of.isoformat()) == standing
