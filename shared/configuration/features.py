"""Listing, reading and switching the features of a company."""

from shared.configuration import documents
from shared.configuration.domain.companies import LegalEntityNotFound
from shared.configuration.domain.features import (
    Feature,
    FeatureNotFound,
    check_switch,
    features,
)
from shared.context import Context
from shared.core.retry import check_version, write
from shared.core.versioned import Versioned


async def list_features(*, context: Context) -> Versioned[list[Feature]]:
    """Return all features; they share one version. Raises LegalEntityNotFound."""
    enabled = await _read(context)
    return enabled.map(lambda switches: list(features(switches).values()))


async def read_feature(name: str, *, context: Context) -> Versioned[Feature]:
    """Return the feature. Raises FeatureNotFound, LegalEntityNotFound."""
    enabled = await _read(context)
    return enabled.map(lambda switches: _feature(name, switches))


async def switch_feature(
    name: str, *, enabled: bool, if_match: str, context: Context
) -> Versioned[Feature]:
    """Switch the feature on or off.

    One document has all switches, so that dependencies hold whoever switches at the same time.
    Raises FeatureNotFound, FeatureDependency, LegalEntityNotFound, Stale.
    """

    async def attempt() -> Versioned[dict[str, bool]]:
        existing = await _read(context)
        check_switch(name, enabled, existing.value)
        check_version(existing.etag, if_match)
        switched = await documents.write_features(
            context.documents,
            context.legal_entity,
            existing.value | {name: enabled},
            existing.etag,
        )
        context.configuration.forget(context.legal_entity)
        return switched

    switched = await write(attempt, if_match=if_match, turn=context.turn("features"))
    return switched.map(lambda switches: _feature(name, switches))


async def _read(context: Context) -> Versioned[dict[str, bool]]:
    enabled = await documents.find_features(context.documents, context.legal_entity)
    if enabled is None:
        raise LegalEntityNotFound(f"There is no legal entity {context.legal_entity}.")
    return enabled


def _feature(name: str, enabled: dict[str, bool]) -> Feature:
    feature = features(enabled).get(name)
    if feature is None:
        raise FeatureNotFound(f"There is no feature {name}.")
    return feature
