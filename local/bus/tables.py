"""The tables of the embedded bus, and its SQL statements."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json

from shared.ports.bus import DeadLetter, Outgoing

DEAD_LETTERS = "/$deadletterqueue"
MAX_DELIVERIES_EXCEEDED = "MaxDeliveryCountExceeded"

# `seq` is given when a message becomes receivable: a scheduled one is numbered again when due.
MESSAGES = """
CREATE TABLE IF NOT EXISTS mail (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, session TEXT,
    body BLOB NOT NULL, properties TEXT NOT NULL, enqueued REAL NOT NULL, due REAL NOT NULL,
    locked_until REAL NOT NULL DEFAULT 0, lock_token TEXT, deliveries INTEGER NOT NULL DEFAULT 0
)"""
RECENT_IDS = """
CREATE TABLE IF NOT EXISTS seen (
    entity TEXT NOT NULL, id TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (entity, id)
)"""
WAITING = "CREATE INDEX IF NOT EXISTS waiting ON mail (entity, due, seq)"
SESSIONS = "CREATE INDEX IF NOT EXISTS sessions ON mail (entity, session, due, seq)"
LOCKS = "CREATE INDEX IF NOT EXISTS locks ON mail (lock_token) WHERE lock_token IS NOT NULL"
FORGET_IDS = "DELETE FROM seen WHERE until <= ?"
REMEMBER_ID = "INSERT OR IGNORE INTO seen (entity, id, until) VALUES (?, ?, ?)"
INSERT = (
    "INSERT INTO mail (entity, session, body, properties, enqueued, due) VALUES (?, ?, ?, ?, ?, ?)"
)
SELECT_DUE = "SELECT seq FROM mail WHERE entity = ? AND due > 0 AND due <= ? ORDER BY due, seq"
ENQUEUE_DUE = """
INSERT INTO mail (entity, session, body, properties, enqueued, due)
SELECT entity, session, body, properties, ?, 0 FROM mail WHERE seq = ?"""
DELETE = "DELETE FROM mail WHERE seq = ?"
DEAD_LETTER = """
UPDATE mail SET entity = entity || ?, locked_until = 0, lock_token = NULL,
    properties = json_set(properties, '$.DeadLetterReason', ?)
WHERE entity = ? AND due = 0 AND lock_token IS NOT NULL AND locked_until <= ? AND deliveries >= ?"""
LOCK_NEXT = """
UPDATE mail SET locked_until = ?, lock_token = lower(hex(randomblob(16))),
    deliveries = deliveries + 1
WHERE seq IN (
    SELECT seq FROM mail AS message WHERE entity = ? AND due = 0 AND locked_until <= ? {which}
    ORDER BY seq LIMIT ?
)
RETURNING seq, body, properties, enqueued, lock_token, deliveries"""
FIRST_OF_SESSION = """
    AND NOT EXISTS (
        SELECT 1 FROM mail AS earlier WHERE earlier.entity = message.entity
        AND earlier.session = message.session AND earlier.due = 0 AND earlier.seq < message.seq
    )"""
OF_SESSION = "AND session = ?" + FIRST_OF_SESSION
OF_OTHER_SESSIONS = "AND NOT EXISTS (SELECT 1 FROM json_each(?) WHERE value = session)"
OF_OTHER_SESSIONS += FIRST_OF_SESSION
FREE = "UPDATE mail SET locked_until = 0 WHERE locked_until > 0"
COMPLETE = "DELETE FROM mail WHERE lock_token = ? AND locked_until > ?"
RENEW = "UPDATE mail SET locked_until = ? WHERE lock_token = ? AND locked_until > ?"
# DEAD_LETTER looks at abandoned messages, too, so the token stays until the next delivery.
UNLOCK = "UPDATE mail SET locked_until = 0 WHERE lock_token = ?"
RETURN = "UPDATE mail SET locked_until = 0, deliveries = deliveries - 1 WHERE lock_token = ?"
SELECT_DEAD_LETTERS = """
SELECT seq, body, properties, enqueued FROM mail
WHERE entity = ? AND due = 0 AND seq > ? ORDER BY seq LIMIT ?"""
REPLAY = """
INSERT INTO mail (entity, session, body, properties, enqueued, due)
SELECT ?, session, coalesce(?, body), json_remove(properties, '$.DeadLetterReason'), ?, 0
FROM mail WHERE seq = ? AND entity = ?"""
DROP = "DELETE FROM mail WHERE seq = ? AND entity = ?"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as sent; `properties` are those of Service Bus, such as MessageId, SessionId."""

    body: bytes
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """A message under lock. `deliveries` counts from 1, as the .NET extension reports it."""

    message: Message
    sequence: int
    enqueued: float
    lock_token: str
    deliveries: int


def create(db: sqlite3.Connection) -> None:
    for statement in (MESSAGES, RECENT_IDS, WAITING, SESSIONS, LOCKS):
        db.execute(statement)


def properties_of(message: Outgoing) -> dict[str, Any]:
    """Return the properties, named as Service Bus names them."""
    return {
        "MessageId": message.id,
        "SessionId": message.session,
        "ContentType": message.content_type,
        "ApplicationProperties": dict(message.properties),
    }


def row_of(message: Outgoing, now: float) -> tuple[Any, ...]:
    due = message.due.timestamp() if message.due else 0.0
    properties = to_json(properties_of(message)).decode()
    return (message.session, message.body, properties, now, due if due > now else 0.0)


def received_of(row: Sequence[Any]) -> Received:
    sequence, body, properties, enqueued, lock_token, deliveries = row
    message = Message(bytes(body), from_json(properties))
    return Received(message, sequence, enqueued, lock_token, deliveries)


def dead_letter_of(entity: str, row: Sequence[Any]) -> DeadLetter:
    sequence, body, text, enqueued = row
    properties = from_json(text)
    return DeadLetter(
        entity,
        sequence,
        Outgoing(
            properties["MessageId"],
            bytes(body),
            properties["SessionId"],
            properties["ContentType"],
            properties["ApplicationProperties"],
        ),
        reason=properties["DeadLetterReason"],
        enqueued_at=datetime.fromtimestamp(enqueued, UTC),
    )
