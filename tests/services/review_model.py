"""Pure model of grading, reviewing, closing, reopening and rolling over a cycle: refusals, and what is stored.

It knows the rules of docs/review.md alone: two key results of one objective, an objective beneath which nothing
counts, and no others.
"""

from dataclasses import dataclass, field
from typing import Any

SCORES = {"COMMITTED": 1.0, "ASPIRATIONAL": 0.7}  # what is expected
EXPLAINED = {"COMMITTED": 1.0, "ASPIRATIONAL": 0.4}  # what needs a root cause below
NEAR = 1e-9
FULL = 100.0  # the value at which a key result scores 1
GOES_ON = ("KEEP", "MODIFY")
Gap = tuple[str, str]


class Refusal(Exception):
    """Refusal of a mutation, with its code and what it lists as missing."""

    def __init__(self, code: str, missing: set[Gap] | None = None) -> None:
        super().__init__(code)
        self.code, self.missing = code, missing or set()


@dataclass
class Part:
    """A key result, whose score is that of its latest reading."""

    weight: float = 1.0
    score: float | None = None
    grade: tuple[str, float | None] | None = None

    @property
    def final(self) -> float | None:
        """Return the score as it was graded."""
        return graded(self.score, self.grade)


@dataclass
class Whole:
    """An objective with its parts, perhaps none, and its review: what it decides, and its root cause."""

    kind: str = "COMMITTED"
    parts: list[str] = field(default_factory=list)
    grade: tuple[str, float | None] | None = None
    review: dict[str, Any] | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class Carried:
    """An objective of the later cycle: its kind, and weight and start of its key results, by what they come from."""

    kind: str
    parts: dict[str, tuple[float, float]]


def graded(score: float | None, grade: tuple[str, float | None] | None) -> float | None:
    """Return a score as it was graded."""
    return score if grade is None or grade[0] == "COMPUTED" else grade[1]


