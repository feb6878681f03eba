"""Changes of what is excluded, their dry runs, and the rows that packages have after them."""

import gzip
import json
from collections import Counter
from typing import Any

import httpx

from shared.composition import wiring
from shared.distribution.domain.packages import Package
from tests.api import ADMINISTRATOR, Api, an_address
from tests.distribution.index.test_customers import at_rest

JOB = "distribution-jobs/1010"
PREVIEWS = f"{JOB}/exclusion-previews"
EXCLUDED = {"excludeFromOfflineDatabases": True}
SENT = {"excludeFromOfflineDatabases": False}
NO_CUSTOMERS = {"tables": [{"name": "customers", **EXCLUDED}]}
NO_ADDRESSES = {"tables": [{"name": "customer-addresses", **EXCLUDED}]}
FILTERED = {"channelDatabaseGroup": "South", "filterSharedCustomerData": True}
NOT_FILTERED = {"channelDatabaseGroup": "South", "filterSharedCustomerData": False}


async def preview(api: Api, change: Any, job: str = "1010", query: str = "") -> httpx.Response:
    path = f"distribution-jobs/{job}/exclusion-previews{query}"
    return await api.post(path, change, bearer=ADMINISTRATOR)


async def preview_of(api: Api, change: Any, group: str = "South") -> dict[str, Any]:
    """Return what the dry run says of the group."""
    answer = await preview(api, change, query="?limit=100")
    assert answer.status_code == 200, answer.text
    items = {item["channelDatabaseGroup"]: item for item in answer.json()["items"]}
    item: dict[str, Any] = items[group]
    return item


async def change(api: Api, what: dict[str, Any]) -> None:
    """Make the change that a dry run was asked about."""
    if "channelDatabaseGroup" in what:
        await group_south(api, filters=what["filterSharedCustomerData"])
        return
    answer = await api.call("PATCH", JOB, what, bearer=ADMINISTRATOR, if_match="*")
    assert answer.status_code == 200, answer.text


async def group_south(api: Api, *, filters: bool = False) -> None:
    """Put Houston into the group South."""
    group = {"name": "South", "channels": ["HOUSTON"], "filterSharedCustomerData": filters}
    answer = await api.put_setting("channel-database-groups", "South", group, if_match="*")
    if answer.status_code == 412:
        answer = await api.put_setting("channel-database-groups", "South", group)
    assert answer.status_code in {200, 201}, answer.text


async def customers_of_the_south(api: Api, last_name: str = "Berg") -> list[str]:
    """Create two customers whom Houston may hold, one with addresses; return their GUIDs."""
    made = [
        await api.create(addressBooks=["USRSA"], lastName=last_name, addresses=addresses)
        for addresses in ([an_address(), an_address()], [])
    ]
    for customer in made:
        await at_rest(customer["id"], customer["version"])
    return [customer["id"] for customer in made]


async def text_of(package: Package) -> str:
    """Return all that the full form of the package holds."""
    assert package.full
    packages = wiring.backend().packages
    parts = [await packages.read(part.name, 0, part.bytes) for part in package.full.parts]
    return gzip.decompress(b"".join(parts)).decode()


async def rows_of(package: Package) -> Counter[str]:
    """Return how many rows of each table the full form of the package holds."""
    lines = map(json.loads, (await text_of(package)).splitlines())
    return Counter(line["table"] for line in lines if line.get("op") == "put")
