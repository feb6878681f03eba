"""Which secrets a company may name: its own, in a vault that is meant for them."""

import re
from collections.abc import Collection
from typing import Final

SECRET_NAME: Final = re.compile(
    r"(?:vault://(?P<vault>[A-Za-z0-9-]{3,24})/)?(?P<secret>[A-Za-z0-9-]{1,127})"
)


def secret_flaw(name: str, legal_entity: str, vaults: Collection[str]) -> str | None:
    """Return what is wrong with the name, or None.

    It is NAME, or vault://VAULT/NAME where the vault is among `vaults`, and NAME begins with
    `insights-` and the company: what an administrator of one company names is not another's, nor
    a key of the app. Key Vault does not tell capital letters from small ones, so neither does this.
    """
    match = SECRET_NAME.fullmatch(name)
    if match is None:
        return "The name of a secret is NAME or vault://VAULT/NAME."
    prefix = f"insights-{legal_entity}-".casefold()
    if not match["secret"].casefold().startswith(prefix) or len(match["secret"]) == len(prefix):
        return f"The name of a secret of this company begins with insights-{legal_entity}-."
    if match["vault"] and match["vault"].casefold() not in {vault.casefold() for vault in vaults}:
        return f"The vault {match['vault']} is not one for secrets of Customer Insights."
    return None
