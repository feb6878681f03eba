"""Everything configured as documents: the only place that knows where settings are kept."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from shared.configuration.domain.collections import NUMBER_SEQUENCES, Collection, Naming
from shared.configuration.domain.companies import Company, Parameters
from shared.configuration.domain.number_sequences import NumberSequence
from shared.core.upgrades import Upgrade, upgrade
from shared.core.values import Setting
from shared.core.versioned import Versioned
from shared.ports.documents import (
    Condition,
    Contains,
    Create,
    Document,
    Documents,
    Operation,
    Partition,
    Put,
    Remove,
    Replace,
)

T = TypeVar("T", bound=Setting)

CONTAINER: Final = "settings"
COMPANY, PARAMETERS, FEATURES = "company", "parameters", "features"  # one document each
ALL_COMPANIES: Final[Partition] = ("*", "companies")
SCHEMA_VERSION: Final = 1
UPGRADES: Mapping[int, Upgrade] = {}
COMPANIES_PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class SettingPage(Generic[T]):
    """`continuation` is None on the last page."""

    settings: Sequence[Versioned[T]]
    continuation: str | None


async def find_company(documents: Documents, legal_entity: str) -> Versioned[Company] | None:
    """Return the company, or None. One point read."""
    document = await _read(documents, (legal_entity, COMPANY), COMPANY)
    return Versioned(Company.model_validate(document.body), document.etag) if document else None


async def find_parameters(documents: Documents, legal_entity: str) -> Versioned[Parameters] | None:
    """Return the parameters of a company, or None. One point read."""
    document = await _read(documents, (legal_entity, PARAMETERS), PARAMETERS)
    return _setting_of(document, Parameters) if document else None


async def find_features(
    documents: Documents, legal_entity: str
) -> Versioned[dict[str, bool]] | None:
    """Return which features of a company are on, or None. One point read."""
    document = await _read(documents, (legal_entity, FEATURES), FEATURES)
    return Versioned(document.body["enabled"], document.etag) if document else None


async def find_setting(
    documents: Documents, legal_entity: str, collection: Collection[T], key: str
) -> Versioned[T] | None:
    """Return the setting, or None. One point read."""
    document = await _read(documents, (legal_entity, collection.name), key)
    return _setting_of(document, collection.model) if document else None


async def query_settings(
    documents: Documents,
    legal_entity: str,
    collection: Collection[T],
    *,
    limit: int,
    continuation: str | None,
) -> SettingPage[T]:
    """Return the settings of a collection by their keys. One query."""
    page = await documents.query(
        CONTAINER, (legal_entity, collection.name), limit=limit, continuation=continuation
    )
    settings = [_setting_of(_newest(document), collection.model) for document in page.documents]
    return SettingPage(settings, page.continuation)


async def all_settings(
    documents: Documents,
    legal_entity: str,
    collection: Collection[T],
    *,
    naming: tuple[str, Iterable[str]] | None = None,
) -> AsyncIterator[T]:
    """Yield every setting of a collection by its key, a query for each page.

    `naming` narrows to those that name at least one of these settings: a collection and keys.
    """
    conditions: list[Condition] = [_names(*naming)] if naming else []
    partition = (legal_entity, collection.name)
    async for document in documents.all(CONTAINER, partition, *conditions):
        yield _setting_of(_newest(document), collection.model).value


async def query_keys_naming(
    documents: Documents, legal_entity: str, collection: str, named: tuple[str, str], *, limit: int
) -> list[str]:
    """Return the keys of the settings that name another: its collection and key. One query."""
    condition = _names(named[0], [named[1]])
    page = await documents.query(CONTAINER, (legal_entity, collection), condition, limit=limit)
    return [document.id for document in page.documents]


async def all_companies(documents: Documents) -> AsyncIterator[str]:
    """Yield the codes of all companies, a query for each page."""
    async for document in documents.all(CONTAINER, ALL_COMPANIES, page_size=COMPANIES_PAGE_SIZE):
        yield document.id


async def list_company(documents: Documents, legal_entity: str) -> None:
    """Put the company into the list of all companies."""
    entry = {"id": legal_entity, "schemaVersion": SCHEMA_VERSION}
    await documents.commit(CONTAINER, ALL_COMPANIES, [Put(entry)])


async def write_company(
    documents: Documents, company: Company, etag: str | None
) -> Versioned[Company]:
    """Replace the version `etag`, or create the company. Raises Stale, AlreadyExists."""
    body = _document(COMPANY, company.model_dump(mode="json", by_alias=True))
    partition = (company.legal_entity, COMPANY)
    return Versioned(company, await _write(documents, partition, body, etag))


async def write_parameters(
    documents: Documents,
    legal_entity: str,
    parameters: Parameters,
    names: Iterable[Naming],
    etag: str | None,
) -> Versioned[Parameters]:
    """Replace the version `etag`, or create the parameters. Raises Stale, AlreadyExists."""
    body = _setting_document(PARAMETERS, parameters, names)
    return Versioned(parameters, await _write(documents, (legal_entity, PARAMETERS), body, etag))


async def write_features(
    documents: Documents, legal_entity: str, enabled: dict[str, bool], etag: str | None
) -> Versioned[dict[str, bool]]:
    """Replace the version `etag`, or create the switches. Raises Stale, AlreadyExists."""
    body = _document(FEATURES, {"enabled": enabled})
    return Versioned(enabled, await _write(documents, (legal_entity, FEATURES), body, etag))


async def write_setting(
    documents: Documents, legal_entity: str, collection: Collection[T], setting: T, etag: str | None
) -> Versioned[T]:
    """Replace the version `etag`, or create the setting. Raises Stale, AlreadyExists."""
    body = _body_of(collection, setting)
    partition = (legal_entity, collection.name)
    return Versioned(setting, await _write(documents, partition, body, etag))


async def create_settings(
    documents: Documents, legal_entity: str, collection: Collection[T], settings: Sequence[T]
) -> None:
    """Create all of the settings or none. Raises AlreadyExists."""
    creations = [Create(_body_of(collection, setting)) for setting in settings]
    await documents.commit(CONTAINER, (legal_entity, collection.name), creations)


async def remove_setting(
    documents: Documents, legal_entity: str, collection: Collection[T], setting: Versioned[T]
) -> None:
    """Remove exactly this version. Raises Stale."""
    # A removal names no version, so the commit replaces the document first.
    replacement = Replace(_body_of(collection, setting.value), setting.etag)
    operations: list[Operation] = [replacement, Remove(collection.key_of(setting.value))]
    await documents.commit(CONTAINER, (legal_entity, collection.name), operations)


async def find_number_sequence(
    documents: Documents, legal_entity: str, code: str
) -> Versioned[NumberSequence] | None:
    """Return the number sequence, or None. One point read."""
    return await find_setting(documents, legal_entity, NUMBER_SEQUENCES, code)


async def replace_number_sequence(
    documents: Documents, legal_entity: str, sequence: NumberSequence, etag: str
) -> None:
    """Write over exactly the version that was read. Raises Stale."""
    await write_setting(documents, legal_entity, NUMBER_SEQUENCES, sequence, etag)


async def _read(documents: Documents, partition: Partition, document_id: str) -> Document | None:
    document = await documents.read(CONTAINER, partition, document_id)
    return _newest(document) if document else None


async def _write(
    documents: Documents, partition: Partition, body: dict[str, Any], etag: str | None
) -> str:
    operation = Create(body) if etag is None else Replace(body, etag)
    [new_etag] = await documents.commit(CONTAINER, partition, [operation])
    return new_etag


def _newest(document: Document) -> Document:
    return Document(upgrade(document.body, UPGRADES, SCHEMA_VERSION), document.etag)


def _setting_of(document: Document, model: type[T]) -> Versioned[T]:
    return Versioned(model.model_validate(document.body["setting"]), document.etag)


def _body_of(collection: Collection[T], setting: T) -> dict[str, Any]:
    return _setting_document(collection.key_of(setting), setting, collection.names(setting))


def _setting_document(key: str, setting: Setting, names: Iterable[Naming]) -> dict[str, Any]:
    fields = {
        "setting": setting.model_dump(mode="json", by_alias=True),
        "names": sorted({_name(collection, named) for _, collection, named in names}),
    }
    return _document(key, fields)


def _document(key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": key, **fields, "schemaVersion": SCHEMA_VERSION}


def _names(collection: str, keys: Iterable[str]) -> Condition:
    return Contains("names", tuple(_name(collection, key) for key in keys))


def _name(collection: str, key: str) -> str:
    return f"{collection}/{key}"
