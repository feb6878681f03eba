"""Looking for the customers that a new one may be the same as."""

import asyncio
from collections.abc import Iterator

from shared.domain.contacts import of_kind
from shared.domain.customer_creation import Candidate
from shared.domain.customers import Customer
from shared.domain.directory import same_person, word_bucket
from shared.domain.words import whole
from shared.errors import Conflict
from shared.ports import Document, Prefix
from shared.usecases.errand import Errand

MOST_CANDIDATES = 10


class PossibleDuplicate(Conflict):
    """`candidates` tells who the new customer may be; ?allowDuplicate=true makes it anyway."""

    code = "possible-duplicate"


async def check_duplicates(
    customer: Customer, *, allow: bool, errand: Errand
) -> tuple[Candidate, ...]:
    """Return the candidates when the company wants to be warned; raise when it wants none."""
    parameters = await errand.configuration.parameters(errand.legal_entity)
    if allow or parameters.duplicate_policy == "allow":
        return ()
    candidates = await find_duplicates(customer, errand=errand)
    if candidates and parameters.duplicate_policy == "block":
        raise PossibleDuplicate(
            f"{len(candidates)} customers share an e-mail, a phone, or name and postal code.",
            candidates=[one.model_dump(mode="json", by_alias=True) for one in candidates],
        )
    return candidates


async def find_duplicates(customer: Customer, *, errand: Errand) -> tuple[Candidate, ...]:
    """Return who shares a normalized e-mail, phone, or name and postal code, side by side."""
    keys = list(dict.fromkeys(_keys(customer)))
    pages = await asyncio.gather(
        *(
            errand.documents.query(
                "directory",
                errand.place(word_bucket(word)),
                Prefix("id", f"{word} "),
                limit=MOST_CANDIDATES,
            )
            for _, word in keys
        )
    )
    found: dict[str, Candidate] = {}
    emails = {one.normal for one in of_kind(customer.contacts, "email")}
    for (kind, _), page in zip(keys, pages, strict=True):
        for document in page.documents:
            # Words of the directory are folded and cut; e-mails are compared as they are.
            if kind != "email" or emails & _emails(document):
                _note(found, kind, document)
    found.pop(customer.id, None)
    return tuple(found.values())[:MOST_CANDIDATES]


def _keys(customer: Customer) -> Iterator[tuple[str, str]]:
    for contact in customer.contacts:
        if contact.kind == "email":
            yield "email", whole(contact.normal)
        elif contact.kind == "phone":
            yield "phone", contact.normal.lstrip("+")
    if same := same_person(customer):
        yield "nameAndPostalCode", same


def _emails(document: Document) -> set[str]:
    return {value.lower() for field, value, _ in document.body["said"] if field == "email"}


def _note(found: dict[str, Candidate], kind: str, document: Document) -> None:
    line = document.body["line"]
    known = found.get(line["id"])
    found[line["id"]] = Candidate(
        id=line["id"],
        account_number=line["accountNumber"],
        name=line["name"],
        shared=(*(known.shared if known else ()), kind),
    )
