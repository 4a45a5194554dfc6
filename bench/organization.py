"""Generated organisation: deterministic from a seed, including all ids.

Every cycle holds the same number of trees, each with one root, levels of 4, 16, 64 and 256 objectives
and a broad last one: at the default sizes 10,012 objectives in 10 trees of six levels, 34,993 key results
and 314,690 check-ins. The newest cycle runs today; ten times the data is nine closed cycles before it, so
that requests stay the same while the stored data grows.

Only check-ins are generated; all numbers follow from them by `okr_api.scoring`.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from okr_api.okr.alignment import Alignment
from okr_api.okr.author import Author
from okr_api.okr.check_in import CheckIn, ReportedStatus
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.key_result import KeyResult
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.objective import Objective, ObjectiveState, ProgressSource
from okr_api.okr.people import Organization, Person, Team
from okr_api.okr.policy import Editing
from okr_api.okr.tree import Tree
from okr_api.scoring.propagation import propagate

ZONE = "UTC"
LEVELS = 6
BRANCHES = 4
DAYS_BEHIND, DAYS_AHEAD = 60, 30
CYCLE_DAYS = DAYS_BEHIND + DAYS_AHEAD + 1
VERBS = ("Win", "Keep", "Grow", "Shorten", "Open", "Renew", "Simplify", "Secure", "Teach", "Ship")
THINGS = ("customers", "onboarding", "support", "the platform", "partners", "the shop", "reports", "trust")
UNITS = ("%", "customers", "days", "tickets", "EUR")
REASON = "Everything that follows rests on it, and nobody else will do it for us this quarter."


@dataclass(frozen=True, slots=True)
class Sizes:
    """Amount of data per cycle, and the number of cycles."""

    objectives: int = 10_012
    key_results: int = 34_993
    check_ins: int = 314_690
    trees: int = 10
    people: int = 500
    cycles: int = 1


@dataclass(frozen=True)
class Part:
    """A cycle with its scored tree, and its check-ins in order of `seq`."""

    cycle: Cycle
    tree: Tree
    check_ins: list[CheckIn]


class Ids:
    """Generator of increasing UUIDv7, random bits from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._last = 0

    def at(self, instant: datetime) -> UUID:
        """Return an id of that millisecond, or of the next one that is free."""
        place = max(int(instant.timestamp() * 1000) << 12, self._last + 1)
        self._last = place
        head = (place >> 12) << 16 | 7 << 12 | place & 0xFFF
        return UUID(int=head << 64 | 2 << 62 | self._random.getrandbits(62))


