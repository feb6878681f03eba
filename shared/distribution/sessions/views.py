"""Download sessions as they are answered."""

import hashlib
from datetime import datetime

from pydantic import Field

from shared.core.values import Record
from shared.distribution.domain.packages import After
from shared.distribution.domain.sessions import SessionPart, Status
from shared.distribution.sessions.offering import Channel, Session


class SessionView(Record):
    """The delivery of one package to one channel."""

    id: str = Field(description="Id of the session", examples=["1010-000042"])
    channel: str = Field(description="Store or online channel", examples=["HOUSTON"])
    channel_database_group: str = Field(description="Group whose package it is")
    job: str = Field(description="Number of the distribution job", examples=["1010"])
    number: int = Field(description="Number of the package", examples=[42])
    form: str = Field(description="Form that this channel takes: delta or full")
    reset: bool = Field(description="Whether every channel takes the full form")
    status: Status = Field(description="State of the session")
    run: str = Field(description="Run that built the package")
    rows: int = Field(description="Rows of the form")
    puts: int = Field(description="Rows that are there")
    dels: int = Field(description="Rows that are gone")
    bytes: int = Field(description="Bytes of the form")
    digest: str = Field(description="SHA-256 of the form, in hex")
    parts: tuple[SessionPart, ...] = Field(description="Parts of the form, in their order")
    versions: dict[str, int] = Field(
        alias="schema", description="Schema number of each table that the rows have"
    )
    after: tuple[After, ...] = Field(description="Packages to be applied before")
    traceparent: str | None = Field(
        description="Trace of the run that built the package, for the channel to go on with"
    )
    tries: int = Field(description="How often it failed")
    retry_at: datetime | None = Field(description="When to try again")
    message: str | None = Field(description="Why it failed, in words")
    code: str | None = Field(description="Why it failed, by a code")
    behind: str | None = Field(description="Session that it waits for, while it is suspended")
    replaced_by: str | None = Field(description="Session of the full that took its place")
    created_at: datetime = Field(description="When the package was built")
    requested_at: datetime | None = Field(description="When its download began")
    requested_by: str | None = Field(description="Who downloaded it")
    downloaded_at: datetime | None = Field(description="When it was downloaded")
    applied_at: datetime | None = Field(description="When it was applied")


def session_view(session: Session, channel: Channel) -> SessionView:
    said = session.said.model_dump(by_alias=True)
    return SessionView.model_validate(
        said
        | {
            "channel": channel.number,
            "channelDatabaseGroup": channel.group,
            "status": session.status,
            "behind": session.behind,
            "replacedBy": session.replaced_by or session.said.replaced_by,
        }
    )


def etag_of(session: Session, channel: Channel) -> str:
    """Return the version of a session: of what its answer says."""
    body = session_view(session, channel).model_dump_json()
    return hashlib.sha256(body.encode()).hexdigest()[:20]
