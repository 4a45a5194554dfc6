"""Table of background jobs, which run for all organisations."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from .columns import INSTANT, WORD


class JobRow(SQLModel, table=True):
    """Background job: when it last succeeded, in whichever process, and where it continues."""

    __tablename__ = "job"
    name: str = Field(sa_type=WORD, primary_key=True)
    finished_at: datetime = Field(sa_type=INSTANT)
    position: str | None = Field(sa_type=WORD, nullable=True)
