"""What the use cases need of Customer Insights, and of whoever keeps the secret that opens it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

from shared.core.errors import Unavailable

Value = int | float | str
Reason = Literal[
    "incomplete-connection",
    "secret-unreadable",
    "secret-expired",
    "token-refused",
    "environment-unknown",
    "alternate-id-unknown",
    "measure-unknown",
    "insights-timeout",
    "insights-unavailable",
]
MOST_CLIENTS: Final = 100  # rows that the API answers with at once


class InsightsRefused(Unavailable):
    """There are no measures now; `reason` says why, `field` which part of the connection it is."""

    code = "insights-refused"

    def __init__(self, reason: Reason, detail: str, field: str = "enabled") -> None:
        super().__init__(detail)
        self.reason = reason
        self.field = field


class SecretUnreadable(Unavailable):
    """The vault does not answer, has no such secret, or does not let us read it."""

    code = "secret-unreadable"


@dataclass(frozen=True, slots=True)
class Client:
    """A customer to tell measures of; `imported` are the values that were imported for it."""

    key: str
    account_number: str | None = None
    imported: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connection:
    """`alternate_customer_id` is the property of a unified customer with the account number."""

    application_id: str | None = None
    secret_name: str | None = None
    environment_instance_id: str | None = None
    alternate_customer_id: str | None = None
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    secret_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    value: str = field(repr=False)
    expires_at: datetime | None = None


Values = Mapping[str, Mapping[str, Value]]


class Insights(Protocol):
    async def check(self, connection: Connection, defined: Collection[str]) -> Health:
        """Try whether measures can be read. Raises InsightsRefused.

        `defined` are those of its measures that the company has defined itself.
        """
        ...

    async def values(self, connection: Connection, clients: Sequence[Client]) -> Values:
        """Return the values of at most 100 clients, by key and measure, in one call.

        A client that is not known there, or has no value, is left out. Raises InsightsRefused.
        """
        ...

    def known(self, connection: Connection) -> Health:
        """Return what the last call has shown, without asking."""
        ...


class Secrets(Protocol):
    async def get(self, name: str) -> Secret:
        """Return the secret of that name. Raises SecretUnreadable."""
        ...


class NoInsights:
    """The insights of a process that has none."""

    async def check(self, connection: Connection, defined: Collection[str]) -> Health:  # noqa: ARG002  # the port's names
        raise InsightsRefused("insights-unavailable", "No Customer Insights is connected.")

    async def values(self, connection: Connection, clients: Sequence[Client]) -> Values:  # noqa: ARG002  # the port's names
        raise InsightsRefused("insights-unavailable", "No Customer Insights is connected.")

    def known(self, connection: Connection) -> Health:  # noqa: ARG002  # the port's names
        return Health()