@dataclass
class Model:
    """The cycle, what is in it by name, and the lessons that reviews have made."""

    parts: dict[str, Part]
    wholes: dict[str, Whole]
    state: str = "ACTIVE"
    is_required: bool = False
    lessons: list[str] = field(default_factory=list)
    carried: dict[str, Carried] = field(default_factory=dict)

    def computed(self, name: str) -> float | None:
        """Return the computed score of anything."""
        if name in self.parts:
            return self.parts[name].score
        return self._mean(
            [(self.parts[one].score, self.parts[one].weight) for one in self.wholes[name].parts]
        )

    def final(self, name: str) -> float | None:
        """Return the final score of an objective."""
        whole = self.wholes[name]
        parts = [(self.parts[one].final, self.parts[one].weight) for one in whole.parts]
        return graded(self._mean(parts), whole.grade)

    def judged(self, name: str) -> float | None:
        """Return what the outcome of an objective follows: parts without a final score count as 0."""
        whole = self.wholes[name]
        if self.final(name) is None or (whole.grade and whole.grade[0] != "COMPUTED"):
            return self.final(name)
        return self._mean([(self.parts[one].final or 0.0, self.parts[one].weight) for one in whole.parts])

    def outcome(self, name: str) -> str | None:
        """Return the outcome of an objective; None until it is closed."""
        whole, score = self.wholes[name], self.judged(name)
        if not whole.is_closed or score is None or whole.kind not in SCORES:
            return None
        return "ACHIEVED" if score >= SCORES[whole.kind] - NEAR else "MISSED"

    @staticmethod
    def _mean(weighed: list[tuple[float | None, float]]) -> float | None:
        known = [(score, weight) for score, weight in weighed if score is not None]
        whole = sum(weight for _, weight in known)
        return sum(score * weight for score, weight in known) / whole if whole else None

    def needs_cause(self, name: str) -> bool:
        """Return whether a review of an objective has to name a root cause."""
        kind, score = self.wholes[name].kind, self.judged(name)
        return kind in EXPLAINED and score is not None and score < EXPLAINED[kind] - NEAR

    def check_in(self, name: str, score: float) -> bool:
        """Record a reading that gives a key result this score."""
        if self.state == "CLOSED":
            raise Refusal("CYCLE_IS_CLOSED")
        self.parts[name].score = score
        return True

    def edit(self, of: Part | Whole, name: str, value: Any) -> bool:
        """Edit a field of the plan; return whether anything changed."""
        self._takes_edits()
        changes = getattr(of, name) != value
        setattr(of, name, value)
        return changes

    def _takes_edits(self) -> None:
        if self.state != "ACTIVE":
            raise Refusal("CYCLE_IS_CLOSED" if self.state == "CLOSED" else "CYCLE_IS_IN_REVIEW")

    def _takes_reviews(self) -> None:
        if self.state != "REVIEW":
            raise Refusal("CYCLE_IS_CLOSED" if self.state == "CLOSED" else "CYCLE_IS_NOT_IN_REVIEW")

    def give(self, name: str, grade: tuple[str, float | None], *, replaces: bool) -> bool:
        """Grade anything; return whether it is another grade."""
        self._takes_reviews()
        node: Part | Whole = self.parts[name] if name in self.parts else self.wholes[name]
        if grade[0] == "COMPUTED" and self.computed(name) is None:
            raise Refusal("NOTHING_TO_CONFIRM")
        if node.grade == grade:
            return False
        if node.grade is not None and not replaces:
            raise Refusal("ALREADY_GRADED")
        node.grade = grade
        return True

    def review(self, name: str, given: dict[str, Any]) -> bool:
        """Record the review of an objective, with the lesson that it makes."""
        self._takes_reviews()
        if self.wholes[name].review is not None:
            raise Refusal("ALREADY_REVIEWED")
        self._explained(name, given)
        self.wholes[name].review = dict(given)
        if given["learned"]:
            self.lessons.append(given["learned"])
        return True

    def revise(self, name: str, edits: dict[str, Any]) -> bool:
        """Edit the review that an objective has; its lesson follows. Return whether anything changed."""
        review = self.wholes[name].review
        assert review is not None
        self._takes_reviews()
        edited = review | edits
        self._explained(name, edited)
        self.wholes[name].review = edited
        self._follow(review["learned"], edited["learned"])
        return edited != review

    def take_back(self, name: str) -> bool:
        """Delete the review that an objective has, with its lesson."""
        review = self.wholes[name].review
        assert review is not None
        self._takes_reviews()
        self.wholes[name].review = None
        self._follow(review["learned"], None)
        return True

    def _follow(self, before: str | None, after: str | None) -> None:
        if before:
            self.lessons.remove(before)
        if after:
            self.lessons.append(after)

    def _explained(self, name: str, review: dict[str, Any]) -> None:
        if review["root_cause"] is None and self.needs_cause(name):
            raise Refusal("ROOT_CAUSE_REQUIRED")

    def become(self, state: str, *, from_: str) -> bool:
        """Activate the cycle, or begin its review; neither changes what was graded and reviewed."""
        if self.state != from_:
            raise Refusal("CYCLE_TRANSITION")
        self.state = state
        return True

    def close(self, *, is_excused: bool) -> bool:
        """Close the cycle and its objectives."""
        if self.state != "REVIEW":
            raise Refusal("CYCLE_TRANSITION")
        gaps = set() if is_excused else self._ungraded()
        reviews = self._unreviewed() if self.is_required else set()
        if gaps or reviews:
            raise Refusal("NOT_ALL_GRADED" if gaps else "NOT_ALL_REVIEWED", gaps | reviews)
        self.state = "CLOSED"
        for whole in self.wholes.values():
            whole.is_closed = True
        return True

    def _ungraded(self) -> set[Gap]:
        found = {
            (name, "GRADE") for name, one in self.parts.items() if one.grade is None and one.score is None
        }
        if self.is_required:
            found |= {
                (name, "GRADE")
                for name, one in self.wholes.items()
                if not one.parts and one.grade is None and one.kind != "LEARNING"
            }
        return found

    def _unreviewed(self) -> set[Gap]:
        found = {(name, "REVIEW") for name, one in self.wholes.items() if one.review is None}
        return found | {
            (name, "ROOT_CAUSE")
            for name, one in self.wholes.items()
            if one.review and one.review["root_cause"] is None and self.needs_cause(name)
        }

    def reopen(self) -> bool:
        """Return the closed cycle to its review, with all that was graded and reviewed."""
        if self.state != "CLOSED":
            raise Refusal("CYCLE_TRANSITION")
        self.state = "REVIEW"
        for whole in self.wholes.values():
            whole.is_closed = False
        return True

    def roll_over(self, items: dict[str, bool], *, is_dry: bool) -> dict[str, tuple[str, dict[str, str]]]:
        """Carry objectives over; return the outcome of each, and of each key result of those that go on.

        An item says of an objective whether it is skipped.
        """
        return {name: self._carry(name, items.get(name), is_dry=is_dry) for name in self.wholes}

    def _carry(self, name: str, is_skipped: bool | None, *, is_dry: bool) -> tuple[str, dict[str, str]]:
        whole = self.wholes[name]
        if name in self.carried:
            return "ALREADY_CARRIED", {}
        if is_skipped:
            return "SKIPPED", {}
        if is_skipped is None and (whole.review is None or whole.review["decision"] not in GOES_ON):
            return ("DECIDED_OTHERWISE" if whole.review else "NOT_REVIEWED"), {}
        parts = {one: self.parts[one] for one in whole.parts}
        reached = {one for one, part in parts.items() if part.score == 1.0}
        if not is_dry:
            starts = {
                one: (part.weight, FULL * (part.score or 0.0))
                for one, part in parts.items()
                if one not in reached
            }
            self.carried[name] = Carried(whole.kind, starts)
        return "CARRIED", {one: "TARGET_REACHED" if one in reached else "CARRIED" for one in parts}
