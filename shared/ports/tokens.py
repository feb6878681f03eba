"""The port of access tokens: it returns who a caller is."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a token whose signature, audience and expiry are verified.

    `till` is the application through which an employee acts, where the token names it.
    `expires_at` is in seconds since 1970.
    """

    subject: str
    role: str
    legal_entities: tuple[str, ...]
    personnel_number: str | None = None
    store_number: str | None = None
    customer_id: str | None = None
    till: str | None = None
    expires_at: float = 0.0


class Tokens(Protocol):
    async def verify(self, token: str) -> Claims:
        """Return the claims of the token. Raises Unauthenticated, Unavailable."""
        ...