class Making:
    """Generator of the organisation, one cycle at a time, oldest first."""

    def __init__(self, sizes: Sizes, seed: int, as_of: datetime) -> None:
        self.sizes = sizes
        self.as_of = as_of.replace(minute=0, second=0, microsecond=0)
        self.random = random.Random(seed)
        self.ids = Ids(seed)
        self.seq = 1  # 1 is the change that created the plans
        began = self._first_day(0) - timedelta(days=1)
        self.organization = Organization(self.ids.at(began), "Bench", ZONE, editing=Editing.EVERYONE)
        self.people = [
            Person(self.ids.at(began), None, f"Person {n}", f"person{n}@bench.example")
            for n in range(sizes.people)
        ]
        self.teams = [Team(self.ids.at(began), None, f"Team {n}") for n in range(sizes.trees)]

    def _first_day(self, number: int) -> datetime:
        """Return midnight of a cycle's first day; the newest cycle has the highest number."""
        back = DAYS_BEHIND + CYCLE_DAYS * (self.sizes.cycles - 1 - number)
        return self.as_of.replace(hour=0) - timedelta(days=back)

    def parts(self) -> Iterator[Part]:
        """Yield each cycle with its data, scored."""
        for number in range(self.sizes.cycles):
            begin = self._first_day(number)
            running = number == self.sizes.cycles - 1
            cycle = Cycle(
                id=self.ids.at(begin),
                external_id=None,
                name=f"Cycle {number + 1}",
                starts_on=begin.date(),
                ends_on=(begin + timedelta(days=CYCLE_DAYS - 1)).date(),
                state=CycleState.ACTIVE if running else CycleState.CLOSED,
            )
            tree = Tree(self.organization)
            tree.cycles[cycle.id] = cycle
            self._plan(tree, cycle, begin)
            until = min(self.as_of, begin + timedelta(days=CYCLE_DAYS - 7))
            check_ins = self._check_in(tree, begin, until)
            for check_in in check_ins:
                tree.readings.setdefault(check_in.about_id, []).append(check_in.reading)
            propagate(tree, key_results=tree.key_results, objectives=list(tree.objectives), at=self.as_of)
            yield Part(cycle, tree, check_ins)

    def _plan(self, tree: Tree, cycle: Cycle, begin: datetime) -> None:
        for number, size in enumerate(shares(self.sizes.objectives, self.sizes.trees)):
            above: list[UUID] = []
            for level, width in enumerate(level_widths(size)):
                here = [self._objective(cycle, begin, level, number) for _ in range(width)]
                for objective in here:
                    tree.objectives[objective.id] = objective
                    if above:
                        tree.put_alignment(Alignment(objective.id, self.random.choice(above), None))
                above = [objective.id for objective in here]
        for objective_id in [edge.parent_id for edge in tree.alignments.values()]:
            # Parents count children and key results, so that a check-in moves every ancestor.
            parent = tree.objectives[objective_id]
            tree.objectives[objective_id] = replace(parent, progress_source=ProgressSource.BOTH)
        counts = scattered(self.random, self.sizes.key_results, len(tree.objectives))
        for objective, count in zip(list(tree.objectives.values()), counts, strict=True):
            for _ in range(count):
                tree.put_key_result(self._key_result(objective, cycle, begin))

    def _objective(self, cycle: Cycle, begin: datetime, level: int, tree_number: int) -> Objective:
        closed = cycle.state is CycleState.CLOSED
        return Objective(
            id=self.ids.at(begin),
            external_id=None,
            cycle_id=cycle.id,
            title=f"{self.random.choice(VERBS)} {self.random.choice(THINGS)}, level {level}",
            description=REASON,
            state=ObjectiveState.CLOSED if closed else ObjectiveState.PUBLISHED,
            owner_id=self.random.choice(self.people).id,
            team_id=self.teams[tree_number].id,
        )

    def _key_result(self, objective: Objective, cycle: Cycle, begin: datetime) -> KeyResult:
        start, way = float(self.random.randrange(0, 50)), float(self.random.randrange(10, 200))
        down = self.random.random() < 0.3
        due_on = begin.date() + timedelta(days=30 * self.random.randint(1, 2))
        return KeyResult(
            id=self.ids.at(begin),
            external_id=None,
            objective_id=objective.id,
            title=f"{self.random.choice(THINGS).capitalize()} from {start:g}",
            measure=Measure(
                KeyResultMeasure.DECREASE if down else KeyResultMeasure.INCREASE,
                unit=self.random.choice(UNITS),
                start_value=start + way if down else start,
                target_value=start if down else start + way,
            ),
            weight=self.random.choice((1.0, 1.0, 1.0, 2.0, 3.0)),
            due_on=due_on if self.random.random() < 0.2 else None,
            owner_id=objective.owner_id,
        )

    def _check_in(self, tree: Tree, begin: datetime, until: datetime) -> list[CheckIn]:
        """Return the check-ins of a cycle, spread over its days and numbered in order."""
        said: list[tuple[datetime, KeyResult, float]] = []
        counts = scattered(self.random, self.sizes.check_ins, len(tree.key_results))
        for key_result, count in zip(list(tree.key_results.values()), counts, strict=True):
            reached = self.random.uniform(0.1, 1.1)
            for number in range(count):
                share = (number + self.random.random()) / count
                said.append((begin + (until - begin) * share, key_result, reached * share))
        said.sort(key=lambda one: one[0])
        return [self._one(*one) for one in said]

    def _one(self, at: datetime, key_result: KeyResult, share: float) -> CheckIn:
        measure = key_result.measure
        assert measure.start_value is not None
        assert measure.target_value is not None
        way = measure.target_value - measure.start_value
        author = self.random.choice(self.people)
        self.seq += 1
        return CheckIn(
            id=self.ids.at(at),
            external_id=None,
            key_result_id=key_result.id,
            definition=1,
            effective_at=at,
            recorded_at=at,
            author=Author(author.name, author.id),
            seq=self.seq,
            value=round(measure.start_value + way * share, 2),
            confidence=round(self.random.random(), 1) if self.random.random() < 0.5 else None,
            status=self.random.choice(list(ReportedStatus)) if self.random.random() < 0.2 else None,
            note="On our way; the next step is agreed." if self.random.random() < 0.3 else None,
        )


def shares(total: int, parts: int) -> list[int]:
    """Split the total into parts that differ by at most one."""
    return [total // parts + (number < total % parts) for number in range(parts)]


def scattered(source: random.Random, total: int, among: int) -> list[int]:
    """Distribute the total among so many: half of it evenly, the rest at random."""
    each = total // among // 2 or min(1, total // among)
    counts = [each] * among
    for place in source.choices(range(among), k=total - each * among):
        counts[place] += 1
    return counts


def level_widths(size: int) -> list[int]:
    """Return the number of objectives per level: one, then four times as many each, the rest on the last."""
    widths: list[int] = []
    left = size
    for level in range(LEVELS):
        below = LEVELS - 1 - level
        width = left if below == 0 else max(1, min(BRANCHES**level, left - below))
        widths.append(width)
        left -= width
    return widths


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
