"""Creating, reading and changing legal entities."""

from contextlib import suppress

from pydantic import TypeAdapter, ValidationError

from shared.configuration import documents
from shared.configuration.domain import collections as col
from shared.configuration.domain.companies import (
    Company,
    CompanyFields,
    LegalEntityNotFound,
    first_parameters,
)
from shared.configuration.settings import Saved, save
from shared.configuration.uses.documents import begin_counting
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid
from shared.core.retry import write
from shared.core.values import CompanyCode
from shared.core.versioned import Versioned
from shared.ports.documents import Documents

CODE: TypeAdapter[str] = TypeAdapter(CompanyCode)


async def every_company(store: Documents) -> list[str]:
    """Return the codes of all companies. One query for each hundred."""
    return [code async for code in documents.all_companies(store)]


async def read_company(*, context: Context) -> Versioned[Company]:
    """Return the company. Raises LegalEntityNotFound."""
    company = await documents.find_company(context.documents, context.legal_entity)
    if company is None:
        raise LegalEntityNotFound(f"There is no legal entity {context.legal_entity}.")
    return company


async def put_company(
    fields: CompanyFields, *, if_match: str | None, context: Context
) -> Saved[Company]:
    """Create a company with what every company has, or change it.

    Raises Invalid for a code that is none, VersionRequired, Stale.
    """
    _check_code(context.legal_entity)

    async def attempt() -> Saved[Company]:
        return await _put_company(fields, if_match, context)

    return await write(attempt, if_match=if_match, turn=context.turn("company"))


async def _put_company(
    fields: CompanyFields, if_match: str | None, context: Context
) -> Saved[Company]:
    existing = await documents.find_company(context.documents, context.legal_entity)
    since = existing.value.since if existing else context.now.year
    company = Company(legal_entity=context.legal_entity, since=since, **fields.model_dump())
    if existing is None and if_match is None:
        # The company comes last: once it exists, what every company has exists too.
        await _create_defaults(context)
        # Listed before it exists: whoever walks through the list skips a company that does not.
        await documents.list_company(context.documents, context.legal_entity)

    async def write_version(etag: str | None) -> Versioned[Company]:
        return await documents.write_company(context.documents, company, etag)

    return await save(write_version, existing, if_match, context)


def _check_code(code: str) -> None:
    try:
        CODE.validate_python(code)
    except ValidationError:
        raise Invalid.at(
            "", "bad-company-code", "A company code is 2 to 10 capital letters or digits."
        ) from None


async def _create_defaults(context: Context) -> None:
    parameters = first_parameters()
    names = col.names_of_parameters(parameters)
    store, legal_entity = context.documents, context.legal_entity
    with suppress(AlreadyExists):
        await documents.write_parameters(store, legal_entity, parameters, names, None)
    with suppress(AlreadyExists):
        await begin_counting(store, legal_entity)
    with suppress(AlreadyExists):
        await documents.write_features(store, legal_entity, {}, None)
    for collection in col.COLLECTIONS.values():
        if first := collection.first():
            with suppress(AlreadyExists):
                await documents.create_settings(store, legal_entity, collection, first)
