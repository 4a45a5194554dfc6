"""Tables of organisations, their versions, and the API tokens and sign-ins of their people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from okr_api.okr.policy import Editing

from .columns import (
    BIG,
    DOCUMENT,
    INSTANT,
    WORD,
    WORDS,
    Owned,
    inside,
    of_organization,
    one_of,
)


class OrganizationRow(SQLModel, table=True):
    """Organisation: the tenant that all other rows belong to."""

    __tablename__ = "organization"
    __table_args__ = (one_of("editing", Editing, "organization_editing"),)
    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=WORD)
    time_zone: str = Field(sa_type=WORD)
    version: int = 1
    created_at: datetime = Field(sa_type=INSTANT)
    language: str = Field(sa_type=WORD)
    mission: str | None = Field(sa_type=WORD, nullable=True)
    vision: str | None = Field(sa_type=WORD, nullable=True)
    editing: str = Field(sa_type=WORD)
    coaching_rules_off: list[str] = Field(sa_type=WORDS)
    cadence: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    holiday_calendar: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    review_required: bool = False


class OrganizationVersionRow(SQLModel, table=True):
    """Version of an organisation, valid from its `seq` to the next version's."""

    __tablename__ = "organization_version"
    __table_args__ = (of_organization(),)
    organization_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BIG, primary_key=True)
    recorded_at: datetime = Field(sa_type=INSTANT)
    name: str = Field(sa_type=WORD)
    time_zone: str = Field(sa_type=WORD)
    language: str = Field(sa_type=WORD)
    editing: str = Field(sa_type=WORD)
    version: int
    mission: str | None = Field(sa_type=WORD, nullable=True)
    vision: str | None = Field(sa_type=WORD, nullable=True)
    coaching_rules_off: list[str] = Field(sa_type=WORDS)
    cadence: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    holiday_calendar: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    review_required: bool = False


class TokenRow(Owned, table=True):
    """Token, stored as its hash; it belongs to a person or has the name of a service."""

    __tablename__ = "token"
    __table_args__ = (
        of_organization(),
        inside("person_id", "person"),
        Index("token_hash", "token_hash", unique=True),
    )
    token_hash: bytes = Field(sa_type=LargeBinary)
    name: str = Field(sa_type=WORD)
    person_id: UUID | None = None
    scopes: list[str] = Field(sa_type=WORDS)
    created_at: datetime = Field(sa_type=INSTANT)
    expires_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    revoked_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    sees_private: bool = False


class SignInRow(Owned, table=True):
    """Subject of an identity provider that signs in as a person: one for each person and provider."""

    __tablename__ = "sign_in"
    __table_args__ = (
        of_organization(),
        inside("person_id", "person"),
        Index("sign_in_subject", "issuer", "subject", unique=True),
        Index("sign_in_person", "organization_id", "person_id", "issuer", unique=True),
    )
    issuer: str = Field(sa_type=WORD)
    subject: str = Field(sa_type=WORD)
    person_id: UUID
    created_at: datetime = Field(sa_type=INSTANT)
