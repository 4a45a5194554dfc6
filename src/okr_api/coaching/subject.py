"""Subject of coaching: an objective with its key results, or a cycle, and what surrounds it, as plain values.

A draft that is not saved, a saved objective and a cycle are the same kind of value, so that one rule serves
all three. What is unknown is None, and then no rule judges it.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from okr_api.okr.entity import NodeType
from okr_api.okr.measure import KeyResultMeasure, Milestone
from okr_api.okr.objective import ObjectiveKind

from .title import Title

FAMILY = {
    KeyResultMeasure.INCREASE: "change",
    KeyResultMeasure.DECREASE: "change",
    KeyResultMeasure.ZONES: "change",
    KeyResultMeasure.AT_LEAST: "limit",
    KeyResultMeasure.AT_MOST: "limit",
    KeyResultMeasure.WITHIN: "limit",
    KeyResultMeasure.BOOLEAN: "step",
    KeyResultMeasure.MILESTONES: "step",
}


@dataclass(frozen=True, slots=True)
class NodeName:
    """Type and id, as hex digits, of a saved entity that advice is about or refers to."""

    type: NodeType
    id: str


@dataclass(frozen=True)
class KeyResultPlan:
    """A key result as it is planned; `measure` is None if it is neither given nor clear from the values.

    `current_value` and `progress` are None before the first reading. `is_guard_rail` and `metric` are of
    entities that a draft may name: whether it protects another key result, and which metric it is read from.
    """

    title: str
    measure: KeyResultMeasure | None = None
    description: str | None = None
    unit: str | None = None
    start_value: float | None = None
    target_value: float | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    commit_value: float | None = None
    stretch_value: float | None = None
    milestones: tuple[Milestone, ...] = ()
    weight: float = 1.0
    due_on: date | None = None
    confidence: float | None = None
    current_value: float | None = None
    progress: float | None = None
    is_guard_rail: bool = False
    metric: str | None = None
    node: NodeName | None = None

    @cached_property
    def words(self) -> Title:
        """Return its title, split into words."""
        return Title(self.title)

    @property
    def family(self) -> str | None:
        """Return whether its measure is a `change`, a `limit` or a `step`; None without a measure."""
        return None if self.measure is None else FAMILY[self.measure]

    @property
    def is_numeric(self) -> bool:
        """Return whether its values are numbers."""
        return self.family in ("change", "limit")

    @property
    def values(self) -> tuple[float, ...]:
        """Return every value of its measure that is given."""
        given = (
            self.start_value,
            self.target_value,
            self.lower_bound,
            self.upper_bound,
            self.commit_value,
            self.stretch_value,
        )
        return tuple(value for value in given if value is not None)


@dataclass(frozen=True)
class ParentPlan:
    """An objective that another one is aligned to, directly or through a key result."""

    title: str
    node: NodeName | None = None

    @cached_property
    def words(self) -> Title:
        """Return its title, split into words."""
        return Title(self.title)


@dataclass(frozen=True)
class ObjectivePlan:
    """An objective as it is planned, with its key results that count.

    `has_children` says whether other objectives are aligned to it. `priorities` counts the strategic
    priorities that it serves itself or through an ancestor. `days_as_draft` are full days of its cycle for
    which it has been a saved draft; None if it is not saved or not a draft.
    """

    title: str
    has_description: bool = False
    kind: ObjectiveKind = ObjectiveKind.COMMITTED
    has_owner: bool = False
    key_results: tuple[KeyResultPlan, ...] = ()
    parents: tuple[ParentPlan, ...] = ()
    has_children: bool = False
    priorities: int | None = None
    stands_alone_reason: str | None = None
    days_as_draft: int | None = None
    node: NodeName | None = None

    @cached_property
    def words(self) -> Title:
        """Return its title, split into words."""
        return Title(self.title)


@dataclass(frozen=True, slots=True)
class CyclePlan:
    """A cycle: its first and last day, and the share of it that has passed, 0 to 1."""

    starts_on: date
    ends_on: date
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """Objectives of a team in the cycle, the coached one included: all, and the aspirational ones.

    `past_aspirational` are those of closed cycles with a score, `past_reached` how many scored 1.
    """

    name: str
    objectives: int
    aspirational: int = 0
    past_aspirational: int = 0
    past_reached: int = 0
    node: NodeName | None = None


@dataclass(frozen=True, slots=True)
class OwnerLoad:
    """Objectives that a person is accountable for in the cycle, the coached one included."""

    name: str
    objectives: int
    node: NodeName | None = None


@dataclass(frozen=True)
class TitlePair:
    """Titles of two objectives in one cycle; `node` is the coached one."""

    title: Title
    other: Title
    node: NodeName | None = None
    other_node: NodeName | None = None


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """A saved draft and the full days of its cycle for which it has been one."""

    title: str
    days: int
    node: NodeName | None = None


@dataclass(frozen=True, slots=True)
class LessonName:
    """A lesson from elsewhere with words of the draft."""

    title: str
    node: NodeName | None = None


@dataclass(frozen=True, slots=True)
class UnknownReference:
    """A reference of a draft, at a path, to an entity that does not exist or that the actor does not see."""

    path: tuple[str | int, ...]
    type: NodeType


@dataclass(frozen=True)
class Subject:
    """What is coached: an objective with its surroundings, or, with `objective` None, a cycle.

    `lessons` are those that are related to a draft; saved objectives have `relatedLessons` for them.
    `objectives_above` counts the objectives of the teams above in the same or an enclosing cycle. Whether
    the organisation has strategic priorities is None where it is not known.
    """

    objective: ObjectivePlan | None = None
    cycle: CyclePlan | None = None
    teams: tuple[TeamLoad, ...] = ()
    owners: tuple[OwnerLoad, ...] = ()
    pairs: tuple[TitlePair, ...] = ()
    drafts: tuple[WaitingDraft, ...] = ()
    unknown: tuple[UnknownReference, ...] = ()
    lessons: tuple[LessonName, ...] = ()
    objectives_above: int = 0
    has_priorities: bool | None = None

    @property
    def is_early(self) -> bool:
        """Return whether at most half of the cycle has passed, so that the plan can still change."""
        return self.cycle is None or self.cycle.elapsed <= 0.5
