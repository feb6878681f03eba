"""An opt-in that ends is none from that moment on, and holders are told a minute later."""

from datetime import UTC, datetime, timedelta

from shared.composition import wiring
from shared.consent.spreading.expiring import expire
from tests.api import COMPANY, Api, an_email
from tests.consent.scenes import KAREN, checked, decide, marketing
from tests.consent.spreading.test_propagation import all_show, family, nothing_pending
from tests.waiting import eventually

SHORT = {
    "name": "Marketing",
    "channels": {"email": ["email"], "phone": ["call", "sms", "messaging"]},
    "validForDays": 2,
}


async def test_it_reads_as_null_everywhere_and_holders_are_written(api: Api) -> None:
    await api.put_setting("consent-purposes", "Marketing", SHORT, if_match="*")
    members = await family(api, 2)
    now = datetime.now(UTC)
    almost_over = now - timedelta(days=2) + timedelta(seconds=5)
    await decide(api, members[0], decidedAt=almost_over.isoformat())
    await all_show(api, members, "OptedIn")
    assert [check["reason"] for check in await checked(api)] == ["opted-in"]
    await eventually(20, lambda: nothing_pending(api))

    await eventually(10, lambda: _is_over(api))
    shown = [await marketing(api, member) for member in members]
    versions = [await _version(api, member["id"]) for member in members]
    contacts = (await api.get(f"customers/{members[0]['id']}/contacts")).json()["items"]
    context = wiring.backend().context(COMPANY, "system:sweeper", datetime.now(UTC))
    written = [await expire(context, limit=10) for _ in range(2)]

    assert shown == [[None], [None]], "though nobody has written them"
    assert contacts[0]["consents"] == []
    assert written == [2, 0]
    assert [await _version(api, member["id"]) for member in members] == [
        version + 1 for version in versions
    ]


async def test_a_withdrawal_never_ends(api: Api) -> None:
    await api.put_setting("consent-purposes", "Marketing", SHORT, if_match="*")
    karen = await api.create(contacts=[an_email(KAREN)])
    long_ago = (datetime.now(UTC) - timedelta(days=900)).isoformat()
    entry = await decide(api, karen, decision="OptedOut", decidedAt=long_ago)

    assert entry["validUntil"] is None
    assert [check["reason"] for check in await checked(api)] == ["opted-out"]


async def _is_over(api: Api) -> bool:
    [check] = await checked(api)
    return bool(check["reason"] == "expired")


async def _version(api: Api, key: str) -> int:
    version: int = (await api.get(f"customers/{key}")).json()["version"]
    return version
