"""Finding existing customers who may be the same as a new one."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from shared.context import Context
from shared.core.errors import Conflict
from shared.core.language.words import whole
from shared.customers.directory.documents import query_word
from shared.customers.domain.creation import Candidate
from shared.customers.domain.customers import Customer
from shared.customers.domain.directory import normal_phone, same_person, word_bucket
from shared.customers.domain.normal_forms import EXTENSION, normal_email
from shared.ports.documents import Document

MAX_CANDIDATES = 10


class PossibleDuplicate(Conflict):
    """`candidates` are the customers who may be the same; ?allowDuplicate=true creates anyway."""

    code = "possible-duplicate"


async def check_duplicates(
    customer: Customer, *, allow: bool, context: Context
) -> tuple[Candidate, ...]:
    """Return the candidates where the company wants a warning. Raises PossibleDuplicate."""
    parameters = await context.configuration.parameters(context.legal_entity)
    if allow or parameters.duplicate_policy == "allow":
        return ()
    candidates = await find_duplicates(customer, context=context)
    if candidates and parameters.duplicate_policy == "block":
        raise PossibleDuplicate(
            f"{len(candidates)} customers share an e-mail, a phone, or name and postal code.",
            candidates=[
                candidate.model_dump(mode="json", by_alias=True) for candidate in candidates
            ],
        )
    return candidates


async def find_duplicates(customer: Customer, *, context: Context) -> tuple[Candidate, ...]:
    """Return who shares a normalized e-mail, a phone, or name and postal code.

    One query for each of them, side by side.
    """
    keys = list(dict.fromkeys(_keys(customer)))
    pages = await asyncio.gather(
        *(
            query_word(word_bucket(word), word, limit=MAX_CANDIDATES, context=context)
            for _, word in keys
        )
    )
    candidates: dict[str, Candidate] = {}
    own = {contact.normal for contact in customer.contacts}
    for (kind, _), page in zip(keys, pages, strict=True):
        for document in page.documents:
            # Words of the directory are folded and cut, and phones of one switchboard share theirs.
            if kind not in NORMAL_FORMS or own & NORMAL_FORMS[kind](document):
                _add(candidates, kind, document)
    candidates.pop(customer.id, None)
    return tuple(candidates.values())[:MAX_CANDIDATES]


def _keys(customer: Customer) -> Iterator[tuple[str, str]]:
    for contact in customer.contacts:
        if contact.normal and contact.kind == "email":
            yield "email", whole(contact.normal)
        elif contact.normal and contact.kind == "phone":
            yield "phone", contact.normal.lstrip("+").partition(EXTENSION)[0]
    if same := same_person(customer):
        yield "nameAndPostalCode", same


def _emails(document: Document) -> set[str]:
    given = (value for field, value, _ in document.body["said"] if field == "email")
    return {normal_email(value) for value in given}


def _phones(document: Document) -> set[str]:
    return {normal_phone(words) for field, _, words in document.body["said"] if field == "phone"}


NORMAL_FORMS: Mapping[str, Callable[[Document], set[str]]] = {"email": _emails, "phone": _phones}


def _add(candidates: dict[str, Candidate], kind: str, document: Document) -> None:
    line = document.body["line"]
    candidate = candidates.get(line["id"])
    candidates[line["id"]] = Candidate(
        id=line["id"],
        account_number=line["accountNumber"],
        name=line["name"],
        shared=(*(candidate.shared if candidate else ()), kind),
    )
