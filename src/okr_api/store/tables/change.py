"""Tables of the feed: its head, the committed changes with their nodes, and the idempotency records."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from okr_api.okr.adjustment import ADJUSTING

from .columns import (
    DOCUMENT,
    IDS,
    INSTANT,
    JSON_TEXT,
    WORD,
    WORDS,
    of_organization,
)


class FeedHeadRow(SQLModel, table=True):
    """Feed head: an organisation's only lock and its change counter; `oldest_seq` is the first stored.

    `tree_seq` is the latest change that moved what scoring counts, `plan_seq` the latest that edited it
    other than by a check-in: caches are valid until these move, and other changes leave them as they are.
    """

    __tablename__ = "feed_head"
    __table_args__ = (of_organization(), {"postgresql_with": {"fillfactor": "50"}})
    organization_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    oldest_seq: int = Field(sa_type=BigInteger)
    recorded_at: datetime = Field(sa_type=INSTANT)
    tree_seq: int = Field(sa_type=BigInteger)
    tree_recorded_at: datetime = Field(sa_type=INSTANT)
    plan_seq: int = Field(sa_type=BigInteger)
    plan_recorded_at: datetime = Field(sa_type=INSTANT)


class ChangeRow(SQLModel, table=True):
    """Committed change with a delta for every node whose numbers it moved.

    `related_ids` are the nodes that it is of beside `node_id`: see `okr.change.related_nodes`.
    `token_id` and `request_id` are for the audit trail: null for commands of the operator and imports.
    `due_at` is when a change of the clock fell due; null for all others.
    """

    __tablename__ = "change"
    __table_args__ = (
        of_organization(),
        Index(
            "change_author",
            "organization_id",
            "author_person_id",
            "seq",
            postgresql_where=text("author_person_id is not null"),
        ),
        Index(
            "change_adjustments",
            "organization_id",
            "seq",
            postgresql_where=text(f"kind in ({ADJUSTING})"),
        ),
    )
    organization_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
    kind: str = Field(sa_type=WORD)
    author_name: str = Field(sa_type=WORD)
    author_person_id: UUID | None = None
    node_type: str = Field(sa_type=WORD)
    node_id: UUID
    fields: list[str] = Field(sa_type=WORDS)
    reason: str | None = Field(sa_type=WORD, nullable=True)
    deltas: list[Any] = Field(sa_type=JSON_TEXT)
    check_in_ids: list[UUID] = Field(sa_type=IDS)
    related_ids: list[UUID] = Field(sa_type=IDS)
    token_id: UUID | None = None
    request_id: str | None = Field(sa_type=WORD, nullable=True)
    due_at: datetime | None = Field(sa_type=INSTANT, nullable=True)


class ChangeNodeRow(SQLModel, table=True):
    """Node that a change touches, for finding the changes of a node; it follows from the change's own row.

    `is_direct`: the change is of the node, by `node_id` or `related_ids`; else it only moved its numbers.
    There is no foreign key: checking each row would cost as much as inserting it.
    """

    __tablename__ = "change_node"
    organization_id: UUID = Field(primary_key=True)
    node_id: UUID = Field(primary_key=True)
    is_direct: bool = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger, primary_key=True)


class VisibilityChangeRow(SQLModel, table=True):
    """Objective or key result that a change showed to somebody, or hid from them.

    `viewers_before` and `viewers_after` are those who saw it, null for everybody, without those in both;
    what is unpublished is seen by fewer. `new_role` is the role that these people got by the change; it is
    empty where the audience of the node has changed.
    """

    __tablename__ = "visibility_change"
    __table_args__ = (Index("visibility_change_node", "organization_id", "node_id", "seq"),)
    organization_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger, primary_key=True)
    node_id: UUID = Field(primary_key=True)
    new_role: str = Field(sa_type=WORD, primary_key=True)
    node_type: str = Field(sa_type=WORD)
    viewers_before: list[UUID] | None = Field(sa_type=IDS, nullable=True)
    viewers_after: list[UUID] | None = Field(sa_type=IDS, nullable=True)
    was_unpublished: bool
    is_unpublished: bool


class IdempotencyRow(SQLModel, table=True):
    """Idempotency record: an applied mutation's input hash and outcome."""

    __tablename__ = "idempotency"
    __table_args__ = (of_organization(), Index("idempotency_recorded_at", "recorded_at"))
    organization_id: UUID = Field(primary_key=True)
    owner: str = Field(sa_type=WORD, primary_key=True)
    key: str = Field(sa_type=WORD, primary_key=True)
    input_hash: bytes = Field(sa_type=LargeBinary)
    seq: int = Field(sa_type=BigInteger)
    outcome: dict[str, Any] = Field(sa_type=DOCUMENT)
    recorded_at: datetime = Field(sa_type=INSTANT)
