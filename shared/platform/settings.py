"""Every environment variable of the app, typed. Nothing else reads the environment."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.platform.tenants import Tenant


class Settings(BaseSettings):
    """As Azure Functions names them: `COSMOS__...` for an identity, `COSMOS` for a whole string."""

    model_config = SettingsConfigDict(
        case_sensitive=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    cosmos_endpoint: Annotated[
        str | None,
        Field(
            validation_alias="COSMOS__accountEndpoint",
            description="URL of the account, https://...",
        ),
    ] = None
    cosmos_client_id: Annotated[
        str | None,
        Field(validation_alias="COSMOS__clientId", description="client id of the identity to use"),
    ] = None
    cosmos_connection: Annotated[
        str | None,
        Field(validation_alias="COSMOS", description="connection string, on a developer's machine"),
    ] = None
    cosmos_database: Annotated[
        str | None,
        Field(
            validation_alias="COSMOS_DATABASE",
            description="name of the database; default: that in topology.json",
        ),
    ] = None
    servicebus_namespace: Annotated[
        str | None,
        Field(
            validation_alias="SERVICEBUS__fullyQualifiedNamespace",
            description="the namespace, ...servicebus.windows.net",
        ),
    ] = None
    servicebus_client_id: Annotated[
        str | None,
        Field(
            validation_alias="SERVICEBUS__clientId", description="client id of the identity to use"
        ),
    ] = None
    servicebus_connection: Annotated[
        str | None,
        Field(
            validation_alias="SERVICEBUS",
            description="connection string, on a developer's machine",
        ),
    ] = None
    packages_uri: Annotated[
        str | None,
        Field(
            validation_alias="PACKAGES__blobServiceUri",
            description="URL of the blobs of the account with the packages, https://...",
        ),
    ] = None
    packages_client_id: Annotated[
        str | None,
        Field(
            validation_alias="PACKAGES__clientId", description="client id of the identity to use"
        ),
    ] = None
    packages_connection: Annotated[
        str | None,
        Field(
            validation_alias="PACKAGES", description="connection string, on a developer's machine"
        ),
    ] = None
    insights_tenant: Annotated[
        str | None,
        Field(validation_alias="INSIGHTS__tenantId", description="tenant of Customer Insights"),
    ] = None
    insights_authority: Annotated[
        str,
        Field(
            validation_alias="INSIGHTS__authority",
            description="authority that issues tokens for it",
        ),
    ] = "https://login.microsoftonline.com"
    insights_endpoint: Annotated[
        str,
        Field(validation_alias="INSIGHTS__endpoint", description="URL of its API"),
    ] = "https://api.ci.ai.dynamics.com/v1"
    insights_subscription_key: Annotated[
        str | None,
        Field(
            validation_alias="INSIGHTS__subscriptionKeyName",
            description="name of the secret with the subscription key of its API",
        ),
    ] = None
    insights_vaults: Annotated[
        str,
        Field(
            validation_alias="INSIGHTS__vaults",
            pattern=r"^$|^[A-Za-z0-9-]{3,24}(,[A-Za-z0-9-]{3,24})*$",
            description="names of other vaults that hold secrets of Customer Insights, joined by "
            "commas",
        ),
    ] = ""
    vault_url: Annotated[
        str | None,
        Field(validation_alias="KEYVAULT__vaultUri", description="URL of the vault"),
    ] = None
    vault_client_id: Annotated[
        str | None,
        Field(
            validation_alias="KEYVAULT__clientId", description="client id of the identity to use"
        ),
    ] = None
    entra_authority: Annotated[
        str,
        Field(
            validation_alias="ENTRA__authority",
            description="authority that issues the callers' tokens",
        ),
    ] = "https://login.microsoftonline.com"
    entra_tenant: Annotated[
        str | None,
        Field(validation_alias="ENTRA__tenantId", description="tenant of the callers"),
    ] = None
    entra_audience: Annotated[
        str | None,
        Field(validation_alias="ENTRA__audience", description="client id of this application"),
    ] = None
    entra_clients: Annotated[
        tuple[str, ...],
        Field(
            validation_alias="ENTRA__allowedClientApplications",
            description="JSON list of the client ids of applications that may bring the tenant's "
            "tokens; empty for all",
        ),
    ] = ()
    entra_guests: Annotated[
        bool,
        Field(
            validation_alias="ENTRA__allowGuests",
            description="whether guests of the tenant are let in",
        ),
    ] = False
    entra_issuers: Annotated[
        tuple[Tenant, ...],
        Field(
            validation_alias="ENTRA__issuers",
            description="JSON list of further issuers, such as the tenant of the customers: "
            "authority, tenant, audience, and if needed role, legalEntities, customer, clients, "
            "guests",
        ),
    ] = ()
    cursor_key: Annotated[
        str | None,
        Field(
            validation_alias="CURSOR_KEY",
            min_length=32,
            repr=False,
            description="key that encrypts cursors of lists and sessions; in Azure a reference to "
            "Key Vault",
        ),
    ] = None
    second_cursor_key: Annotated[
        str | None,
        Field(
            validation_alias="SECOND_CURSOR_KEY",
            min_length=32,
            repr=False,
            description="while CURSOR_KEY is renewed, the other one of the two: it opens what it "
            "encrypted, and encrypts nothing; in Azure a reference to Key Vault",
        ),
    ] = None
    suppression_key: Annotated[
        str | None,
        Field(
            validation_alias="SUPPRESSION_KEY",
            min_length=32,
            repr=False,
            description="key that names contact points, for good: a copy of it belongs to every "
            "backup; in Azure a reference to Key Vault",
        ),
    ] = None
    link_key: Annotated[
        str | None,
        Field(
            validation_alias="LINK_KEY",
            min_length=32,
            repr=False,
            description="key that signs the links by which customers decide; a new one ends those "
            "that were sent; in Azure a reference to Key Vault",
        ),
    ] = None
    telemetry: Annotated[
        str | None,
        Field(
            validation_alias="TELEMETRY",
            pattern=r"^(off|console|otlp|azure-monitor|file:.+)$",
            description="off, console, otlp, azure-monitor or file:PATH; default: azure-monitor "
            "in Azure if there is a connection string for it, else off",
        ),
    ] = None
    telemetry_share: Annotated[
        float,
        Field(
            validation_alias="TELEMETRY_SHARE", ge=0, le=1,
            description="share of the traces that is recorded, each whole or not at all",
        ),
    ] = 1.0  # fmt: skip
    otlp_endpoint: Annotated[
        str,
        Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", description="endpoint for otlp"),
    ] = "http://127.0.0.1:4318"
    application_insights: Annotated[
        str | None,
        Field(
            validation_alias="APPLICATIONINSIGHTS_CONNECTION_STRING",
            description="Application Insights for azure-monitor; contains no secret",
        ),
    ] = None
    application_insights_authentication: Annotated[
        str | None,
        Field(
            validation_alias="APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
            pattern=r"^(ClientId=[^;]+;)?Authorization=AAD(;ClientId=[^;]+)?$",
            description="Authorization=AAD, and ;ClientId=... of the identity to sign in with",
        ),
    ] = None
    site: Annotated[
        str | None,
        Field(validation_alias="WEBSITE_SITE_NAME", description="name of the app in Azure"),
    ] = None

    @property
    def tenants(self) -> tuple[Tenant, ...]:
        """Return all whose tokens are accepted: the tenant of the callers, and further ones."""
        if not (self.entra_tenant and self.entra_audience):
            return self.entra_issuers
        own = Tenant(
            authority=self.entra_authority,
            tenant=self.entra_tenant,
            audience=self.entra_audience,
            clients=self.entra_clients,
            guests=self.entra_guests,
        )
        return (own, *self.entra_issuers)

    @model_validator(mode="after")
    def _references_are_resolved(self) -> "Settings":
        # What Key Vault does not answer for stays as it is written, for all to read.
        for name, key in (
            ("CURSOR_KEY", self.cursor_key),
            ("SECOND_CURSOR_KEY", self.second_cursor_key),
            ("SUPPRESSION_KEY", self.suppression_key),
            ("LINK_KEY", self.link_key),
        ):
            if key and key.startswith("@Microsoft.KeyVault("):
                raise ValueError(f"{name} is a reference that Key Vault did not resolve.")
        return self

    @model_validator(mode="after")
    def _keys_come_over_tls(self) -> "Settings":
        if self.site and any(one.authority.startswith("http:") for one in self.tenants):
            raise ValueError("Keys of tokens are read over https: see the authorities.")
        return self

    @model_validator(mode="after")
    def _keys_stay_at_home(self) -> "Settings":
        if self.site and self.cosmos_connection:
            raise ValueError("COSMOS holds a key; in Azure set COSMOS__accountEndpoint instead.")
        if self.site and self.servicebus_connection:
            raise ValueError(
                "SERVICEBUS holds a key; in Azure set SERVICEBUS__fullyQualifiedNamespace instead."
            )
        if self.site and self.packages_connection:
            raise ValueError("PACKAGES holds a key; in Azure set PACKAGES__blobServiceUri instead.")
        return self
