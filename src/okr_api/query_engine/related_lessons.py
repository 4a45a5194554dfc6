"""Lessons that are related to objectives or drafts: those with similar words, near ones first.

The similarity is the share of the words asked for that a lesson has, of those that any lesson has that the
viewer sees: each word by how rare it is among these, and one of the text half as much as one of the title.
Near are lessons of the same
team, of a priority that the objective serves, or of a metric that its key results are bound to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from okr_api.okr.errors import TooMany
from okr_api.okr.people import Language
from okr_api.store.lesson_words import CONFIGURATIONS, words_column
from okr_api.store.tree_edges import OBJECTIVE_OF_RECORD

from .lesson_search import load_language
from .snapshot import Snapshot
from .visible_statements import fetch_visible

MAX_LESSONS_COMPARED = 1_000  # the latest that the viewer sees
MAX_OBJECTIVES_COMPARED = 50  # at a time
MAX_CHARACTERS_COMPARED = 2_000  # of its titles
MIN_WORDS_SHARED = 2
MIN_SIMILARITY = 0.12
WEIGHT_OF_TEXT = 0.5
SIMILARITY_DIGITS = 6  # sums of floats differ in their last digits by the order of the rows

ASKED = f"""
    select row.id, left(concat_ws(' ', row.title, part.titles), {MAX_CHARACTERS_COMPARED}) as words,
        row.team_id, row.priority_ids, coalesce(part.metric_ids, '{{{{}}}}') as metric_ids
    from unnest($2::uuid[]) wanted(id)
    join objective row on {{visible:row}} and row.id = wanted.id
    left join lateral (
        select string_agg(own.title, ' ' order by own.id) as titles,
            array_agg(own.metric_id) filter (where own.metric_id is not null) as metric_ids
        from key_result own where own.organization_id = $1 and own.objective_id = row.id
    ) part on true
    order by row.id
