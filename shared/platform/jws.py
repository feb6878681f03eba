"""Signed tokens (RFC 7515), opened: what is said, by whom it is signed, and nothing of claims."""

from typing import Any

import jwt
from pydantic_core import from_json

from shared.core.errors import Unauthenticated

_JWS = jwt.PyJWS()
_UNREADABLE = (jwt.PyJWTError, ValueError, RecursionError)  # a header can be nested very deeply


def peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token that nobody has verified. Raises Unauthenticated."""
    try:
        opened = _JWS.decode_complete(token, options={"verify_signature": False})
        claims = from_json(opened["payload"])
    except _UNREADABLE:
        raise Unauthenticated("The token cannot be read.") from None
    return opened["header"], _named(claims)


def verify(token: str, key: Any, algorithm: str) -> dict[str, Any]:
    """Return the claims of a token that is signed with this key. Raises Unauthenticated."""
    try:
        claims = from_json(_JWS.decode(token, key, algorithms=[algorithm]))
    except _UNREADABLE:
        raise Unauthenticated("The token is not signed as it should be.") from None
    return _named(claims)


def _named(claims: Any) -> dict[str, Any]:
    if not isinstance(claims, dict):
        raise Unauthenticated("The token says nothing by name.")
    return claims
