"""JSON of which everybody makes the same bytes, so that its hash can be compared."""

import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the JSON of RFC 8785.

    With names in ASCII and without fractions, sorted JSON of the standard library is that.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
