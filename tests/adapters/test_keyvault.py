"""Secrets by the real SDK, from a vault on a socket."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.adapters.insights.keyvault import KeyVaultSecrets
from shared.ports.insights import SecretUnreadable
from tests.doubles.insights.vault import Identity, Vault, serving

EXPIRES = datetime(2031, 8, 1, tzinfo=UTC)


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    renewed = {"value": "s3cret", "attributes": {"enabled": True, "exp": int(EXPIRES.timestamp())}}
    async with serving(tmp_path, insights=renewed, for_ever={"value": "x"}) as vault:
        yield vault


def secrets_of(vault: Vault, url: str = "") -> KeyVaultSecrets:
    return KeyVaultSecrets(
        url or f"{vault.url}/",
        Identity(),
        connection_verify=vault.certificate,
        verify_challenge_resource=False,
        retry_total=0,
    )


async def test_a_secret_comes_with_its_end(vault: Vault) -> None:
    secrets = secrets_of(vault)
    ending, endless = await secrets.get("insights"), await secrets.get("for-ever")
    await secrets.close()

    assert (ending.value, ending.expires_at) == ("s3cret", EXPIRES)
    assert endless.expires_at is None
    assert "s3cret" not in repr(ending)


@pytest.mark.parametrize("name", ["nowhere", "no/such", "vault://x", "vault://a b/c", ""])
async def test_a_secret_that_is_not_there_is_unreadable(vault: Vault, name: str) -> None:
    secrets = secrets_of(vault)
    with pytest.raises(SecretUnreadable):
        await secrets.get(name)
    await secrets.close()


async def test_a_vault_that_is_not_there_is_unreadable(vault: Vault) -> None:
    secrets = secrets_of(vault, "https://127.0.0.1:1")
    with pytest.raises(SecretUnreadable):
        await secrets.get("insights")
    await secrets.close()


async def test_another_vault_is_one_of_the_same_cloud(vault: Vault) -> None:
    secrets = KeyVaultSecrets(
        "https://contoso.vault.azure.example", Identity(), ["Northwind"], retry_total=0
    )
    found = secrets._client("Northwind").vault_url
    with pytest.raises(SecretUnreadable, match="Eastwind is not among"):
        await secrets.get("vault://Eastwind/insights")
    await secrets.close()

    assert found == "https://northwind.vault.azure.example"
    assert secrets.vaults == {"northwind"}
