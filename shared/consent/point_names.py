"""How a contact point is named where its value must not stand: by a keyed hash.

The names are kept for good, also after the value is erased: whoever lost the key would lose who
has withdrawn. The first character says which key it was.
"""

import base64
import hmac
from dataclasses import dataclass
from typing import Final

KEY_VERSION: Final = "1"
LENGTH: Final = 26
BYTES: Final = 20  # that many characters are made of


@dataclass(frozen=True, slots=True)
class PointNames:
    """Names of points by the key of this installation."""

    key: bytes

    def name(self, legal_entity: str, kind: str, normal: str) -> str:
        """Return the version of the key and the hash: what `pointHash` is everywhere."""
        text = f"{legal_entity}\n{kind}\n{normal}".encode()
        digest = hmac.digest(self.key, text, "sha256")
        return KEY_VERSION + base64.b32encode(digest[:BYTES]).decode().lower()[:LENGTH]

    def __repr__(self) -> str:
        return "PointNames()"
