"""What is older than a policy allows goes, and nothing that somebody needs still."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.composition import wiring
from shared.composition.holdings import AGEING
from shared.context import Context
from shared.privacy.domain.retention import ACTIONS, RetentionRun
from shared.privacy.retention.running import go_on_with
from shared.privacy.retention.runs import running
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api, an_email
from tests.privacy.scenes import TRICIA, done

HOW = {"outcome": "Reached", "activityType": "Phone"}
YEARS = timedelta(days=5 * 365)


def later() -> Context:
    """Return a context in five years."""
    return wiring.backend().context(COMPANY, "system:retention", datetime.now(UTC) + YEARS)


async def policy(api: Api, data_class: str, **but: Any) -> None:
    body = {
        "dataClass": data_class, "keepDays": 365, "active": True,
        "action": dict(ACTIONS)[data_class],  # type: ignore[index]
    } | but  # fmt: skip
    response = await api.put_setting("retention-policies", data_class, body, if_match="*")
    assert response.status_code == 200, response.text


async def run(api: Api, data_class: str, *, dry_run: bool = False) -> RetentionRun:
    """Start a run by hand, and let it work as if five years had gone by."""
    path = f"retention-policies/{data_class}/runs"
    started = await api.post(path, {"dryRun": dry_run}, bearer=ADMINISTRATOR)
    assert started.status_code == 202, started.text
    context = later()
    [stored] = [one async for one in running(context)]
    aged = stored.value.model_copy(update={"before": context.now - timedelta(days=365)})
    ended = await go_on_with(
        stored.__class__(aged, stored.etag), AGEING, seconds=30, context=context
    )
    shown = await api.get(started.headers["location"], bearer=ADMINISTRATOR)
    assert shown.json()["state"] == "Completed"
    return ended


async def test_all_policies_are_off_at_first(api: Api) -> None:
    page = (await api.get("settings/retention-policies", bearer=ADMINISTRATOR)).json()
    wrong = {"dataClass": "notes", "keepDays": 365, "action": "Erase"}
    refused = await api.put_setting("retention-policies", "notes", wrong, if_match="*")

    assert {item["key"] for item in page["items"]} == set(ACTIONS)
    assert not any(item["setting"]["active"] for item in page["items"])
    assert refused.status_code == 422


async def test_old_notes_and_activities_go_and_a_dry_run_only_counts(api: Api) -> None:
    karen = await api.create()
    path = f"customers/{karen['id']}"
    for number in range(3):
        await done(api, "POST", f"{path}/notes", {"text": f"n{number}"}, bearer=MANAGER)
    act = {"activityType": "StoreVisit", "summary": "s"}
    await done(api, "POST", f"{path}/activities", act, bearer=MANAGER)
    await policy(api, "notes")
    counted = await run(api, "notes", dry_run=True)
    kept = (await api.get(f"{path}/notes", bearer=MANAGER)).json()["items"]
    ended = await run(api, "notes")
    gone = (await api.get(f"{path}/notes", bearer=MANAGER)).json()["items"]
    activities = (await api.get(f"{path}/activities", bearer=MANAGER)).json()["items"]
    again = await run(api, "notes")

    assert (counted.found, len(kept)) == (3, 3)
    assert (ended.found, len(gone), len(activities)) == (3, 0, 1)
    assert again.found == 0


async def test_who_was_not_active_for_too_long_is_to_be_erased_after_the_days_to_cancel(
    api: Api,
) -> None:
    karen, zoe, held = [
        await api.create(firstName=name, contacts=[an_email(f"{name}@example.com")])
        for name in ("karen", "zoe", "held")
    ]
    hold = {"kind": "OpenBusiness", "reason": "repair"}
    await done(api, "PUT", f"customers/{held['id']}/holds/r", hold)
    decision = {"contactId": "1", "decision": "OptedOut"}
    await done(api, "POST", f"customers/{zoe['id']}/consents", decision)
    await policy(api, "inactive-customers")
    ended = await run(api, "inactive-customers")
    erasure = await api.get(f"customers/{karen['id']}/erasure", bearer=ADMINISTRATOR)

    assert (ended.found, ended.held) == (2, 2), "the default customer of stores stays, too"
    assert erasure.json()["state"] == "Requested"
    assert erasure.json()["requestedBy"] == "system:retention"
    assert (await api.get(f"customers/{karen['id']}")).json()["status"] == "Active"


async def test_done_follow_ups_and_expired_consents(api: Api) -> None:
    karen = await api.create(contacts=[an_email()])
    book = "client-books/000137"
    await done(api, "POST", f"{book}/clients", {"customerIds": [karen["id"]]}, bearer=TRICIA)
    tasks = [
        await done(
            api, "POST", f"{book}/follow-ups",
            {"customerId": karen["id"], "subject": subject, "dueOn": "2027-01-05"}, bearer=TRICIA,
        )
        for subject in ("open", "done")
    ]  # fmt: skip
    where = f"{book}/follow-ups/{tasks[1]['id']}"
    await done(api, "POST", f"{where}/completion", HOW, bearer=TRICIA)
    short = {
        "name": "News", "channels": {"email": ["email"], "phone": []}, "validForDays": 30,
    }  # fmt: skip
    await api.put_setting("consent-purposes", "News", short)
    decision = {"contactId": "1", "decision": "OptedIn", "purpose": "News"}
    await done(api, "POST", f"customers/{karen['id']}/consents", decision)
    await policy(api, "done-follow-ups")
    await policy(api, "expired-consents")
    follow_ups = await run(api, "done-follow-ups")
    consents = await run(api, "expired-consents")
    left = (await api.get(f"{book}/follow-ups?status=all", bearer=TRICIA)).json()["items"]
    [entry] = (await api.get(f"customers/{karen['id']}/consents")).json()["items"]
    verification = await api.get(f"customers/{karen['id']}/consents/verification")

    assert (follow_ups.found, [task["subject"] for task in left]) == (1, ["open"])
    assert (consents.found, entry["personal"]) == (1, None)
    assert verification.json()["valid"]


async def test_a_run_that_has_not_ended_is_not_begun_again(api: Api) -> None:
    await policy(api, "notes", active=False)
    path = "retention-policies/notes/runs"
    first, second = [await api.post(path, {"dryRun": True}, bearer=ADMINISTRATOR) for _ in range(2)]
    missing = await api.get(f"{path}/notes", bearer=ADMINISTRATOR)
    unknown = await api.post("retention-policies/x/runs", {}, bearer=ADMINISTRATOR)

    assert (first.status_code, second.status_code) == (202, 409)
    assert second.json()["code"] == "run-in-progress"
    assert missing.json()["code"] == "retention-run-not-found"
    assert unknown.status_code == 404
