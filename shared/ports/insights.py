"""The ports of Customer Insights, and of the vault with the secret to access it."""

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
MAX_CLIENTS: Final = 100  # rows in one answer of the API


class InsightsRefused(Unavailable):
    """Measures cannot be read; `reason` says why, `field` names the setting to correct."""

    code = "insights-refused"

    def __init__(self, reason: Reason, detail: str, field: str = "enabled") -> None:
        super().__init__(detail)
        self.reason = reason
        self.field = field


class SecretUnreadable(Unavailable):
    """The vault does not respond, has no such secret, or denies access to it."""

    code = "secret-unreadable"


@dataclass(frozen=True, slots=True)
class Client:
    """A customer whose measures are read; `imported` are the imported values."""

    key: str
    account_number: str | None = None
    imported: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connection:
    """`alternate_customer_id` names the property of unified customers with the account number."""

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
    def vaults(self) -> Collection[str]:
        """Return the names of the vaults, beside its own, that secrets may be in."""
        ...

    async def check(self, connection: Connection, defined: Collection[str]) -> Health:
        """Check that measures can be read. Raises InsightsRefused.

        `defined` are the names of the measures that the company defines.
        """
        ...

    async def values(self, connection: Connection, clients: Sequence[Client]) -> Values:
        """Return the values of at most 100 clients, by key and measure, in one call.

        A client that is unknown there or has no value is omitted. Raises InsightsRefused.
        """
        ...

    def last_health(self, connection: Connection) -> Health:
        """Return the result of the last call, without a new one."""
        ...


class Secrets(Protocol):
    async def get(self, name: str) -> Secret:
        """Return the secret of that name. Raises SecretUnreadable."""
        ...


class NoInsights:
    """The insights of a process without Customer Insights."""

    def vaults(self) -> Collection[str]:
        return ()

    async def check(self, connection: Connection, defined: Collection[str]) -> Health:  # noqa: ARG002  # the port's names
        raise InsightsRefused("insights-unavailable", "No Customer Insights is connected.")

    async def values(self, connection: Connection, clients: Sequence[Client]) -> Values:  # noqa: ARG002  # the port's names
        raise InsightsRefused("insights-unavailable", "No Customer Insights is connected.")

    def last_health(self, connection: Connection) -> Health:  # noqa: ARG002  # the port's names
        return Health()
