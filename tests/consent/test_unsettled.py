"""Where a decision is kept and not every reader sees it yet, the answer says so: 202."""

from dataclasses import replace
from typing import Any

import pytest

from shared.customers.contacts import add_contact
from shared.customers.domain.contacts import NewContact
from tests.api import Api, an_email
from tests.consent.scenes import KAREN, checked
from tests.consent.spreading.test_spread_under_faults import Crash, Dying, context_of, still

__all__ = ["still"]


async def test_a_withdrawal_at_a_contact(still: Api) -> None:
    karen = await still.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    path = f"customers/{karen['id']}/contacts/1"
    body = {"marketingConsent": "OptedOut"}
    with still.failing_after(commits=1):
        unsettled = await still.call("PATCH", path, body, if_match="*")
    settled = await still.call("PATCH", path, body, if_match="*")

    assert (unsettled.status_code, settled.status_code) == (202, 200)
    assert [check["reason"] for check in await checked(still)] == ["opted-out"]


async def test_a_decision_about_a_new_contact(still: Api) -> None:
    karen = await still.create()
    path = f"customers/{karen['id']}/contacts"
    with still.failing_after(commits=1):
        response = await still.post(path, an_email(KAREN, marketingConsent="OptedOut"))

    assert response.status_code == 202


async def test_whoever_comes_again_after_a_crash_cannot_tell(still: Api) -> None:
    karen = await still.create()
    new = NewContact(kind="email", value=KAREN, marketing_consent="OptedOut")
    context = replace(context_of(), fingerprint="again")
    dying: Any = Dying(context.documents, 1, after=True)
    with pytest.raises(Crash):
        await add_contact(karen["id"], new, context=replace(context, documents=dying))
    await add_contact(karen["id"], new, context=context)

    assert context.left_to_feed == {"consent"}
