"""Where a decision is kept and not every reader sees it yet, the answer says so: 202."""

from dataclasses import replace
from typing import Any, Final

import pytest

from shared.context import Context
from shared.customers.contacts import add_contact
from shared.customers.domain.contacts import ContactNotFound, NewContact
from tests.api import Api, an_email
from tests.consent.scenes import KAREN, checked
from tests.consent.spreading.test_spread_under_faults import Crash, Dying, context_of, still

__all__ = ["still"]

OUT: Final = {"marketingConsent": "OptedOut"}


def named() -> Context:
    """Return the context of one request, which comes again."""
    return replace(context_of(), fingerprint="again")


async def test_a_withdrawal_at_a_contact(still: Api) -> None:
    karen = await still.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    path = f"customers/{karen['id']}/contacts/1"
    with still.failing_after(commits=1):
        unsettled = await still.call("PATCH", path, OUT, if_match="*")
    settled = await still.call("PATCH", path, OUT, if_match="*")

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
    context = named()
    dying: Any = Dying(context.documents, 1, after=True)
    with pytest.raises(Crash):
        await add_contact(karen["id"], new, context=replace(context, documents=dying))
    await add_contact(karen["id"], new, context=context)

    assert context.left_to_feed == {"consent"}


async def test_whoever_comes_again_does_not_bring_back_what_was_removed(still: Api) -> None:
    karen = await still.create()
    path = f"customers/{karen['id']}/contacts"
    new = NewContact(kind="email", value=KAREN, marketing_consent="OptedIn")
    added = await add_contact(karen["id"], new, context=named())
    withdrawn = await still.call("PATCH", f"{path}/{added.value.id}", OUT, if_match="*")
    removed = await still.call("DELETE", f"{path}/{added.value.id}", if_match="*")
    with pytest.raises(ContactNotFound):
        await add_contact(karen["id"], new, context=named())

    assert (withdrawn.status_code, removed.status_code) == (200, 204)
    assert (await still.get(path)).json()["items"] == []
    assert [check["reason"] for check in await checked(still)] == ["opted-out"]
