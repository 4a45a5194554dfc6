"""Load what surrounds coached objectives (teams, owners, those above, similar titles), and coaching settings.

Each is read by one statement for all objectives together, as far as the actor may see it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from okr_api.coaching.lexicon import Lexicon, lexicon_of
from okr_api.coaching.subject import NodeName, OwnerLoad, TeamLoad, TitlePair
from okr_api.coaching.title import Title
from okr_api.okr.entity import NodeType
from okr_api.okr.people import Language
from okr_api.store.time_slicing import TimeSlice

from .coaching_sql import ABOVE, OWNERS, SETTINGS, SIMILAR, TEAMS
from .coaching_titles import title_query
from .snapshot import Snapshot
from .visible_statements import fetch_visible

InCycle = tuple[str, str]  # the ids of a team or a person and of a cycle; or a cycle's and a query


@dataclass(frozen=True, slots=True)
class Place:
    """Where an objective stands; ids are hex digits.

    `is_part` means that it is beneath another objective of its team and cycle; then, or if it is not
    `is_open`, it does not count for its team.
    """

    title: str
    id: str | None = None
    cycle_id: str | None = None
    team_id: str | None = None
    owner_id: str | None = None
    is_part: bool = False
    is_open: bool = True

    @property
    def team(self) -> InCycle | None:
        """Return its team in its cycle."""
        return (self.team_id, self.cycle_id) if self.team_id and self.cycle_id else None

    @property
    def owner(self) -> InCycle | None:
        """Return its owner in its cycle."""
        return (self.owner_id, self.cycle_id) if self.owner_id and self.cycle_id else None


@dataclass(frozen=True, slots=True)
class Settings:
    """What an organisation has chosen: the language, the rules that are off, whether it has priorities."""

    lexicon: Lexicon
    language: Language
    rules_off: frozenset[str]
    has_priorities: bool


@dataclass(frozen=True)
class Surroundings:
    """What is around a number of places."""

    teams: Mapping[InCycle, TeamLoad]
    owners: Mapping[InCycle, OwnerLoad]
    above: Mapping[InCycle, int]
    similar: Sequence[tuple[TitlePair, ...]]
    has_priorities: bool


async def load_settings(snapshot: Snapshot) -> Settings:
    """Return the settings of the organisation."""
    [row] = await snapshot.fetch(SETTINGS)
    language = Language(row["language"])
    return Settings(
        lexicon_of(language), language, frozenset(row["coaching_rules_off"]), row["has_priorities"]
    )


async def load_surroundings(
    snapshot: Snapshot, places: Sequence[Place], settings: Settings, *, without: str | None = None
) -> Surroundings:
    """Return what is around the places; the objective `without` does not count for its team and owner."""
    teams = _distinct(place.team for place in places)
    owners = _distinct(place.owner for place in places)
    return Surroundings(
        teams={
            (row["team_id"], row["cycle_id"]): team_load(row)
            for row in await _by_pair(snapshot, TEAMS, teams, without)
        },
        owners={
            (row["owner_id"], row["cycle_id"]): owner_load(row)
            for row in await _by_pair(snapshot, OWNERS, owners, without)
        },
        above={
            (row["team_id"], row["cycle_id"]): row["objectives"]
            for row in await _by_pair(snapshot, ABOVE, teams)
        },
        similar=await _similar(snapshot, places, settings.lexicon),
        has_priorities=settings.has_priorities,
    )


def _distinct(pairs: Iterable[InCycle | None]) -> list[InCycle]:
    return [pair for pair in dict.fromkeys(pairs) if pair is not None]


async def _by_pair(
    snapshot: Snapshot, statement: str, pairs: Sequence[InCycle], *more: str | None
) -> Sequence[Any]:
    """Return the rows of a statement for pairs of ids; none without a pair."""
    if not pairs:
        return []
    return await fetch_visible(
        snapshot, statement, [one for one, _ in pairs], [cycle for _, cycle in pairs], *more
    )


def team_load(row: Mapping[str, Any]) -> TeamLoad:
    """Return the objectives of a team in a row; past ones where the row has them."""
    return TeamLoad(
        row["name"],
        row["objectives"],
        row["aspirational"],
        row.get("past_aspirational", 0),
        row.get("past_reached", 0),
        NodeName(NodeType.TEAM, row["team_id"]),
    )


def owner_load(row: Mapping[str, Any]) -> OwnerLoad:
    """Return the objectives of a person in a row."""
    return OwnerLoad(row["name"], row["objectives"], NodeName(NodeType.PERSON, row["owner_id"]))


async def _similar(
    snapshot: Snapshot, places: Sequence[Place], lexicon: Lexicon
) -> Sequence[tuple[TitlePair, ...]]:
    """Return, for each place, other titles of its cycle that may be similar, in the order of their ids."""
    titles = [Title(place.title) for place in places]
    queries = [
        (place.cycle_id, query)
        if place.cycle_id and (query := title_query(title, lexicon)) is not None
        else None
        for place, title in zip(places, titles, strict=True)
    ]
    found = await _titles_by_query(snapshot, _distinct(queries))
    pairs: list[tuple[TitlePair, ...]] = []
    time_slice = TimeSlice()
    for place, title, asked in zip(places, titles, queries, strict=True):
        await time_slice.pause()
        own = NodeName(NodeType.OBJECTIVE, place.id) if place.id else None
        others = [other for other in found.get(asked, ()) if other[0] != own]
        pairs.append(tuple(TitlePair(title, text, own, node) for node, text in others))
    return pairs


async def _titles_by_query(
    snapshot: Snapshot, queries: Sequence[InCycle]
) -> Mapping[InCycle | None, Sequence[tuple[NodeName, Title]]]:
    """Return what each full-text query finds in a cycle: objectives with their titles, ordered by id."""
    found: dict[InCycle | None, list[tuple[NodeName, Title]]] = {query: [] for query in queries}
    if not queries:
        return found
    cycles, texts = zip(*queries, strict=True)
    rows = await fetch_visible(snapshot, SIMILAR, list(range(len(queries))), list(cycles), list(texts))
    time_slice = TimeSlice()
    for row in rows:
        await time_slice.pause()
        node = NodeName(NodeType.OBJECTIVE, row["id"])
        found[queries[row["place"]]].append((node, Title(row["title"])))
    return found
