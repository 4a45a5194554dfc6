"""Arguments of `lessons`, `highlights` and `relatedLessons`: checks, SQL conditions, loaders."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import strawberry

from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, Refused, TooMany
from okr_api.okr.lesson import MAX_TAGS, tag_of
from okr_api.query_engine.global_ids import id_of_argument
from okr_api.query_engine.lesson_search import (
    MAX_SEARCH_LENGTH,
    load_highlights,
    load_language,
    narrow_to_search,
)
from okr_api.query_engine.related_lessons import load_related_lessons
from okr_api.query_engine.snapshot import Snapshot
from okr_api.query_engine.sql_builder import ROW, SelectStatement
from okr_api.query_engine.sql_filters import apply_filter
from okr_api.services.references import title
from okr_api.store.tree_edges import CYCLE_OF_RECORD, TEAM_OF_RECORD

DEFAULT_RELATED_LESSONS = 3
MAX_RELATED_LESSONS = 10

SEARCH = (
    "Words to look for in titles and texts, in the organisation's language: any form of a word matches, and "
    'all of them must, unless `or` stands between them; "quoted words" must follow each other, and `-word` '
    "excludes one. A lesson with a tag that is the whole search is found as well. 1 to 500 characters."
)
Search = Annotated[str | None, strawberry.argument(description=SEARCH)]
RequiredSearch = Annotated[
    str, strawberry.argument(description="What was searched, as for `Query.lessons`; 1 to 500 characters.")
]
Tags = Annotated[
    list[str] | None,
    strawberry.argument(description="Only lessons that have all of these tags, in any case; at most 20."),
]
TeamId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only from objectives of this team; give either this or `teamExternalId`."
    ),
]
TeamExternalId = Annotated[
    str | None,
    strawberry.argument(
        description="Only from objectives of the team with this external id; give either this or `teamId`."
    ),
]
CycleId = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only from objectives of this cycle; give either this or `cycleExternalId`."
    ),
]
CycleExternalId = Annotated[
    str | None,
    strawberry.argument(
        description="Only from objectives of the cycle with this external id; give either this or `cycleId`."
    ),
]
FirstRelated = Annotated[int, strawberry.argument(description="Number of lessons at most, 1 to 10.")]
PLACES = {"team": (NodeType.TEAM, TEAM_OF_RECORD), "cycle": (NodeType.CYCLE, CYCLE_OF_RECORD)}


def checked_search(search: str) -> str:
    """Return what is searched, trimmed.

    Raises:
        InvalidInput: it is empty, too long or not storable.
    """
    return title(search, "search", MAX_SEARCH_LENGTH)


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Return tags as they are stored.

    Raises:
        TooMany: there are more than a lesson can have.
        InvalidInput: one is empty or not storable.
    """
    if len(tags) > MAX_TAGS:
        raise TooMany(f"tags has at most {MAX_TAGS} values", path=["tags"])
    return [tag_of(_tag(tag, place)) for place, tag in enumerate(tags)]


def _tag(tag: str, place: int) -> str:
    try:
        return title(tag, "tags")
    except Refused as refused:
        refused.path = ("tags", str(place))
        raise


async def places_of(snapshot: Snapshot, **given: str | None) -> dict[str, Any]:
    """Return the ids of the team and of the cycle that arguments name, by SQL expression; None if unknown.

    Raises:
        InvalidInput: one of them is named by both of its ids.
    """
    found: dict[str, Any] = {}
    for name, (node_type, expression) in PLACES.items():
        named = {key: given[key] for key in (f"{name}_id", f"{name}_external_id") if given[key] is not None}
        if len(named) > 1:
            raise InvalidInput(f"Give either {name}Id or {name}ExternalId", path=[f"{name}Id"])
        for key, value in named.items():
            found[expression] = await id_of_argument(snapshot, node_type, key, str(value))
    return found


async def narrowing_of(
    snapshot: Snapshot, *, search: str | None, tags: Sequence[str] | None, filter: Any, **places: str | None
) -> Callable[[SelectStatement], None]:
    """Return what adds the conditions of the arguments of `lessons`, and how well lessons match a search.

    Raises:
        InvalidInput: a text is empty, too long or not storable, or a place is named twice.
        TooMany: there are too many tags.
    """
    wanted = None if search is None else checked_search(search)
    having = checked_tags(tags or [])
    ids = await places_of(snapshot, **places)
    language = None if wanted is None else await load_language(snapshot)

    def narrow(statement: SelectStatement) -> None:
        apply_filter(statement, filter)
        if having:
            statement.where(f"{ROW}.tags @> {statement.parameter(having)}::text[]")
        for expression, id in ids.items():
            statement.where(f"{expression} = {statement.parameter(id)}::uuid")
        if wanted is not None and language is not None:
            narrow_to_search(statement, wanted, language)

    return narrow


async def load_lesson_highlights(
    snapshot: Snapshot, keys: Sequence[Any], *, search: str
) -> Mapping[Any, Any]:
    """Return what a search finds in each lesson; raises the errors of `checked_search`."""
    return await load_highlights(snapshot, keys, checked_search(search))


async def load_related(
    snapshot: Snapshot, keys: Sequence[Any], *, first: int = DEFAULT_RELATED_LESSONS
) -> Mapping[Any, Any]:
    """Return the lessons that are related to each objective.

    Raises:
        InvalidInput: `first` is out of bounds.
    """
    if not 1 <= first <= MAX_RELATED_LESSONS:
        raise InvalidInput(f"first is 1 to {MAX_RELATED_LESSONS}", path=["first"])
    return await load_related_lessons(snapshot, keys, first)
