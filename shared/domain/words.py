"""How text is compared in search: without case, accents, script or punctuation."""

import re
from functools import lru_cache

from anyascii import anyascii

LONGEST = 64
# Characters an id of a document cannot hold; they are compared as an underscore instead.
_FORBIDDEN = str.maketrans("/\\?#", "____")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return the text in plain lower-case ASCII: `Łódź` is `lodz`."""
    plain = text if text.isascii() else anyascii(text)
    return plain.casefold().translate(_FORBIDDEN)


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """Return the folded words in order, each once: `Anne-Marie O'Neil` is anne, marie, oneil."""
    folded = fold(text).replace("'", "")
    pieces = (piece[:LONGEST] for piece in re.split(r"[\W_]+", folded))
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def whole(text: str) -> str:
    """Return the text as one word, for what is compared in one piece, such as an e-mail."""
    return "".join(fold(text).split())[:LONGEST]


def terms(query: str) -> tuple[str, ...]:
    """Return what a person typed as words to look for; an e-mail or a phone stays in one piece."""
    found: list[str] = []
    for piece in _join_phones(fold(query)).split():
        if _MAIL.match(piece):
            found.append(piece[:LONGEST])
        else:
            found += words(piece)
    return tuple(dict.fromkeys(found))


# What has an @, or dots between letters, is the beginning of an e-mail: jon24@, karen.berg
_MAIL = re.compile(r"\S*@|[^\W\d_][\w+-]*(\.[\w+-]+)+$")
_PHONE = re.compile(r"[+(]?\d[\d\s().\-_]*\d")
_SHORTEST_SPLIT_PHONE = 7


def _join_phones(query: str) -> str:
    """Close the gaps in `(206) 555-0123`, but leave `12 4700`, a street number and a postcode."""

    def closed(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        marked = match[0][0] in "+(" or "-" in match[0]
        return digits if marked or len(digits) >= _SHORTEST_SPLIT_PHONE else match[0]

    return _PHONE.sub(closed, query)
