"""Small pure model of cadences, slots, statuses and clock events, written from docs/cadence.md alone.

It calls nothing of the service: due days are found by looking at every day, and whether a slot is owed by
looking at its instant. It knows key results of which nothing is measured, so that their status is what was
reported, STALE, PAUSED, DROPPED or PENDING.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

T = TypeVar("T")
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
SATURDAY = 5
# Windows are computed for these days; histories last some months within them.
FIRST, LAST = date(2026, 6, 1), date(2030, 12, 31)
KINDS = ("CHECK_IN_MISSED", "CHECK_IN_LATE", "CHECK_IN_DUE")  # in their order at one instant
Event = tuple[datetime, int, UUID]  # instant, place in KINDS, node
Turn = tuple[datetime, UUID, str, str]  # instant, node, status before and after


@dataclass(frozen=True)
class Rule:
    """A cadence: every so many weeks on a weekday (Monday is 0), or every so many months on a day."""

    unit: str
    every: int
    on: int
    at: time
    counted_from: date | None
    grace: int
    tolerance: int
    locked: bool

    def is_nominal(self, day: date) -> bool:
        """Return whether a check-in is due on a day, were there no holidays."""
        begin = self.counted_from or date(2000, 1, 3)
        if self.unit == "weeks":
            weeks = ((day - day.weekday() * DAY) - (begin - begin.weekday() * DAY)).days // 7
            return day.weekday() == self.on and weeks % self.every == 0
        months = (day.year - begin.year) * 12 + day.month - begin.month
        return day.day == min(self.on, monthrange(day.year, day.month)[1]) and months % self.every == 0


@dataclass(frozen=True)
class Window:
    """A due check-in: its day without holidays, its day, its instants."""

    nominal: date
    day: date
    due: datetime
    opens: datetime
    on_time: datetime
    closes: datetime

    @property
    def instants(self) -> tuple[datetime, ...]:
        """Return the instants at which something changes."""
        return self.opens, self.due, self.on_time, self.closes


def local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time: the first of two, or as much later as summer time skips."""
    return datetime.combine(day, at, zone).astimezone(UTC)


@lru_cache(maxsize=500)
def windows_of(rule: Rule, holidays: frozenset[date], zone: ZoneInfo) -> tuple[Window, ...]:
    """Return the windows of a rule, in order."""
    every_day = [FIRST + number * DAY for number in range((LAST - FIRST).days)]
    nominal = [day for day in every_day if rule.is_nominal(day)]
    days: list[tuple[date, date]] = []
    for number, day in enumerate(nominal[:-1]):
        moved = day
        if day in holidays:
            while moved in holidays or moved.weekday() >= SATURDAY:
                moved += DAY
        if moved < nominal[number + 1]:
            days.append((day, moved))
    found = []
    for (_, previous), (day, moved) in pairwise(days):
        before, due = local(previous, rule.at, zone), local(moved, rule.at, zone)
        found.append(
            Window(
                day,
                moved,
                due,
                opens=before + (due - before) / 2,
                on_time=local(moved + rule.tolerance * DAY, rule.at, zone),
                closes=local(moved + rule.grace * DAY, rule.at, zone),
            )
        )
    return tuple(found)


class Past(Generic[T]):
    """The values that something had, from which instant on each; the first one before it as well."""

    def __init__(self, since: datetime, value: T) -> None:
        self.values = [(since, value)]

    def set(self, since: datetime, value: T) -> None:
        self.values.append((since, value))

    @property
    def now(self) -> T:
        return self.values[-1][1]

    def at(self, instant: datetime) -> T:
        """Return the value at an instant."""
        found = self.values[0][1]
        for since, value in self.values:
            if since <= instant:
                found = value
        return found


@dataclass
class CheckIn:
    """A check-in that is not retracted."""

    id: UUID
    at: datetime
    by_person: bool
    status: str | None
    confidence: float | None

    @property
    def meets(self) -> bool:
        """Return whether it can meet a slot."""
        return self.by_person or self.status is not None or self.confidence is not None


