"""The secrets port on Azure Key Vault."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.keyvault.secrets.aio import SecretClient

from shared.configuration.domain.secret_names import SECRET_NAME
from shared.ports.insights import Secret, SecretUnreadable


class KeyVaultSecrets:
    """Reads secrets of one vault by NAME, and of `vaults` of the same cloud by `vault://VAULT/NAME`.

    `options` are passed to the SDK, for instance a transport.
    """

    def __init__(
        self,
        url: str,
        identity: AsyncTokenCredential,
        vaults: Collection[str] = (),
        **options: Any,
    ) -> None:
        self._url = url.rstrip("/")
        self.vaults = frozenset(vault.lower() for vault in vaults)
        self._identity = identity
        self._options = options
        self._clients: dict[str, SecretClient] = {}

    async def get(self, name: str) -> Secret:
        match = SECRET_NAME.fullmatch(name)
        if match is None:
            raise SecretUnreadable("The name of a secret is NAME or vault://VAULT/NAME.")
        if match["vault"] and match["vault"].lower() not in self.vaults:
            raise SecretUnreadable(f"The vault {match['vault']} is not among those to read.")
        try:
            stored = await self._client(match["vault"]).get_secret(match["secret"])
        except AzureError as exc:
            raise SecretUnreadable(
                f"The secret {name} cannot be read ({type(exc).__name__})."
            ) from exc
        return Secret(stored.value or "", stored.properties.expires_on)

    def _client(self, vault: str | None) -> SecretClient:
        url = self._url if vault is None else self._vault_url(vault)
        if url not in self._clients:
            self._clients[url] = SecretClient(url, self._identity, **self._options)
        return self._clients[url]

    def _vault_url(self, vault: str) -> str:
        cloud = (urlsplit(self._url).hostname or "").partition(".")[2]
        return f"https://{vault.lower()}.{cloud}"

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        await self._identity.close()
