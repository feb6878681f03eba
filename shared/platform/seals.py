"""Values that callers carry and cannot read, change, or use elsewhere: encrypted with AES-GCM.

A value is sealed for a purpose and a scope, such as a query of a company by a caller: it opens for
the same purpose and scope alone. Nonces are random, 96 bits: a key is renewed long before it has
sealed 2^32 values (NIST SP 800-38D), and each purpose has a key of its own.
"""

import base64
import binascii
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class SealBroken(ValueError):
    """The text was not sealed here, or for another purpose or scope."""


class Seal:
    """Seals the values of one purpose.

    What was sealed with `second`, the key before this one or the one after it, opens as well.
    """

    def __init__(self, purpose: str, key: bytes, second: bytes | None = None) -> None:
        self._purpose = purpose
        self._secrets = (key,) if second is None else (key, second)

    def seal(self, content: bytes, scope: str) -> str:
        """Return the content as text that can stand in a URL or a header."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._ciphers[0].encrypt(nonce, content, scope.encode())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, text: str, scope: str) -> bytes:
        """Return what was sealed for this scope. Raises SealBroken."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise SealBroken("It is not in base64url.") from None
        nonce, sealed = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, sealed, scope.encode())
            except (InvalidTag, ValueError):  # ValueError: too short to have a nonce
                continue
        raise SealBroken("It was not sealed here, or not for this.")

    # Made when the first value is sealed: a cold start does not wait for the library.
    @cached_property
    def _ciphers(self) -> "list[AESGCM]":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        return [AESGCM(self._derived(secret)) for secret in self._secrets]

    def _derived(self, secret: bytes) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        info = f"libro {self._purpose}".encode()
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)
