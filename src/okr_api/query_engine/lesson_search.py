"""Full-text search of lessons in the organisation's language: condition, rank and highlights.

A lesson is found by the stems of its words, or by a tag that is what was searched.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.okr.lesson import tag_of
from okr_api.okr.people import Language
from okr_api.store.lesson_words import CONFIGURATIONS, words_column

from .field_sources import Ordering
from .snapshot import Snapshot
from .sql_builder import ROW, SelectStatement

MAX_SEARCH_LENGTH = 500
BY_RELEVANCE = Ordering("ranked.relevance", descending=True, kind=float, name="RELEVANCE")

LANGUAGE = "select language from organization where id = $1"
# PostgreSQL marks what it has found by these characters, which are removed from texts before.
BEGIN, END = "\x02", "\x03"
_MARKED = f'StartSel="{BEGIN}", StopSel="{END}"'
WHOLE = f"{_MARKED}, HighlightAll=true"
PASSAGES = f'{_MARKED}, MaxFragments=2, MinWords=8, MaxWords=25, FragmentDelimiter=" … "'
HEADLINES = """
    select learned.id,
        ts_headline($3::text::regconfig, translate(learned.title, $5, ''), asked, $6) as title,
        ts_headline($3::text::regconfig, translate(learned.text, $5, ''), asked, $7) as text
    from lesson learned cross join websearch_to_tsquery($3::text::regconfig, $4) asked
    where learned.organization_id = $1 and learned.id = any($2::uuid[])
"""
Fragment = Mapping[str, Any]


async def load_language(snapshot: Snapshot) -> Language:
    """Return the language of the organisation."""
    await snapshot.begin()
    [row] = await snapshot.fetch(LANGUAGE)
    return Language(row["language"])


def narrow_to_search(statement: SelectStatement, search: str, language: Language) -> None:
    """Add the condition that lessons match a search, and how well they do, for `BY_RELEVANCE`."""
    words = f"{ROW}.{words_column(language)}"
    query = f"websearch_to_tsquery('{CONFIGURATIONS[language]}', {statement.parameter(search)}::text)"
    tagged = f"{ROW}.tags @> array[{statement.parameter(tag_of(search))}::text]"
    relevance = f"ts_rank({words}, {query})::float8 + ({tagged})::int"
    statement.join(f" cross join lateral (select {relevance} as relevance) ranked", "")
    statement.where(f"({words} @@ {query} or {tagged})")


async def load_highlights(snapshot: Snapshot, ids: Sequence[Any], search: str) -> Mapping[Any, Fragment]:
    """Return what of each lesson a search finds, by id, as `LessonHighlights` reads it."""
    language = await load_language(snapshot)
    rows = await snapshot.fetch(
        HEADLINES,
        list(dict.fromkeys(ids)),
        CONFIGURATIONS[language],
        search,
        BEGIN + END,
        WHOLE,
        PASSAGES,
    )
    return {row["id"]: {name: fragments_of(row[name]) for name in ("title", "text")} for row in rows}


def fragments_of(marked: str | None) -> list[Fragment]:
    """Return a marked text as fragments that match and fragments that do not, in order; none without text."""
    found: list[Fragment] = []
    for place, part in enumerate((marked or "").split(BEGIN)):
        matching, _, rest = part.rpartition(END) if place else ("", "", part)
        found += [{"text": matching, "is_match": True}] if matching else []
        found += [{"text": rest, "is_match": False}] if rest else []
    return found
