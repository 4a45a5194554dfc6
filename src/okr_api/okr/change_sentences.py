"""Sentences of changes: what a change of each kind did, in plain English, from what its reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .change_kind import CLOCK_KINDS, ChangeKind
from .change_phrases import phrase_of
from .comment import DISCUSSED
from .computed_values import Status
from .entities import BY_TYPE
from .entity import NodeType
from .reaction import REACTED

MAX_NAME_CHARACTERS = 80  # of a name in a sentence; longer ones are cut
MAX_FIELDS_NAMED = 6
MAX_SENTENCE_CHARACTERS = 1_000
PERCENT_DECIMALS = (0, 1, 2)

# Entities that are named by what they belong to, with the references to that, of which one is set.
NAMED_BY: Mapping[NodeType, tuple[str, ...]] = {
    NodeType.TEAM_MEMBERSHIP: ("team_id",),
    NodeType.METRIC_READING: ("metric_id",),
    NodeType.ABSENCE: ("person_id",),
    NodeType.MEETING: ("team_id",),
    NodeType.REVIEW_RECORD: ("objective_id",),
    NodeType.PULSE: ("cycle_id",),
    NodeType.CHECK_IN: ("key_result_id", "objective_id"),
    NodeType.CHECK_IN_DRAFT: ("key_result_id", "objective_id"),
    NodeType.COMMENT: tuple(DISCUSSED.values()),
    NodeType.REACTION: tuple(REACTED.values()),
    NodeType.FOLLOW: ("objective_id", "key_result_id", "team_id"),
}
NOUNS = {NodeType.ORGANIZATION: "organisation"}
HIDDEN_NODE = "changed something that you cannot see"


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """What a change recorded: on how many key results and, on a single one, its value and unit.

    `before` is the value that the key result had, None if it had none or is not known to have moved.
    """

    count: int
    title: str | None = None
    value: float | None = None
    unit: str | None = None
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """How a change moved an objective or key result that the reader sees."""

    title: str | None
    before: float | None
    after: float | None
    status_before: Status
    status_after: Status

    @property
    def is_said(self) -> bool:
        """Return whether there is something to say of it."""
        return self.before != self.after or self.status_before != self.status_after


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What is said of a change. `name` is None if the entity is hidden, or its name is not known."""

    kind: ChangeKind
    actor: str
    node_type: NodeType
    name: str | None = None
    is_hidden: bool = False
    fields: Sequence[str] = ()
    checked_in: CheckedIn | None = None
    turned_to: Status | None = None  # of the entity, by time alone
    movement: Movement | None = None


def sentence_of(facts: ChangeFacts) -> str:
    """Return the sentence of a change: who did what and, if numbers moved, what they did to an objective."""
    deed = _deed(facts)
    by_clock = facts.kind in CLOCK_KINDS and not facts.is_hidden
    sentence = deed[0].upper() + deed[1:] if by_clock else f"{shortened(facts.actor)} {deed}"
    moved = facts.movement
    if moved is not None and moved.is_said and moved.title is not None:
        sentence += f"; {quoted(moved.title)} {_movement(moved)}"
    return sentence


def shortened(name: str) -> str:
    """Return a name on one line, cut if it is long."""
    line = " ".join(name.split())
    return line if len(line) <= MAX_NAME_CHARACTERS else line[: MAX_NAME_CHARACTERS - 1].rstrip() + "…"


def quoted(name: str) -> str:
    """Return a name in quotation marks."""
    return f"'{shortened(name)}'"


def _deed(facts: ChangeFacts) -> str:
    if facts.is_hidden:
        return HIDDEN_NODE
    if facts.turned_to is not None:
        return f"{_node(facts)} is now {_words(facts.turned_to)} by time alone"
    if facts.kind is ChangeKind.CHECK_IN_RECORDED and facts.checked_in is not None:
        return _check_in(facts.checked_in)
    deed = phrase_of(facts.kind).format(node=_node(facts))
    if facts.fields and facts.kind.endswith("UPDATED"):
        deed += f" ({_fields(facts.fields)})"
    return deed


def _node(facts: ChangeFacts) -> str:
    owners = NAMED_BY.get(facts.node_type, ())
    if len(owners) > 1:
        return "something" if facts.name is None else quoted(facts.name)
    node_type = BY_TYPE[facts.node_type].references[owners[0]] if owners else facts.node_type
    noun = NOUNS.get(node_type, BY_TYPE[node_type].noun)
    return f"the {noun}" if facts.name is None else f"the {noun} {quoted(facts.name)}"


def _fields(names: Sequence[str]) -> str:
    words = [_field(name) for name in names[:MAX_FIELDS_NAMED]]
    if len(names) > MAX_FIELDS_NAMED:
        words.append(f"{len(names) - MAX_FIELDS_NAMED} more")
    return ", ".join(words)


def _field(name: str) -> str:
    """Return a field in words; a reference as what it names."""
    return (name if name == "external_id" else name.removesuffix("_id")).replace("_", " ")


def _check_in(made: CheckedIn) -> str:
    if made.count != 1 or made.title is None:
        return f"checked in on {made.count} key results"
    if made.value is None:
        return f"checked in on {quoted(made.title)}"
    came = "" if made.before in (None, made.value) else f" (from {number(made.before)})"
    return f"checked in {number(made.value, made.unit)} on {quoted(made.title)}{came}"


def number(value: float | None, unit: str | None = None) -> str:
    """Return a value as text, with its unit."""
    text = f"{value or 0:,.10g}"
    return f"{text} {unit}" if unit else text


def _movement(moved: Movement) -> str:
    before, after = moved.before, moved.after
    if before == after:
        return f"is now {_words(moved.status_after)}"
    if after is None:
        return "has no progress any more"
    if before is None:
        return f"is at {percent(after)}"
    for decimals in PERCENT_DECIMALS:
        if percent(before, decimals) != percent(after, decimals):
            break
    direction = "rose" if after > before else "fell"
    return f"{direction} from {percent(before, decimals)} to {percent(after, decimals)}"


def _words(status: Status) -> str:
    return status.replace("_", " ").lower()


def percent(fraction: float, decimals: int = 0) -> str:
    """Return a fraction as percent, with so many decimals."""
    return f"{100 * fraction:.{decimals}f} %"
