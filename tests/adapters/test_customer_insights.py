"""Customer Insights as the adapter speaks to it, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.insights.customer_insights import CustomerInsights
from shared.composition import wiring
from shared.core.errors import Unavailable
from shared.platform.settings import Settings
from shared.ports.insights import Client, Connection, Health, InsightsRefused
from tests.doubles.insights.server import (
    RETIRED,
    SECRET,
    SUBSCRIPTION,
    SUBSCRIPTION_NAME,
    TENANT,
    Drawer,
    Server,
    a_connection,
    running,
)

KAREN, TOM = Client("key-karen", "004021"), Client("key-tom", "004022")
FOR_EVER = 5.0
NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
MEASURES = {"LifetimeSpend": 1234.5, "Orders": 7, "Favourite": "Shoes"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(customers={"004021": MEASURES, "004022": {"Orders": 1}}) as server:
        yield server


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def insights(server: Server, drawer: Drawer, clock: Clock) -> AsyncIterator[CustomerInsights]:
    adapter = server.adapter(drawer, clock=clock)
    yield adapter
    await adapter.close()


async def refusal(insights: CustomerInsights, connection: Connection) -> tuple[str, str]:
    with pytest.raises(InsightsRefused) as caught:
        await insights.check(connection, ())
    return caught.value.reason, caught.value.field


async def test_the_measures_of_a_page_come_in_one_call(
    insights: CustomerInsights, server: Server
) -> None:
    others = [Client(f"key-{number}", f"A{number:05}") for number in range(98)]

    found = await insights.values(a_connection(), [KAREN, TOM, *others])

    assert found == {
        "key-karen": {"LifetimeSpend": 1234.5, "Orders": 7},
        "key-tom": {"Orders": 1},
    }
    assert len(server.log) == 1


async def test_a_client_without_an_account_number_is_not_asked_for(
    insights: CustomerInsights, server: Server
) -> None:
    assert await insights.values(a_connection(), [Client("key-pending")]) == {}
    assert server.log == []


async def test_an_account_number_is_a_value_and_nothing_else(
    insights: CustomerInsights, server: Server
) -> None:
    odd = "') or (1 eq 1&$top=1#'"
    server.customers[odd] = {"Orders": 3}

    found = await insights.values(a_connection(), [Client("key-odd", odd)])

    assert found == {"key-odd": {"Orders": 3}}


@pytest.mark.parametrize("shape", ["record", "list", "columns"])
async def test_measures_are_found_however_they_are_expanded(
    insights: CustomerInsights, server: Server, shape: Any
) -> None:
    server.shape = shape
    found = await insights.values(a_connection(), [KAREN])

    assert found == {"key-karen": {"LifetimeSpend": 1234.5, "Orders": 7}}


async def test_what_is_no_value_of_a_measure_is_left_out(
    insights: CustomerInsights, server: Server
) -> None:
    server.customers["004021"] = {"LifetimeSpend": None, "Orders": True}

    assert await insights.values(a_connection(), [KAREN]) == {"key-karen": {}}


async def test_a_token_serves_until_it_expires(
    insights: CustomerInsights, server: Server, clock: Clock
) -> None:
    await insights.values(a_connection(), [KAREN])
    clock.move(timedelta(hours=3))
    await insights.values(a_connection(), [KAREN])
    before = server.issued
    server.revoke()
    server.lifetime = 0
    await insights.values(a_connection(), [KAREN])
    await insights.values(a_connection(), [KAREN])

    assert (before, server.issued) == (1, 3)


async def test_the_end_of_a_secret_that_was_renewed_is_seen_within_the_hour(
    insights: CustomerInsights, server: Server, drawer: Drawer, clock: Clock
) -> None:
    drawer.put(SECRET, expires_at=NOW + timedelta(days=1))
    await insights.values(a_connection(), [KAREN])
    drawer.put(SECRET, expires_at=NOW + timedelta(days=365))
    clock.move(timedelta(minutes=59))
    await insights.values(a_connection(), [KAREN])
    before = insights.last_health(a_connection()).secret_expires_at
    clock.move(timedelta(minutes=1))
    await insights.values(a_connection(), [KAREN])
    after = insights.last_health(a_connection()).secret_expires_at

    assert (before, after) == (NOW + timedelta(days=1), NOW + timedelta(days=365))
    assert server.issued == 1, "the token is the same"


async def test_a_secret_that_was_retired_since_it_was_read_is_read_again(
    insights: CustomerInsights, server: Server, drawer: Drawer
) -> None:
    server.lifetime = 0
    before = await insights.values(a_connection(), [KAREN])
    server.secret = "s3cret-of-next-year"
    drawer.put("s3cret-of-next-year")
    after = await insights.values(a_connection(), [KAREN])

    assert before == after != {}


async def test_an_empty_secret_is_unreadable(insights: CustomerInsights, drawer: Drawer) -> None:
    drawer.put("")

    assert await refusal(insights, a_connection()) == ("secret-unreadable", "secretName")


async def test_a_token_that_is_refused_is_asked_for_anew_once(
    insights: CustomerInsights, server: Server, drawer: Drawer
) -> None:
    await insights.values(a_connection(), [KAREN])
    server.revoke()
    found = await insights.values(a_connection(), [KAREN])
    server.subscription = "somebody else's"
    refused = await refusal(insights, a_connection())

    assert found["key-karen"]["Orders"] == 7
    assert refused == ("token-refused", "applicationId")
    assert server.issued == 3


async def test_a_connection_that_works_tells_when_its_secret_ends(
    insights: CustomerInsights, drawer: Drawer
) -> None:
    drawer.put(SECRET, expires_at=NOW + timedelta(days=90))
    before = insights.last_health(a_connection())
    health = await insights.check(a_connection(), ())

    assert before.secret_expires_at is None
    assert health.secret_expires_at == NOW + timedelta(days=90)
    assert insights.last_health(a_connection()) == health


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("application_id", "applicationId"),
        ("secret_name", "secretName"),
        ("environment_instance_id", "environmentInstanceId"),
        ("alternate_customer_id", "alternateCustomerId"),
    ],
)
async def test_a_connection_needs_all_of_its_parts(
    insights: CustomerInsights, server: Server, field: str, name: str
) -> None:
    refused = await refusal(insights, a_connection(**{field: None}))

    assert refused == ("incomplete-connection", name)
    assert server.log == []


@pytest.mark.parametrize(
    ("but", "reason", "field"),
    [
        ({"secret_name": "nowhere"}, "secret-unreadable", "secretName"),
        ({"application_id": "nobody"}, "token-refused", "applicationId"),
        ({"environment_instance_id": "a/../b"}, "environment-unknown", "environmentInstanceId"),
        ({"alternate_customer_id": "Shoe"}, "alternate-id-unknown", "alternateCustomerId"),
        ({"measures": ("Orders", "Shoes")}, "measure-unknown", "measures/1"),
    ],
)
async def test_what_is_wrong_with_a_connection_is_said(
    insights: CustomerInsights, but: dict[str, Any], reason: str, field: str
) -> None:
    assert await refusal(insights, a_connection(**but)) == (reason, field)


async def test_no_measure_at_all_is_no_flaw(insights: CustomerInsights) -> None:
    assert await insights.check(a_connection(measures=()), ()) == Health()


async def test_a_secret_is_expired_by_its_date_or_by_what_entra_says(
    insights: CustomerInsights, server: Server, drawer: Drawer
) -> None:
    drawer.put(SECRET, expires_at=NOW)
    by_date = await refusal(insights, a_connection())
    asked = server.issued
    drawer.put(RETIRED)
    by_entra = await refusal(insights, a_connection())
    drawer.put("a guess")
    wrong = await refusal(insights, a_connection())

    assert (by_date, asked) == (("secret-expired", "secretName"), 0)
    assert by_entra == ("secret-expired", "secretName")
    assert wrong == ("token-refused", "applicationId")


async def test_a_renewed_secret_needs_no_restart(
    insights: CustomerInsights, drawer: Drawer
) -> None:
    drawer.put(RETIRED)
    await refusal(insights, a_connection())
    drawer.put(SECRET, expires_at=NOW + timedelta(days=365))

    health = await insights.check(a_connection(), ())

    assert health.secret_expires_at == NOW + timedelta(days=365)


def _forbid(server: Server) -> None:
    server.permitted = False


def _spoil(server: Server) -> None:
    server.garbage = True


def _fail(status: int) -> Callable[[Server], None]:
    return lambda server: setattr(server, "status", status)


def _fail_tokens(status: int) -> Callable[[Server], None]:
    return lambda server: setattr(server, "token_status", status)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (_forbid, "environment-unknown"),
        (_fail(500), "insights-unavailable"),
        (_fail(429), "insights-unavailable"),
        (_fail_tokens(503), "insights-unavailable"),
        (_fail_tokens(400), "token-refused"),
        (_fail_tokens(204), "insights-unavailable"),
        (_spoil, "insights-unavailable"),
    ],
    ids=["forbidden", "500", "429", "tokens 503", "tokens 400", "no token", "not JSON"],
)
async def test_a_server_in_trouble_is_said(
    insights: CustomerInsights, server: Server, fault: Callable[[Server], None], reason: str
) -> None:
    fault(server)
    checked = await refusal(insights, a_connection())
    with pytest.raises(Unavailable):
        await insights.values(a_connection(), [KAREN])

    assert checked[0] == reason


async def test_a_server_that_does_not_answer_is_not_waited_for(server: Server) -> None:
    server.gate.clear()
    hasty = server.adapter(patience=0.5)
    async with asyncio.timeout(FOR_EVER):
        refused = await refusal(hasty, a_connection())
    server.gate.set()
    health = await hasty.check(a_connection(), ())
    await hasty.close()

    assert refused[0] == "insights-timeout"
    assert health == Health()


async def test_a_server_that_is_not_there_is_said() -> None:
    async with running() as server:
        adapter = server.adapter()
    refused = await refusal(adapter, a_connection())
    await adapter.close()

    assert refused[0] == "insights-unavailable"


async def test_the_subscription_key_is_sent_where_one_is_named(server: Server) -> None:
    server.subscription = SUBSCRIPTION
    drawer = Drawer()
    adapter = server.adapter(drawer)
    found = await adapter.values(a_connection(), [KAREN])
    del drawer.secrets[SUBSCRIPTION_NAME]
    remembered = await adapter.values(a_connection(), [KAREN])
    server.revoke()
    gone = await refusal(adapter, a_connection())
    await adapter.close()

    assert found == remembered
    assert gone[0] == "secret-unreadable"


async def test_the_environment_names_tenant_and_vault() -> None:
    named: dict[str, Any] = {
        "INSIGHTS__tenantId": TENANT,
        "KEYVAULT__vaultUri": "https://x.vault.azure.net",
    }
    adapter = wiring.connect_insights(Settings(**named))
    await adapter.close()
    for name, value in named.items():
        with pytest.raises(wiring.NoInsightsConfigured):
            wiring.connect_insights(Settings(**{name: value}))
