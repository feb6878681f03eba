"""What the edge needs to know who is asking."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of its bearer, once its signature, audience and expiry are verified."""

    subject: str
    role: str
    legal_entities: tuple[str, ...]
    personnel_number: str | None = None
    store_number: str | None = None
    customer_id: str | None = None
    expires_at: float = 0.0


class Tokens(Protocol):
    async def verify(self, token: str) -> Claims:
        """Return what the token says. Raises Unauthenticated, Unavailable."""
        ...
