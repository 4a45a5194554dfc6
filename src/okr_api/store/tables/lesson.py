"""Tables of lessons and their versions, with the indexes that a search uses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from okr_api.okr.people import Language
from okr_api.store.lesson_words import CONFIGURATIONS, lesson_words, words_column

from .columns import BIG, INSTANT, WORD, WORDS, Owned, inside, of_organization, one_external_id


class LessonDefinition(Owned):
    """Columns that a lesson and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    title: str = Field(sa_type=WORD)
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    experiment_id: UUID | None = None
    check_in_id: UUID | None = None
    review_record_id: UUID | None = None
    text: str | None = Field(sa_type=WORD, nullable=True)
    tags: list[str] = Field(sa_type=WORDS)
    owner_id: UUID | None = None
    carry_forward: bool = False
    version: int = 1
    removed: bool = False


def _words(language: Language) -> Any:
    """Return the generated column of a lesson's words in a language."""
    words = Computed(lesson_words(language), persisted=True)
    return Field(default=None, sa_column=Column(words_column(language), TSVECTOR, words))


def _words_index(language: Language) -> Index:
    column = words_column(language)
    return Index(f"lesson_{column}", column, postgresql_using="gin", postgresql_with={"fastupdate": "off"})


class LessonRow(LessonDefinition, table=True):
    """Lesson of an objective or a key result; `removed` for one that was deleted."""

    __tablename__ = "lesson"
    __table_args__ = (
        of_organization(),
        one_external_id("lesson"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("experiment_id", "experiment"),
        inside("check_in_id", "check_in", at_the_end=True),
        inside("review_record_id", "review_record"),
        inside("owner_id", "person"),
        CheckConstraint("num_nonnulls(objective_id, key_result_id) = 1", name="lesson_of_one"),
        CheckConstraint(
            "num_nonnulls(experiment_id, check_in_id, review_record_id) <= 1", name="lesson_from_one"
        ),
        *(
            Index(f"lesson_{name}", "organization_id", f"{name}_id", "id")
            for name in ("objective", "key_result", "experiment", "check_in", "review_record", "owner")
        ),
        *map(_words_index, CONFIGURATIONS),
        Index("lesson_tags", "tags", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )
    words_en: Any = _words(Language.ENGLISH)
    words_de: Any = _words(Language.GERMAN)


class LessonVersionRow(LessonDefinition, table=True):
    """Version of a lesson, valid from its `seq` to the next version's."""

    __tablename__ = "lesson_version"
    __table_args__ = (inside("id", "lesson"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