"""
# PostgreSQL knows nothing of the sizes of these parts, and would join two large ones row by row. So lexemes
# are looked up in one document, and all that has a lexeme is one row of arrays.
_RELATED = f"""
    with asked as (
        select place, words, own_id, team_id, string_to_array(priorities, ',')::uuid[] as priority_ids,
            string_to_array(metrics, ',')::uuid[] as metric_ids
        from unnest($2::int[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[])
            given(place, words, own_id, team_id, priorities, metrics)
    ), asked_word as (
        select asked.place, word.lexeme
        from asked cross join lateral (
            select lexeme from unnest(to_tsvector('[configuration]', asked.words))
            where lexeme !~ '^[0-9.,%]+$'
        ) word
    ), known as materialized (
        select learned.id, learned.title, learned.[column] as words,
            holder.id as objective_id, holder.team_id, holder.priority_ids, array(
                select part.metric_id from key_result part
                where part.organization_id = $1 and part.objective_id = holder.id
                    and part.metric_id is not null
                    and (learned.key_result_id is null or part.id = learned.key_result_id)
            ) as metric_ids
        from lesson learned
        join objective holder
            on holder.id = {OBJECTIVE_OF_RECORD.format(row="learned")} and {{visible:holder}}
        where learned.organization_id = $1 and not learned.removed
        order by learned.id desc limit {MAX_LESSONS_COMPARED}
    ), wanted as materialized (
        select jsonb_object_agg(lexeme, true) as lexemes from asked_word
    ), hit as materialized (
        select known.id, word.lexeme,
            case when 'A' = any(word.weights) then 1 else {WEIGHT_OF_TEXT} end::float8 as weight
        from known cross join lateral unnest(known.words) word(lexeme, positions, weights)
        where (select lexemes from wanted) ? word.lexeme
    ), rarity as materialized (
        select lexeme, ln(1 + (select count(*) from known)::float8 / (1 + count(*))) as rarity,
            array_agg(id) as ids, array_agg(weight) as weights
        from hit group by lexeme
    ), whole as materialized (
        select place, sum(rarity) as total from asked_word join rarity using (lexeme) group by place
    ), found as materialized (
        select asked_word.place, one.id, sum(rarity.rarity * one.weight) as common
        from asked_word join rarity using (lexeme)
        cross join lateral unnest(rarity.ids, rarity.weights) one(id, weight)
        group by asked_word.place, one.id having count(*) >= {MIN_WORDS_SHARED}
    ), compared as (
        select asked.place, known.id, known.title,
            round((found.common / whole.total)::numeric, {SIMILARITY_DIGITS})::float8 as similarity,
            known.team_id is not distinct from asked.team_id and asked.team_id is not null as same_team,
            known.priority_ids && asked.priority_ids as same_priority,
            known.metric_ids && asked.metric_ids as same_metric
        from found join asked using (place) join known on known.id = found.id join whole using (place)
        where known.objective_id is distinct from asked.own_id
            and found.common >= {MIN_SIMILARITY} * whole.total
    )
    select * from (
        select *, row_number() over (
            partition by place
            order by same_team or same_priority or same_metric desc, similarity desc, id desc
        ) as rank from compared
    ) ranked
    where rank <= $8
    order by place, rank
"""
STATEMENTS = {
    language: _RELATED.replace("[configuration]", configuration).replace("[column]", words_column(language))
    for language, configuration in CONFIGURATIONS.items()
}


class LessonRelation(StrEnum):
    """What a related lesson has in common with an objective, beside words."""

    SAME_TEAM = "SAME_TEAM"
    SAME_PRIORITY = "SAME_PRIORITY"
    SAME_METRIC = "SAME_METRIC"


@dataclass(frozen=True, slots=True)
class AskedWords:
    """Titles for which lessons are wanted, and where they belong; ids are hex digits.

    `own_id` is that of a saved objective, of which no lessons are wanted.
    """

    words: str
    own_id: str | None = None
    team_id: str | None = None
    priority_ids: Sequence[str] = ()
    metric_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RelatedLesson:
    """A lesson, its similarity from 0 to 1, and what it has in common."""

    id: str
    title: str
    similarity: float
    relations: tuple[LessonRelation, ...]


async def related_to(
    snapshot: Snapshot, asked: Sequence[AskedWords], language: Language, most: int
) -> list[list[RelatedLesson]]:
    """Return the related lessons of each, at most so many, near ones first, then by similarity."""
    found: list[list[RelatedLesson]] = [[] for _ in asked]
    if not asked:
        return found
    rows = await fetch_visible(
        snapshot,
        STATEMENTS[language],
        list(range(len(asked))),
        [one.words for one in asked],
        [one.own_id for one in asked],
        [one.team_id for one in asked],
        [",".join(one.priority_ids) for one in asked],
        [",".join(one.metric_ids) for one in asked],
        most,
    )
    for row in rows:
        relations = tuple(each for each in LessonRelation if row[each.lower()])
        found[row["place"]].append(RelatedLesson(row["id"], row["title"], row["similarity"], relations))
    return found


async def load_related_lessons(
    snapshot: Snapshot, ids: Sequence[Any], most: int
) -> Mapping[Any, list[dict[str, Any]]]:
    """Return the lessons that are related to each objective, by its id, as `RelatedLesson` reads them.

    Raises:
        TooMany: there are more than 50 objectives.
    """
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MAX_OBJECTIVES_COMPARED:
        raise TooMany(f"Lessons are compared with at most {MAX_OBJECTIVES_COMPARED} objectives at a time")
    language = await load_language(snapshot)
    rows = await fetch_visible(snapshot, ASKED, wanted)
    asked = [
        AskedWords(row["words"], row["id"], row["team_id"], row["priority_ids"], row["metric_ids"])
        for row in rows
    ]
    found = await related_to(snapshot, asked, language, most)
    return {
        row["id"]: [
            {"lesson_id": one.id, "similarity": one.similarity, "relations": list(one.relations)}
            for one in related
        ]
        for row, related in zip(rows, found, strict=True)
    }
