"""The directory: the small documents by which a customer is found, and their content.

Each word of a customer has an entry in the partition of the word's first two characters; each
pair of words of name and city has one in the partition of a word's first three. The id of an
entry begins with the word, so that order by id shows exact matches first, and a prefix is a range.

One customer writes a bounded number of documents, whatever their fields say: of a name the first
words count, and of the values those that fit, the more important first. What does not fit is in no
entry, so that a search does not find it by its other words either.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import combinations
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from shared.core.evolve import evolve
from shared.core.language.words import whole, words
from shared.core.values import as_text
from shared.customers.domain import contacts as cp
from shared.customers.domain.customers import Customer, DirectoryState, SearchField
from shared.customers.domain.normal_forms import EXTENSION, readable_email

BUCKET = 2
PAIR_BUCKET = 3
MIN_PHONE_DIGITS = 4
EXTENSION_WORD = "x"
MAX_PAIRED_NAMES = 4
MAX_PAIRED_CITIES = 2
MAX_NAME_LENGTH_IN_ID = 60
MAX_NAME_WORDS: Final = 8  # of a first, a middle, a last name, or that of an organization
MAX_DOCUMENTS: Final = 300  # that one customer has in the directory
NOT_OF_WORDS: Final = 3  # of these: the listing, the account number, and the same person
EDITION = 3  # raised whenever entries get other ids: the listing is then read for the old ones

Entry = tuple[str, dict[str, Any]]  # bucket, document
IndexedField = list[Any]  # [field, value as entered, its words]


class Said(NamedTuple):
    """What search knows of a customer, and the fields of which it does not know everything."""

    fields: list[IndexedField]
    beyond: tuple[SearchField, ...]


def word_bucket(word: str) -> str:
    return f"w:{word[:BUCKET]}"


def pair_bucket(key: str) -> str:
    return f"p:{key[:PAIR_BUCKET].rstrip()}"


def account_bucket(account_number: str) -> str:
    return f"account:{account_number}"


def listing_bucket(year: int) -> str:
    return f"n:{year}"


def listing_id(created_at: datetime, key: str) -> str:
    return f"{as_text(created_at)} {key}"


def stamp(customer: Customer) -> int:
    """Return the version that last changed what is said here, combined with that of the rules."""
    version = customer.directory.version if customer.directory else customer.version
    return EDITION * 10**9 + version


def with_state(customer: Customer, before: Customer | None) -> Customer:
    """Return this version with what the directory has to say of it: the same as before, or new."""
    said = _said(customer)
    digest = _digest(customer, said)
    known = before.directory if before else None
    if known is None or known.digest != digest:
        known = DirectoryState(digest=digest, version=customer.version)
    return evolve(customer, directory=evolve(known, beyond=said.beyond))


def _digest(customer: Customer, said: Said) -> str:
    """Return a digest of everything that entries and listing are made of."""
    active = customer.status == "Active"
    facts = [EDITION, active, _shown(customer, said), same_person(customer)]
    return sha256(to_json(facts)).hexdigest()[:20]


def _shown(customer: Customer, said: Said) -> dict[str, Any]:
    """Return what each entry carries, so that a search reads nothing else."""
    return {
        "line": line(customer),
        "said": said.fields,
        "books": list(customer.address_books),
        "paired": _paired(customer),
    }


def phone_ends(digits: str) -> list[str]:
    """Return the digits and all their endings, so that the last digits find a phone as well.

    A phone has about eight small entries: a search, which cannot know from which end the digits
    are, then reads one range of one partition.
    """
    last = max(len(digits) - MIN_PHONE_DIGITS, 0)
    return [digits[start:] for start in range(last + 1)]


def pair_prefix(first: str, second: str) -> str:
    """Return the prefix of the pairs of words that begin with these letters."""
    return f"{first[:PAIR_BUCKET]} {second}"


def pair_keys(names: Sequence[str], city: Sequence[str]) -> list[str]:
    """Return the pairs of a customer: the smaller word cut to three letters, then the other.

    Two names are paired in the other order too, so that a name and the first letter of another
    are found whichever is the smaller.
    """
    ordered = combinations(sorted({*names, *city}), 2)
    reversed_ = ((second, first) for first, second in combinations(sorted(names), 2))
    return [f"{pair_prefix(x, y)} {x}" for x, y in (*ordered, *reversed_)]


def entries(customer: Customer) -> list[Entry]:
    """Return what the directory says of an active customer; nothing of any other."""
    if customer.status != "Active":
        return []
    shown = _shown(customer, _said(customer))
    return [
        (bucket, {"id": entry_id, "fields": names, **shown})
        for bucket, entry_id, names in _keys(customer, shown["said"], shown["paired"])
    ]


def line(customer: Customer) -> dict[str, Any]:
    """Return what a line of a search result shows, apart from the match."""
    primary = customer.primary_address
    return {
        "id": customer.id,
        "accountNumber": customer.account_number,
        "displayAccount": customer.display_account,
        "name": customer.name,
        "customerType": customer.customer_type,
        "primaryEmail": cp.primary(customer.contacts, "email"),
        "primaryPhone": cp.primary(customer.contacts, "phone"),
        "city": primary.city if primary else None,
        "syncStatus": customer.sync_status,
    }


def address_words(*parts: str | None) -> str:
    """Return the parts of an address that search covers, as one line."""
    return ", ".join(part for part in parts if part)


def same_person(customer: Customer) -> str | None:
    """Return name and postal code as one word: the third key by which duplicates are found."""
    address = customer.primary_address
    if address is None or not address.postal_code or not customer.name:
        return None
    name = "+".join(sorted(words(customer.name)))
    return f"={name}+{whole(address.postal_code)}"[:120]


def _said(customer: Customer) -> Said:
    """Return the fields that fit, whole ones only, the more important first."""
    room = MAX_DOCUMENTS - NOT_OF_WORDS - len(pair_keys(*_paired(customer)))
    fields: list[IndexedField] = []
    beyond: set[SearchField] = set()
    known: set[str] = set()
    for field in _indexed_fields(customer):
        both = known.union(words_of(field))
        if len(both) > room:
            beyond.add(field[0])
        else:
            known = both
            fields.append(field)
    if len(words(customer.name)) > len(_name_words(customer)):
        beyond.add("name")
    if customer.address_count > len(customer.indexed_addresses) + bool(customer.primary_address):
        beyond.add("address")
    return Said(fields, tuple(sorted(beyond)))


def _name_words(customer: Customer) -> list[str]:
    """Return the first words of each name, so that a long first name hides no last name."""
    names = (
        (customer.organization_name,)
        if customer.customer_type == "Organization"
        else (customer.first_name, customer.middle_name, customer.last_name)
    )
    counted = [word for name in names if name for word in words(name)[:MAX_NAME_WORDS]]
    return list(dict.fromkeys(counted))


def _indexed_fields(customer: Customer) -> Iterator[IndexedField]:
    """Yield what search could know, the more important first."""
    if customer.name:
        yield ["name", customer.name, _name_words(customer)]
    if customer.account_number:
        number = customer.account_number
        yield ["account", number, list(dict.fromkeys([whole(number), *words(number)]))]
    for contact in _primary_first(customer, "email"):
        yield ["email", contact.value, email_words(contact.normal)]
    for contact in _primary_first(customer, "phone"):
        yield ["phone", contact.value, phone_words(contact)]
    for text in _addresses(customer):
        yield ["address", text, list(words(text))]


def _primary_first(customer: Customer, kind: cp.ContactKind) -> list[cp.Contact]:
    return sorted(cp.of_kind(customer.contacts, kind), key=lambda contact: not contact.primary)


def _addresses(customer: Customer) -> list[str]:
    """Return the primary address and the newest others."""
    primary = customer.primary_address
    texts = list(customer.indexed_addresses.values())
    if primary:
        texts.insert(0, address_words(primary.street, primary.city, primary.postal_code))
    return list(dict.fromkeys(texts))


def email_words(normal: str | None) -> list[str]:
    """Return the address with its domain as it is read, and as punycode."""
    return list(dict.fromkeys([whole(readable_email(normal or "")), whole(normal or "")]))


def phone_words(contact: cp.Contact) -> list[str]:
    """Return the digits as dialed from abroad, from home, as they were entered, and the extension.

    A number without its area code is found as it was entered.
    """
    entered = "".join(filter(str.isdigit, contact.value))
    if contact.normal is None:
        return [entered]
    import phonenumbers  # noqa: PLC0415  # heavy, and not always needed

    home = phonenumbers.national_significant_number(phonenumbers.parse(contact.normal))
    abroad, _, extension = contact.normal.lstrip("+").partition(EXTENSION)
    extensions = [f"{EXTENSION_WORD}{extension}"] if extension else []
    return list(dict.fromkeys([abroad, home, entered, *extensions]))


def normal_phone(own_words: Sequence[str]) -> str:
    """Return the normal form of a phone that has these words."""
    last = own_words[-1]
    is_extension = last.startswith(EXTENSION_WORD)
    return f"+{own_words[0]}" + (f"{EXTENSION}{last[1:]}" if is_extension else "")


def _paired(customer: Customer) -> list[list[str]]:
    """Return the words that are paired: those of the name, and of the primary city."""
    city = customer.primary_address.city if customer.primary_address else None
    names = words(customer.name)[:MAX_PAIRED_NAMES]
    cities = words(city)[:MAX_PAIRED_CITIES] if city else ()
    return [list(names), [word for word in cities if word not in names]]


def _keys(
    customer: Customer, fields: list[IndexedField], paired: list[list[str]]
) -> Iterator[tuple[str, str, list[str]]]:
    """Yield bucket, id and field names of each entry."""
    tail = f"{'_'.join(words(customer.name))[:MAX_NAME_LENGTH_IN_ID]} {customer.id}"
    for word, names in _words(fields).items():
        yield word_bucket(word), f"{word} {tail}", names
    for key in pair_keys(*paired):
        yield pair_bucket(key), f"{key} {tail}", ["name", "address"]
    if same := same_person(customer):
        yield word_bucket(same), f"{same} {tail}", ["same"]


def _words(fields: list[IndexedField]) -> dict[str, list[str]]:
    """Return the names of the fields that each word occurs in."""
    names: dict[str, list[str]] = {}
    for field in fields:
        for word in words_of(field):
            names.setdefault(word, []).append(field[0])
    return names


def words_of(field: IndexedField) -> list[str]:
    """Return the words by which the field is found: its own, and the endings of a phone."""
    name, _, own_words = field
    return own_words if name != "phone" else list({*own_words, *phone_ends(own_words[0])})
