"""How text is compared in search: without case, accents, script or punctuation."""

import re
from functools import lru_cache

from anyascii import anyascii

MAX_WORD_LENGTH = 64
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
    pieces = (piece[:MAX_WORD_LENGTH] for piece in re.split(r"[\W_]+", folded))
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def whole(text: str) -> str:
    """Return the text as one word, for what is compared in one piece, such as an e-mail."""
    return "".join(fold(text).split())[:MAX_WORD_LENGTH]


def readings(query: str) -> list[tuple[str, ...]]:
    """Return how a query may be meant, the likelier first: one reading, or two.

    `(206) 555-0123` is a phone, but `12-14 oak` has two numbers; `karen.berg` begins an e-mail,
    but `st.john` is a name. The first reading keeps such terms whole, the second splits them.
    """
    folded = fold(_EXTENSION.sub(r" x\1", query))
    whole_terms = _terms(_PHONE.sub(_digits, folded), _WHOLE)
    split_terms = _terms(folded, _ADDRESS)
    return list(dict.fromkeys(terms for terms in (whole_terms, split_terms) if terms))


# What has an @, or dots between letters, may be the beginning of an e-mail: jon24@, karen.berg;
# letters and digits with a hyphen may be an account number: c-000001
_ADDRESS = re.compile(r"\S*@")
_WHOLE = re.compile(r"\S*@|[^\W\d_][\w+-]*(\.[\w+-]+)+$|[^\W\d_]+-\d+$")
# As people write the extension of a phone: 206-555-0147 x1, ext. 1, ;ext=1, #1
_EXTENSION = re.compile(
    r"(?<=\d)[\s,;]*(?:\b(?:extension|ext)\b\.?|x|#)[\s:=]*(\d{1,7})\b", re.IGNORECASE
)
_PHONE = re.compile(r"(?<!\S)[+(]?\d[\d\s().\-]*\d(?!\S)")


def _terms(query: str, kept_whole: re.Pattern[str]) -> tuple[str, ...]:
    terms: list[str] = []
    for piece in query.split():
        if kept_whole.match(piece):
            terms.append(piece[:MAX_WORD_LENGTH])
        else:
            terms += words(piece)
    return tuple(dict.fromkeys(terms))


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match[0])
