"""Value types of coaching: `Rule` with check, severity and source; `Finding` of a rule; `Advice` in words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .lexicon import Lexicon
from .sources import Source
from .subject import NodeName, Subject

Value = str | int | float


class AdviceSeverity(StrEnum):
    """How much an advice matters, from the least to the most."""

    INFO = "INFO"
    WARNING = "WARNING"
    PROBLEM = "PROBLEM"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has found, at a path into the coached objective or, with `node`, into that entity.

    `values` fill the texts of the rule. `related` is another entity that the advice refers to.
    """

    path: tuple[str | int, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    node: NodeName | None = None
    related: NodeName | None = None


Check = Callable[[Subject, Lexicon], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its permanent id, how much it matters, its source, and the function that applies it."""

    id: str
    severity: AdviceSeverity
    source: Source
    check: Check


@dataclass(frozen=True, slots=True)
class Advice:
    """What a rule has found, in the words of a language."""

    rule: str
    severity: AdviceSeverity
    message: str
    suggestion: str
    source: str
    path: tuple[str | int, ...]
    node: NodeName | None = None
    related: NodeName | None = None