@dataclass
class Node:
    """An objective, or a key result of one."""

    id: UUID
    created: datetime
    owner: UUID | None
    cadence: Past[Rule | None]
    state: Past[str]
    objective: "Node | None" = None
    team: UUID | None = None
    check_in_owner: UUID | None = None
    check_ins: list[CheckIn] = field(default_factory=list)

    @property
    def holder(self) -> "Node":
        """Return the objective: itself, or that of the key result."""
        return self.objective or self

    @property
    def owes(self) -> UUID | None:
        """Return the person who owes its check-ins."""
        return self.check_in_owner or self.owner or self.holder.owner


@dataclass
class Absence:
    """Days on which a person is absent."""

    person: UUID
    first: date
    last: date
    delegate: UUID | None

    def shares_a_day(self, other: "Absence") -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Slot:
    """What became of a window, and who owes it."""

    window: Window
    state: str
    met: CheckIn | None
    owed_by: UUID | None
    excused: UUID | None

    @property
    def known(self) -> tuple[object, ...]:
        """Return what a reader sees of it."""
        window = self.window
        check_in = self.met.id if self.met else None
        return (*window.instants, self.state, check_in, self.owed_by, self.excused)

    @property
    def events(self) -> Iterator[tuple[datetime, str]]:
        """Yield what the clock tells of it."""
        window, met = self.window, self.met.at if self.met else None
        if self.excused is None or self.owed_by is not None:
            if met is None or met > window.due:
                yield window.due, "CHECK_IN_DUE"
            if self.excused is None and window.on_time != window.closes and (not met or met > window.on_time):
                yield window.on_time + INSTANT, "CHECK_IN_LATE"
            if self.excused is None and met is None:
                yield window.closes + INSTANT, "CHECK_IN_MISSED"


