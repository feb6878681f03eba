"""What can be asked of legal entities, and of their features."""

from contextlib import suppress
from typing import Any

from shared.configuration.cache import COMPANY, FEATURES, PARAMETERS
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import (
    Company,
    CompanyFields,
    LegalEntityNotFound,
    first_parameters,
    first_purposes,
    first_sequences,
    first_titles,
)
from shared.configuration.domain.features import check_switch
from shared.configuration.settings import put, setting_document
from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.core.retry import write
from shared.ports.documents import Create, Document, Documents, Put

EVERY_COMPANY = ("*", "companies")
PAGE = 100


async def every_company(documents: Documents) -> list[str]:
    """Return the codes of all companies that were ever made here."""
    found: list[str] = []
    continuation = None
    while True:
        page = await documents.query(
            "settings", EVERY_COMPANY, limit=PAGE, continuation=continuation
        )
        found += [one.id for one in page.documents]
        continuation = page.continuation
        if continuation is None:
            return found


async def read_company(*, context: Context) -> tuple[Company, str]:
    document = await context.documents.read("settings", context.partition(COMPANY[0]), COMPANY[1])
    if document is None:
        raise LegalEntityNotFound(f"There is no legal entity {context.legal_entity}.")
    return Company.model_validate(document.body), document.etag


async def put_company(
    fields: CompanyFields, *, if_match: str | None, context: Context
) -> tuple[Company, str, bool]:
    """Create a company or change it; return it, its version, and whether it is new."""

    async def attempt() -> tuple[Company, str, bool]:
        return await _put_company(fields, if_match, context)

    return await write(attempt, if_match=if_match, turn=("company", context.legal_entity))


async def _put_company(
    fields: CompanyFields, if_match: str | None, context: Context
) -> tuple[Company, str, bool]:
    partition = context.partition(COMPANY[0])
    old = await context.documents.read("settings", partition, COMPANY[1])
    since = old.body["since"] if old else context.now.year
    company = Company(legal_entity=context.legal_entity, since=since, **fields.model_dump())
    body = {"id": COMPANY[1], **company.model_dump(mode="json", by_alias=True)}
    if old is None and if_match is None:
        # The company comes last: once it is there, what every company has is there too.
        await _furnish(context)
        # Listed before it is there: whoever walks through the list skips what is not there.
        listed = Put({"id": context.legal_entity})
        await context.documents.commit("settings", EVERY_COMPANY, [listed])
    etag = await put(partition, body, old, if_match, context)
    return company, etag, old is None


async def read_features(*, context: Context) -> tuple[dict[str, bool], str]:
    document = await context.documents.read("settings", context.partition(FEATURES[0]), FEATURES[1])
    if document is None:
        raise LegalEntityNotFound(f"There is no legal entity {context.legal_entity}.")
    return document.body["enabled"], document.etag


async def switch_feature(
    name: str, enabled: bool, *, if_match: str, context: Context
) -> tuple[dict[str, bool], str]:
    """Switch on or off. One document holds all switches, so their dependencies cannot be raced."""

    async def attempt() -> tuple[dict[str, bool], str]:
        now, etag = await read_features(context=context)
        check_switch(name, enabled, now)
        switched = now | {name: enabled}
        body = {"id": FEATURES[1], "enabled": switched}
        old = Document({"id": FEATURES[1]}, etag)
        return switched, await put(context.partition(FEATURES[0]), body, old, if_match, context)

    return await write(attempt, if_match=if_match, turn=("features", context.legal_entity))


async def _furnish(context: Context) -> None:
    parameters = first_parameters()
    names = col.names_of_parameters(parameters)
    await _create_once(PARAMETERS[0], [setting_document(PARAMETERS[1], parameters, names)], context)
    await _create_once(FEATURES[0], [{"id": FEATURES[1], "enabled": {}}], context)
    sequences = [setting_document(one.code, one, ()) for one in first_sequences()]
    await _create_once(col.NUMBER_SEQUENCES.name, sequences, context)
    purposes = [setting_document(one.name, one, ()) for one in first_purposes()]
    await _create_once(col.ADDRESS_PURPOSES.name, purposes, context)
    titles = [setting_document(one.name, one, ()) for one in first_titles()]
    await _create_once(col.TITLES.name, titles, context)


async def _create_once(collection: str, bodies: list[dict[str, Any]], context: Context) -> None:
    with suppress(AlreadyExists):
        await context.documents.commit(
            "settings", context.partition(collection), [Create(body) for body in bodies]
        )
