"""What the Bicep would deploy for each kind of environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.bicep import Deployed, deployed

ROOT = Path(__file__).parent.parent.parent
NEEDED: dict[str, Any] = {
    "environmentName": "demo",
    "location": "westeurope",
    "authClientId": "11111111-2222-3333-4444-555555555555",
    "privateNetworking": False,
}
INSIGHTS = {
    "insightsTenantId": "tenant",
    "insightsSubscriptionKeyName": "subscription-key",
    "insightsVaults": "contoso-east,contoso-west",
}
RENEWAL = {"secondCursorKeyName": "cursor-key-2"}
CONSUMERS = {
    "authority": "https://consumers.ciamlogin.com", "tenant": "consumers", "audience": "web-shop",
    "role": "Customer", "legalEntities": ["USRT"],
}  # fmt: skip
OTHERS = {"tokenIssuers": [CONSUMERS], "allowedClientApplications": ["till-7"], "allowGuests": True,
          "openApiBrowser": True, "linkCompanies": ["USRT"]}  # fmt: skip
PRIVATE = {"privateNetworking": True, **INSIGHTS, **RENEWAL, **OTHERS}
ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "development": {"environmentType": "development"},
    "production": {"environmentType": "production", "alertEmail": "operator@example.com"},
    "private": {"environmentType": "production", **PRIVATE},
}


@dataclass(frozen=True)
class Stand:
    """`layout` is the topology.json that this was made from."""

    name: str
    parameters: Mapping[str, Any]
    deployed: Deployed
    layout: Mapping[str, Any]

    @property
    def is_private(self) -> bool:
        return bool(self.parameters.get("privateNetworking"))

    @property
    def is_production(self) -> bool:
        return str(self.parameters["environmentType"]) == "production"


def stand(name: str, root: Path = ROOT) -> Stand:
    parameters = ENVIRONMENTS[name]
    made = deployed(root / "infra" / "main.bicep", **NEEDED | parameters)
    return Stand(name, parameters, made, json.loads((root / "topology.json").read_text()))
