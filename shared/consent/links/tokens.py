"""The tokens of links: signed, so that one that is not ours costs no look into the store."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from shared.core.errors import NotFound
from shared.customers.domain.decisions import PointName

SECRET_BYTES: Final = 32
SEAL_BYTES: Final = 8
ALGORITHM: Final = "HS256"
AUDIENCE: Final = "libro-preferences"


class LinkNotFound(NotFound):
    """The link is none of ours, or its time is over."""

    code = "link-not-found"


class ConfirmationNotFound(NotFound):
    """Nothing can be confirmed with it: it is none of ours, was replaced, or its time is over."""

    code = "confirmation-not-found"


@dataclass(frozen=True, slots=True)
class PreferenceLink:
    """Whose decisions a link shows and changes, at which contact point, and until when."""

    legal_entity: str
    customer_id: str
    contact_id: str
    point: PointName
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkTokens:
    """Signs and reads tokens with the key of this installation."""

    key: bytes

    def __repr__(self) -> str:
        return "LinkTokens()"

    def sign(self, link: PreferenceLink) -> str:
        """Return the token of the link. Nothing is stored of it."""
        import jwt  # noqa: PLC0415  # not every process signs

        claims = {
            "aud": AUDIENCE,
            "company": link.legal_entity,
            "customer": link.customer_id,
            "contact": link.contact_id,
            "kind": link.point.kind,
            "point": link.point.hash,
            "exp": int(link.expires_at.timestamp()),
        }
        return jwt.encode(claims, self.key, ALGORITHM)

    def read(self, token: str, legal_entity: str, now: datetime) -> PreferenceLink:
        """Return the link of the token. Raises LinkNotFound."""
        claims = self._claims(token)
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        if claims["company"] != legal_entity or expires_at <= now:
            raise LinkNotFound("The link is not valid any more.")
        point = PointName(claims["kind"], claims["point"])
        return PreferenceLink(
            legal_entity, claims["customer"], claims["contact"], point, expires_at
        )

    def _claims(self, token: str) -> dict[str, Any]:
        import jwt  # noqa: PLC0415  # not every process reads one

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.key,
                [ALGORITHM],
                audience=AUDIENCE,
                options={"verify_exp": False, "require": ["exp"]},  # by the clock of the call
            )
        except jwt.InvalidTokenError:
            raise LinkNotFound("The link is not valid.") from None
        return claims

    def new_secret(self) -> str:
        """Return a token that says nothing: its digest is what is kept."""
        secret = secrets.token_bytes(SECRET_BYTES)
        return _text(secret + self._seal(secret))

    def check_secret(self, token: str) -> None:
        """Raise ConfirmationNotFound for a token that was not made with this key."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        secret, seal = raw[:SECRET_BYTES], raw[SECRET_BYTES:]
        if len(secret) < SECRET_BYTES or not hmac.compare_digest(seal, self._seal(secret)):
            raise ConfirmationNotFound("There is nothing to confirm.")

    def _seal(self, secret: bytes) -> bytes:
        return hmac.new(self.key, secret, hashlib.sha256).digest()[:SEAL_BYTES]


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
