"""The commands of the queues: what each takes, and of which company and whom a message speaks."""

from typing import Any, Final, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.core.errors import Invalid
from shared.core.flaws import flaws_of

# By queue or subscription, filled as the functions are registered.
COMMANDS: Final[dict[str, TypeAdapter[Any]]] = {}


class NotUnderstood(Invalid):
    """The message is not a command of its queue, or of another company than it says."""

    code = "message-not-understood"


class Subject(NamedTuple):
    """Of which company, and of whom or what in it, a command is."""

    legal_entity: str
    of: str


def read(entity: str, body: bytes, legal_entity: str) -> BaseModel:
    """Return the command of a queue; it has to be of the company. Raises NotUnderstood.

    A message that names no company by its properties is taken at its word.
    """
    adapter = COMMANDS.get(entity)
    if adapter is None:
        raise NotUnderstood.at("", "unknown-queue", f"Nothing here takes messages of {entity}.")
    try:
        command: BaseModel = adapter.validate_json(body)
    except ValidationError as exc:
        raise NotUnderstood(flaws_of(exc)) from None
    if legal_entity and subject_of(command).legal_entity != legal_entity:
        raise NotUnderstood.at("/legalEntity", "another-company", "It is of another company.")
    return command


def subject_of(command: BaseModel) -> Subject:
    """Return the company, and the customer or the group, from the command or its data."""
    said: Any = getattr(command, "data", command)
    of: str = getattr(said, "customer_id", "") or getattr(said, "group", "")
    return Subject(said.legal_entity, of)


def check_replay(entity: str, body: bytes, before: bytes, legal_entity: str) -> None:
    """Raise NotUnderstood unless the body is a command of the company, about the same as before.

    What was never a command says nothing of whom it was about.
    """
    now = subject_of(read(entity, body, legal_entity))
    try:
        was = subject_of(read(entity, before, ""))
    except NotUnderstood:
        return
    if now != was:
        raise NotUnderstood.at("/body", "another-subject", f"The message was about {was.of}.")
