"""Companies of an older version: until it is known who has which contact point."""

from datetime import UTC, datetime
from typing import Any

import httpx

from shared.composition import wiring
from shared.consent.building import BUILDING, begin_building
from shared.consent.points import PointKey, bucket, holds
from shared.consent.spreading.building_points import go_on_building
from shared.context import Context
from shared.ports.documents import Remove
from tests.api import COMPANY, Api
from tests.consent.scenes import KAREN, checked
from tests.consent.spreading.test_propagation import family
from tests.waiting import eventually


def context_of() -> Context:
    return wiring.backend().context(COMPANY, "system:sweeper", datetime.now(UTC))


async def all_hold(members: list[dict[str, Any]]) -> bool:
    key = PointKey("email", KAREN)
    return all([await holds(member["id"], key, context_of()) for member in members])


async def points(api: Api) -> str:
    response: httpx.Response = await api.get("/api/health/ready")
    assert response.status_code == 200
    state: str = response.json()["points"]
    return state


async def test_until_all_are_known_the_unknown_are_pending(api: Api) -> None:
    members = await family(api, 3)
    await eventually(20, lambda: all_hold(members))
    context, key = context_of(), PointKey("email", KAREN)
    holder = Remove(f"holder:{members[1]['id']}")
    partition = context.partition(bucket(key.name(context)))
    await context.documents.commit("directory", partition, [holder])
    await begin_building(context)

    building, [pending] = await points(api), await checked(api, "nobody@example.com")
    indexed = await go_on_building(context_of(), pages=10)
    ready, [unknown] = await points(api), await checked(api, "nobody@example.com")

    assert (building, pending["reason"]) == ("building", "pending")
    assert indexed == 1, "whom the feed had not brought"
    assert await holds(members[1]["id"], key, context_of())
    assert (ready, unknown["reason"]) == ("ready", "unknown")
    assert await context.documents.read("settings", BUILDING, COMPANY) is None


async def test_a_company_that_is_made_now_is_ready(api: Api) -> None:
    await family(api, 1)

    assert await points(api) == "ready"
    assert await go_on_building(context_of(), pages=1) == 0
