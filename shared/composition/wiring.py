"""Connects the adapters to the ports: the only module that chooses them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from shared.composition import collections as _collections  # noqa: F401  # registers them
from shared.composition.metered import Metered
from shared.composition.participants import PARTICIPANTS
from shared.composition.telemetry import telemetry
from shared.configuration.cache import Configuration
from shared.configuration.number_blocks import Numbers
from shared.consent.links.tokens import LinkTokens
from shared.consent.point_names import PointNames
from shared.context import Context
from shared.customers.customers import customer_exists
from shared.customers.directory.account_numbers import AccountNumbers
from shared.customers.participants import Participant
from shared.measures.measures import Measures
from shared.platform.buckets import Buckets
from shared.platform.seals import Seal
from shared.platform.topology import database
from shared.ports.bus import Bus, NoBus
from shared.ports.documents import Documents
from shared.ports.insights import Insights, NoInsights
from shared.ports.packages import NoPackages, Packages
from shared.ports.tokens import Tokens
from shared.privacy.accesses.log import AccessLog

if TYPE_CHECKING:
    from shared.adapters.blobs.packages import BlobPackages
    from shared.adapters.cosmos.documents import CosmosDocuments
    from shared.adapters.insights.customer_insights import CustomerInsights
    from shared.adapters.servicebus.bus import ServiceBus
    from shared.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Keys:
    """`cursor` encrypts cursors and sessions, `suppression` names contact points.

    `link` signs links.

    All but the second may be renewed; what `second_cursor` encrypted can be read meanwhile.
    """

    cursor: bytes = field(repr=False)
    suppression: bytes = field(repr=False)
    link: bytes = field(repr=False)
    second_cursor: bytes | None = field(default=None, repr=False)


class Backend:
    """The ports of this process, and its caches.

    `keys` are secrets of this installation. `participants` take part in each commit of a customer.
    """

    def __init__(  # noqa: PLR0913  # one argument for each port
        self,
        documents: Documents,
        tokens: Tokens,
        keys: Keys,
        bus: Bus | None = None,
        insights: Insights | None = None,
        *,
        packages: Packages | None = None,
        participants: Sequence[Participant] = PARTICIPANTS,
    ) -> None:
        self.documents = Metered(documents)
        self.tokens = tokens
        self.cursor_seal = Seal("cursors", keys.cursor, keys.second_cursor)
        self.session_seal = Seal("sessions", keys.cursor, keys.second_cursor)
        self.point_names = PointNames(keys.suppression)
        self.links = LinkTokens(keys.link)
        self.bus = bus or NoBus()
        self.insights = insights or NoInsights()
        self.packages = packages or NoPackages()
        self.participants = participants
        customers = partial(customer_exists, self.documents)
        self.configuration = Configuration(self.documents, {"customers": customers})
        self.numbers = Numbers(self.documents)
        self.accounts = AccountNumbers(self.documents)
        self.measures = Measures(self.insights, self.configuration)
        self.buckets = Buckets()
        self.access_log = AccessLog(self.documents, self.configuration, telemetry)

    def context(
        self, legal_entity: str, actor: str, now: datetime, fingerprint: str | None = None
    ) -> Context:
        """Return the context of a use case for this company and actor."""
        return Context(
            legal_entity=legal_entity,
            actor=actor,
            now=now,
            documents=self.documents,
            configuration=self.configuration,
            numbers=self.numbers,
            accounts=self.accounts,
            measures=self.measures,
            point_names=self.point_names,
            participants=self.participants,
            fingerprint=fingerprint,
        )


class NoStoreConfigured(RuntimeError):
    """The environment names no Cosmos DB account."""


def connect(settings: "Settings") -> "CosmosDocuments":
    """Return the store of the configured account; the caller closes it.

    The SDK is imported here, so that a process without Cosmos DB does not load it, and
    azure-identity only without a connection string.
    """
    from shared.adapters.cosmos import documents as cosmos  # noqa: PLC0415

    name = settings.cosmos_database or database()
    if settings.cosmos_connection:
        return cosmos.with_connection_string(settings.cosmos_connection, name)
    if not settings.cosmos_endpoint:
        raise NoStoreConfigured("Set COSMOS__accountEndpoint, or COSMOS to a connection string.")
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

    identity = DefaultAzureCredential(managed_identity_client_id=settings.cosmos_client_id)
    return cosmos.with_identity(settings.cosmos_endpoint, identity, name)


class NoBusConfigured(RuntimeError):
    """The environment names no Service Bus namespace."""


def connect_bus(settings: "Settings") -> "ServiceBus":
    """Return the bus of the configured namespace; the caller closes it."""
    from shared.adapters.servicebus import bus as servicebus  # noqa: PLC0415

    if settings.servicebus_connection:
        return servicebus.with_connection_string(settings.servicebus_connection)
    if not settings.servicebus_namespace:
        raise NoBusConfigured(
            "Set SERVICEBUS__fullyQualifiedNamespace, or SERVICEBUS to a connection string."
        )
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

    identity = DefaultAzureCredential(managed_identity_client_id=settings.servicebus_client_id)
    return servicebus.with_identity(settings.servicebus_namespace, identity)


class NoPackagesConfigured(RuntimeError):
    """The environment names no storage account for packages."""


def connect_packages(settings: "Settings") -> "BlobPackages":
    """Return the packages of the configured account; the caller closes them."""
    from shared.adapters.blobs import packages as blobs  # noqa: PLC0415

    if settings.packages_connection:
        return blobs.with_connection_string(settings.packages_connection)
    if not settings.packages_uri:
        raise NoPackagesConfigured(
            "Set PACKAGES__blobServiceUri, or PACKAGES to a connection string."
        )
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

    identity = DefaultAzureCredential(managed_identity_client_id=settings.packages_client_id)
    return blobs.with_identity(settings.packages_uri, identity)


class NoInsightsConfigured(RuntimeError):
    """The environment names no tenant of Customer Insights, or no vault."""


def connect_insights(settings: "Settings") -> "CustomerInsights":
    """Return the configured Customer Insights; the caller closes it."""
    if not (settings.insights_tenant and settings.vault_url):
        raise NoInsightsConfigured("Set INSIGHTS__tenantId and KEYVAULT__vaultUri.")
    from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

    from shared.adapters.insights.customer_insights import CustomerInsights, Endpoints  # noqa: PLC0415
    from shared.adapters.insights.keyvault import KeyVaultSecrets  # noqa: PLC0415

    identity = DefaultAzureCredential(managed_identity_client_id=settings.vault_client_id)
    vaults = [vault for vault in settings.insights_vaults.split(",") if vault]
    vault = KeyVaultSecrets(settings.vault_url, identity, vaults, retry_total=1)
    endpoints = Endpoints(
        tenant=settings.insights_tenant,
        authority=settings.insights_authority,
        api=settings.insights_endpoint,
        subscription_key=settings.insights_subscription_key,
    )
    return CustomerInsights(vault, endpoints)


class NothingConfigured(RuntimeError):
    """The environment names no identity provider, or no key for cursors."""


def azure(settings: "Settings") -> Backend:
    """Return the backend of a deployed app. Raises NothingConfigured."""
    from shared.adapters.entra.tokens import EntraTokens  # noqa: PLC0415

    if not (
        settings.tenants and settings.cursor_key and settings.suppression_key and settings.link_key
    ):
        raise NothingConfigured(
            "Set ENTRA__tenantId and ENTRA__audience, or ENTRA__issuers; CURSOR_KEY, "
            "SUPPRESSION_KEY, LINK_KEY; and the settings of the store; "
            "on one machine, start the app with `python -m local serve`."
        )
    has_insights = bool(settings.insights_tenant and settings.vault_url)
    return Backend(
        connect(settings),
        EntraTokens(*settings.tenants),
        Keys(
            settings.cursor_key.encode(),
            settings.suppression_key.encode(),
            settings.link_key.encode(),
            settings.second_cursor_key.encode() if settings.second_cursor_key else None,
        ),
        connect_bus(settings),
        connect_insights(settings) if has_insights else NoInsights(),
        packages=connect_packages(settings),
    )


_installed: Backend | None = None


def backend() -> Backend:
    """Return the backend of this process, created from the environment on first use."""
    if _installed is None:
        from shared.platform.settings import Settings  # noqa: PLC0415  # not loaded if a host installs a backend

        return install(azure(Settings()))
    return _installed


def install(chosen: Backend) -> Backend:
    """Use this backend from now on. Called by the local host and by tests."""
    global _installed  # noqa: PLW0603  # the one piece of process state; see decision 0004
    _installed = chosen
    return chosen
