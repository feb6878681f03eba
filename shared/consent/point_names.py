"""How a contact point is named where its value must not stand: by a keyed hash.

The names are kept for good, also after the value is erased: whoever lost the key would lose who
has withdrawn. The first character says which key it was.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

KEY_VERSION: Final = "1"
LENGTH: Final = 26


@dataclass(frozen=True, slots=True)
class PointNames:
    """Names of points by the key of this installation."""

    key: bytes

    def name(self, legal_entity: str, kind: str, normal: str) -> str:
        """Return the version of the key and the hash: what `pointHash` is everywhere."""
        text = f"{legal_entity}\n{kind}\n{normal}".encode()
        digest = hmac.new(self.key, text, hashlib.sha256).digest()
        return KEY_VERSION + base64.b32encode(digest).decode().lower()[:LENGTH]

    def __repr__(self) -> str:
        return "PointNames()"