@dataclass
class Model:
    """An organisation with one cycle: what is set, who is absent, and what was said."""

    zone: ZoneInfo
    starts_on: date
    ends_on: Past[date]
    cadence: Past[Rule | None]
    holidays: Past[frozenset[date]]
    is_running: bool = True
    teams: dict[UUID, Past[Rule | None]] = field(default_factory=dict)
    above: dict[UUID, UUID | None] = field(default_factory=dict)
    nodes: dict[UUID, Node] = field(default_factory=dict)
    absences: dict[UUID, Absence] = field(default_factory=dict)
    kept: dict[UUID, list[Slot]] | None = None  # the slots of the cycle while it is closed
    kept_zone: ZoneInfo | None = None  # the time zone of its days, likewise

    # ── Which cadence applies ──

    def cadences_above(self, team: UUID | None) -> list[Past[Rule | None]]:
        """Return the cadences from the organisation down to a team."""
        return [*self.cadences_above(self.above[team]), self.teams[team]] if team else [self.cadence]

    def _chain(self, node: Node) -> list[Past[Rule | None]]:
        above = [*self.cadences_above(node.holder.team), node.holder.cadence]
        return [*above, node.cadence] if node.objective else above

    @staticmethod
    def _last_that_counts(rules: list[Rule | None]) -> int | None:
        counts: int | None = None
        for place, rule in enumerate(rules):
            if rule and not (counts is not None and (above := rules[counts]) and above.locked):
                counts = place
        return counts

    def applies(self, chain: list[Past[Rule | None]]) -> Rule | None:
        """Return the cadence that applies now at the end of a chain."""
        rules = [past.now for past in chain]
        place = self._last_that_counts(rules)
        return None if place is None else rules[place]

    def is_locked_for(self, node: UUID) -> bool:
        """Return whether a team, an objective or a key result may not have a cadence of its own."""
        chain = self.cadences_above(node) if node in self.teams else self._chain(self.nodes[node])
        above = self.applies(chain[:-1])
        return above is not None and above.locked

    def _rhythm(self, node: Node, at: datetime) -> tuple[Rule, frozenset[date]] | None:
        """Return what a node's check-ins are due by at an instant; None if none are owed."""
        rules = [past.at(at) for past in self._chain(node)]
        place = self._last_that_counts(rules)
        if place is None or (node.objective is None and place != len(rules) - 1):
            return None
        if node.holder.state.at(at) not in ("PUBLISHED", "CLOSED") or (
            node.objective and node.state.at(at) != "ACTIVE"
        ):
            return None
        rule = rules[place]
        assert rule
        return rule, self.holidays.at(at)

    # ── Slots ──

    def windows(self, node: Node) -> list[Window]:
        """Return the windows of a node, in order."""
        pasts = (*self._chain(node), self.holidays, node.state, node.holder.state)
        instants = {since for past in pasts for since, _ in past.values}
        found = []
        for rhythm in {self._rhythm(node, at) for at in instants} - {None}:
            assert rhythm
            found += [
                window
                for window in windows_of(*rhythm, self.zone)
                if self.starts_on <= window.nominal
                and window.day <= self.ends_on.now
                and node.created <= window.due
                and self._rhythm(node, window.due) == rhythm
            ]
        return sorted(found, key=lambda window: window.due)

    def _absence(self, person: UUID | None, day: date) -> Absence | None:
        for one in self.absences.values():
            if one.person == person and one.first <= day <= one.last:
                return one
        return None

    def slots(self, id: UUID, now: datetime) -> list[Slot]:
        """Return the slots of a node at an instant; of a closed cycle those that it was closed with."""
        if self.kept is not None:
            return self.kept[id]
        node = self.nodes[id]
        windows = self.windows(node)
        met: dict[int, CheckIn] = {}
        for said in sorted((one for one in node.check_ins if one.meets), key=lambda one: one.at):
            for number, window in enumerate(windows):
                if number not in met and window.opens <= said.at <= window.closes:
                    met[number] = said
                    break
        return [self._slot(node, window, met.get(number), now) for number, window in enumerate(windows)]

    def close(self, now: datetime) -> None:
        """Keep the time zone, and the slots that are over by an instant: nobody can meet the others any more."""
        self.kept_zone = self.zone
        states = {"LATE": "MISSED", "MISSED": "MISSED", "EXCUSED": "EXCUSED"}
        self.kept = {
            id: [
                slot if slot.met else replace(slot, state=states[slot.state])
                for slot in self.slots(id, now)
                if slot.met or slot.state in states
            ]
            for id in self.nodes
        }

    def _slot(self, node: Node, window: Window, met: CheckIn | None, now: datetime) -> Slot:
        absence = self._absence(node.owes, window.day)
        owed_by = node.owes
        if absence:
            owed_by = absence.delegate
            if owed_by and self._absence(owed_by, window.day):
                owed_by = None
        if met:
            state = "ON_TIME" if met.at <= window.on_time else "LATE"
        elif absence:
            state = "EXCUSED"
        elif now < window.opens:
            state = "UPCOMING"
        elif now <= window.on_time:
            state = "DUE"
        else:
            state = "LATE" if now <= window.closes else "MISSED"
        return Slot(window, state, met, owed_by, node.owes if absence else None)

    @staticmethod
    def next_due(slots: list[Slot]) -> datetime | None:
        for slot in slots:
            if slot.met is None and slot.state in ("UPCOMING", "DUE", "LATE"):
                return slot.window.due
        return None

    @staticmethod
    def on_time_share(slots: list[Slot]) -> float | None:
        judged = [slot.state for slot in slots if slot.state in ("ON_TIME", "LATE", "MISSED")]
        return judged.count("ON_TIME") / len(judged) if judged else None

    # ── What the clock tells ──

    def events(self, until: datetime) -> list[Event]:
        """Return what the clock tells of slots by the present facts, in order, from the beginning."""
        found: list[Event] = []
        for node in self.nodes.values():
            is_owing = self.is_running and node.holder.state.now == "PUBLISHED"
            if node.objective:
                is_owing = is_owing and node.state.now == "ACTIVE" and bool(self.applies(self._chain(node)))
            else:
                is_owing = is_owing and node.cadence.now is not None
            for slot in self.slots(node.id, until) if is_owing else ():
                found += [(at, KINDS.index(kind), node.id) for at, kind in slot.events if at <= until]
        return sorted(found)

    def days(self, until: datetime) -> list[tuple[datetime, str]]:
        """Return the beginning and the end of the cycle, unless the day had passed when it was set."""
        begin_set_at, end_set_at = (
            self.ends_on.values[0][0],
            min(since for since, day in self.ends_on.values if day == self.ends_on.now),
        )
        days = [
            (self.begin, "CYCLE_BEGUN", begin_set_at),
            (self.end, "CYCLE_ENDED", end_set_at),
        ]
        return [(at, kind) for at, kind, set_at in days if set_at < at <= until]

    @property
    def begin(self) -> datetime:
        return local(self.starts_on, time(0), self.kept_zone or self.zone)

    @property
    def end(self) -> datetime:
        return local(self.ends_on.now + DAY, time(0), self.kept_zone or self.zone)

    # ── Statuses ──

    def _falls_silent(self, node: Node, sign: datetime, *, is_check_in: bool) -> datetime:
        rule = self.applies(self._chain(node))
        if rule is None:
            return sign + 10 * DAY
        for window in windows_of(rule, self.holidays.now, self.zone):
            if (window.opens if is_check_in else window.due) > sign:
                return window.closes
        raise AssertionError("The days of the model are too few")

    def _latest(self, node: Node) -> datetime | None:
        """Return when the latest check-in was that breaks the silence."""
        has_cadence = self.applies(self._chain(node)) is not None
        return max((one.at for one in node.check_ins if one.meets or not has_cadence), default=None)

    def _stale_from(self, node: Node) -> datetime | None:
        latest = self._latest(node)
        if latest is not None and latest >= self.begin:
            since = self._falls_silent(node, latest, is_check_in=True)
        else:
            sign = max(self.begin, node.created) if latest is None else self.begin
            since = self._falls_silent(node, sign, is_check_in=False)
        return since if since < self.end else None

    def _reported(self, node: Node) -> tuple[str, datetime] | None:
        """Return the latest reported status, and when it lapses."""
        said = [one for one in node.check_ins if one.status is not None]
        latest = self._latest(node)
        if not said or latest is None:
            return None
        newest = max(enumerate(said), key=lambda one: (one[1].at, one[0]))[1]
        assert newest.status
        return newest.status, self._falls_silent(node, latest, is_check_in=True)

    def status(self, node: Node, at: datetime) -> str:
        """Return the status of a node at an instant, by the present facts."""
        states = {node.state.now, node.holder.state.now}
        for state in ("DROPPED", "PAUSED"):
            if state in states:
                return state
        if node.holder.state.now == "DRAFT":
            return "PENDING"
        if node.holder.state.now == "CLOSED":
            return "CLOSED"  # an outcome, which the model does not know
        runs = self.is_running and at < self.end
        if node.objective and runs:
            stale_from = self._stale_from(node)
            if stale_from is not None and stale_from <= at:
                return "STALE"
        reported = self._reported(node)
        if reported and at < reported[1]:
            return reported[0]
        if (
            node.objective is None
            and runs
            and any(self.status(one, at) == "STALE" for one in self.parts(node))
        ):
            return "STALE"
        return "PENDING"

    def parts(self, objective: Node) -> list[Node]:
        """Return the key results of an objective."""
        return [node for node in self.nodes.values() if node.objective is objective]

    def turns(self, node: Node) -> list[Turn]:
        """Return all turns of a node's status by the present facts, in order."""
        instants = {self.end}
        for one in (node, *self.parts(node)):
            instants |= {reported[1]} if (reported := self._reported(one)) else set()
            stale_from = self._stale_from(one) if one.objective else None
            instants |= {stale_from} if stale_from else set()
        found = []
        for at in sorted(instants):
            before, after = self.status(node, at - INSTANT), self.status(node, at)
            if before != after:
                found.append((at, node.id, before, after))
        return found

    def timelines(self) -> dict[UUID, tuple[str, list[Turn]]]:
        """Return the status of each node in the beginning, and its turns."""
        long_ago = datetime(2000, 1, 1, tzinfo=UTC)
        return {id: (self.status(node, long_ago), self.turns(node)) for id, node in self.nodes.items()}

    def instants_between(self, after: datetime, until: datetime) -> list[datetime]:
        """Return the instants at which something of a slot or a status changes, in order."""
        found = {at for node in self.nodes.values() for one in self.windows(node) for at in one.instants}
        found |= {turn[0] for node in self.nodes.values() for turn in self.turns(node)}
        return sorted(at for at in found if after < at <= until)
