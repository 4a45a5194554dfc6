"""Tables of comments, reactions and follows, and their versions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.follow import FOLLOWED
from okr_api.okr.reaction import REACTED

from .columns import BIG, IDS, INSTANT, WORD, Owned, inside, of_organization, one_external_id


def _on(columns: dict[NodeType, str], table: str) -> tuple[CheckConstraint | Index, ...]:
    """Return the constraint that a row is on one node, and the indexes of the columns with its id."""
    return (
        CheckConstraint(f"num_nonnulls({', '.join(columns.values())}) = 1", name=f"{table}_on_one"),
        *(
            Index(f"{table}_{name.removesuffix('_id')}", "organization_id", name, "id")
            for name in columns.values()
        ),
    )


class CommentDefinition(Owned):
    """Columns that a comment and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    text: str = Field(sa_type=WORD)
    author_name: str = Field(sa_type=WORD)
    author_person_id: UUID | None = None
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    check_in_id: UUID | None = None
    roadblock_id: UUID | None = None
    decision_id: UUID | None = None
    experiment_id: UUID | None = None
    lesson_id: UUID | None = None
    review_record_id: UUID | None = None
    parent_id: UUID | None = None
    mention_ids: list[UUID] = Field(sa_type=IDS)
    version: int = 1
    removed: bool = False


class CommentRow(CommentDefinition, table=True):
    """Comment, or reply with the `parent_id` of a comment; `removed` for one that was deleted."""

    __tablename__ = "comment"
    __table_args__ = (
        of_organization(),
        one_external_id("comment"),
        inside("author_person_id", "person"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("check_in_id", "check_in", at_the_end=True),
        inside("roadblock_id", "roadblock"),
        inside("decision_id", "decision"),
        inside("experiment_id", "experiment"),
        inside("lesson_id", "lesson"),
        inside("review_record_id", "review_record"),
        inside("parent_id", "comment"),
        *_on({**DISCUSSED}, "comment"),
        Index("comment_parent", "organization_id", "parent_id", "id"),
        Index("comment_about", "organization_id", "about_id", "id"),
        Index("comment_mentions", "mention_ids", postgresql_using="gin"),
        Index("comment_author_person", "organization_id", "author_person_id", "id"),
    )
    about_id: UUID | None = None


class CommentVersionRow(CommentDefinition, table=True):
    """Version of a comment, valid from its `seq` to the next version's."""

    __tablename__ = "comment_version"
    __table_args__ = (inside("id", "comment"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)


class ReactionDefinition(Owned):
    """Columns that a reaction and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    emoji: str = Field(sa_type=WORD)
    person_id: UUID
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    check_in_id: UUID | None = None
    roadblock_id: UUID | None = None
    decision_id: UUID | None = None
    experiment_id: UUID | None = None
    lesson_id: UUID | None = None
    review_record_id: UUID | None = None
    comment_id: UUID | None = None
    version: int = 1
    removed: bool = False


class ReactionRow(ReactionDefinition, table=True):
    """Reaction: one for each person, emoji and node, except those that were removed."""

    __tablename__ = "reaction"
    __table_args__ = (
        of_organization(),
        one_external_id("reaction"),
        inside("person_id", "person"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("check_in_id", "check_in", at_the_end=True),
        inside("roadblock_id", "roadblock"),
        inside("decision_id", "decision"),
        inside("experiment_id", "experiment"),
        inside("lesson_id", "lesson"),
        inside("review_record_id", "review_record"),
        inside("comment_id", "comment"),
        *_on({**REACTED}, "reaction"),
        Index(
            "reaction_once",
            "organization_id",
            "person_id",
            "emoji",
            *REACTED.values(),
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("not removed"),
        ),
    )


class ReactionVersionRow(ReactionDefinition, table=True):
    """Version of a reaction, valid from its `seq` to the next version's."""

    __tablename__ = "reaction_version"
    __table_args__ = (inside("id", "reaction"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)


class FollowDefinition(Owned):
    """Columns that a follow and its versions share."""

    external_id: str | None = Field(sa_type=WORD, nullable=True)
    person_id: UUID
    objective_id: UUID | None = None
    key_result_id: UUID | None = None
    team_id: UUID | None = None
    is_following: bool = True
    version: int = 1


class FollowRow(FollowDefinition, table=True):
    """Choice to follow a node or not: one for each person and node."""

    __tablename__ = "follow"
    __table_args__ = (
        of_organization(),
        one_external_id("follow"),
        inside("person_id", "person"),
        inside("objective_id", "objective"),
        inside("key_result_id", "key_result"),
        inside("team_id", "team"),
        *_on({**FOLLOWED}, "follow"),
        Index(
            "follow_once",
            "organization_id",
            "person_id",
            *FOLLOWED.values(),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )


class FollowVersionRow(FollowDefinition, table=True):
    """Version of a follow, valid from its `seq` to the next version's."""

    __tablename__ = "follow_version"
    __table_args__ = (inside("id", "follow"),)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
