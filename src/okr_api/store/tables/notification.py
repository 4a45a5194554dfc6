"""Tables of notifications: whom each change of the feed told, and what people have read."""

from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from .columns import BIG, BIGS, WORD, inside, of_organization


class NotificationRow(SQLModel, table=True):
    """Whom a change told, and why: a fact of the feed, which is pruned with it; see `okr.notification`.

    There is no foreign key, as for the nodes of a change.
    """

    __tablename__ = "notification"
    __table_args__ = (Index("notification_change", "organization_id", "seq"),)
    organization_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BIG, primary_key=True)
    reason: str = Field(sa_type=WORD)
    about_id: UUID | None = None
    is_immediate: bool


class NotificationReadRow(SQLModel, table=True):
    """What a person has read: all notifications up to `read_until`, and single later ones."""

    __tablename__ = "notification_read"
    __table_args__ = (of_organization(), inside("person_id", "person"))
    organization_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    read_until: int = Field(sa_type=BIG)
    read_apart: list[int] = Field(sa_type=BIGS)
