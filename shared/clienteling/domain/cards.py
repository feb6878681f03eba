"""What a card of a client is sorted and found by: keys of text that sort as the values do."""

import math
import re
import struct
from collections.abc import Mapping

from shared.core.language.words import fold
from shared.core.values import AttributeValue

DATE = re.compile(r"\d{4}-(\d{2}-\d{2})")
END = "\x1f"  # between a sort key and the GUID; sorts before every letter
MAX_KEY_LENGTH = 100  # characters of a text that it is sorted by


def encoded(attribute: str) -> str:
    """Return the name of the attribute in a path: attributes may be called anything."""
    return "f" + attribute.encode().hex()


def name_key(name: str) -> str:
    """Return text that sorts as names do, without case and accents."""
    return fold(name)[:MAX_KEY_LENGTH]


def sort_key(value: AttributeValue) -> str:
    """Return text that sorts as the values do; of several values the smallest counts."""
    if isinstance(value, list):
        value = min(value) if value else ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return _sortable(float(value))
    return fold(str(value))[:MAX_KEY_LENGTH]


def _sortable(number: float) -> str:
    """Return the bits of the number so that they sort as it does: the sign turned, then all."""
    [bits] = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    turned = bits ^ (0xFFFFFFFFFFFFFFFF if math.copysign(1, number + 0.0) < 0 else 1 << 63)
    return f"{turned:016x}"


def days_of_year(attributes: Mapping[str, AttributeValue]) -> list[tuple[str, str]]:
    """Return the attributes that are dates, each with its day as MM-DD."""
    matches = [
        (name, DATE.fullmatch(value))
        for name, value in attributes.items()
        if isinstance(value, str)
    ]
    return [(name, match[1]) for name, match in matches if match]
