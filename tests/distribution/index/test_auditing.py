"""The audit finds what a feed has lost, adds it, and goes on where it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.distribution.timer_distribution import audit_index, continue_audits
from shared.context import Context
from shared.distribution.domain.entries import customer_shard
from shared.distribution.index import documents
from shared.distribution.index.auditing import audit_next_page, last_audit, start_audit
from shared.ports.documents import Remove
from tests.api import ADMINISTRATOR, APPLICATION, Api, an_address
from tests.distribution.index.test_customers import at_rest, context_now, entries_of, version_of

JOB = "distribution-jobs/1010"
TICK: Any = None  # timers do not look at it


def later() -> Context:
    """Return a context in an hour: what was changed until now is no longer on its way."""
    context = context_now()
    return replace(context, now=context.now + timedelta(hours=1))


async def forget(key: str, *names: str) -> None:
    """Take entries out of the index, behind its back."""
    context, shard = context_now(), customer_shard(key)
    removals = [Remove(documents._id(name)) for name in names]
    where = documents.partition(shard, context)
    await context.documents.commit(documents.CONTAINER, where, removals)


async def audited(context: Context) -> list[int]:
    """Start an audit and let it come to its end; return what each page repaired."""
    await start_audit(context)
    pages: list[int] = []
    while (repaired := await audit_next_page(context)) is not None:
        pages.append(repaired)
    return pages


async def made_customer(api: Api) -> str:
    made = await api.create(addressBooks=["USRSA"], addresses=[an_address(), an_address()])
    await at_rest(made["id"], made["version"])
    key: str = made["id"]
    return key


async def test_what_was_lost_is_found_and_added(api: Api) -> None:
    lost, whole = await made_customer(api), await made_customer(api)
    before, kept = await entries_of(lost), await entries_of(whole)
    await forget(lost, *before)
    pages = await audited(later())
    again = await audited(later())
    after = await entries_of(lost)
    audit = (await api.get(JOB)).json()["lastAudit"]

    assert (sum(pages), sum(again)) == (1, 0)
    assert {name: one.row for name, one in after.items()} == {
        name: one.row for name, one in before.items()
    }
    assert min(one.seq for one in after.values()) > max(one.seq for one in before.values()) - 3
    assert await entries_of(whole) == kept, "what is right stays"
    assert audit["looked"] >= 2
    assert audit["repaired"] == 0, "the newest audit"
    assert audit["endedAt"]


async def test_an_older_version_is_repaired_with_its_addresses(api: Api) -> None:
    key = await made_customer(api)
    before = await entries_of(key)
    await api.call("PATCH", f"customers/{key}", {"lastName": "Bergen"}, if_match="*")
    await at_rest(key, await version_of(api, key))
    address = next(name for name in before if name.startswith("customer-addresses"))
    context, shard = context_now(), customer_shard(key)
    head = await documents.read_head(shard, context)
    old = before[f"customers:{key}"]
    await documents.append(shard, head, [old], context)
    await forget(key, address)
    pages = await audited(later())
    after = await entries_of(key)

    assert sum(pages) == 1
    row: Any = after[f"customers:{key}"].row
    assert row["lastName"] == "Bergen"
    assert set(after) == set(before)


async def test_what_was_just_changed_is_on_its_way(api: Api) -> None:
    key = await made_customer(api)
    await forget(key, f"customers:{key}")

    assert sum(await audited(context_now())) == 0
    assert sum(await audited(later())) == 1


async def test_it_goes_on_where_it_was(api: Api) -> None:
    keys = [await made_customer(api) for _ in range(5)]
    for key in keys:
        await forget(key, f"customers:{key}")
    context = later()
    await start_audit(context)
    await audit_next_page(context, page_size=2)
    part = await last_audit(context)
    same = await start_audit(context)
    while await audit_next_page(context, page_size=2) is not None:
        pass
    whole = await last_audit(context)

    assert part
    assert whole
    assert part == same
    assert part.looked == 2
    assert part.ended_at is None
    assert (whole.repaired, whole.started_at) == (5, part.started_at)
    assert whole.looked > 5


async def test_the_timers_start_it_and_go_on(api: Api) -> None:
    await made_customer(api)
    await audit_index(tick=TICK)
    started = (await api.get(JOB)).json()["lastAudit"]
    await continue_audits(tick=TICK)
    ended = (await api.get(JOB)).json()["lastAudit"]

    assert (started["looked"], started["endedAt"]) == (0, None)
    assert ended["looked"] > 0
    assert ended["endedAt"]


async def test_administrators_start_it(api: Api) -> None:
    path = f"{JOB}/audits"
    started = await api.post(path, {}, bearer=ADMINISTRATOR)
    again = await api.post(path, {}, bearer=ADMINISTRATOR)
    refused = [
        (answer.status_code, answer.json()["code"])
        for answer in [
            await api.post(path, {}, bearer=APPLICATION),
            await api.post("distribution-jobs/1110/audits", {}, bearer=ADMINISTRATOR),
            await api.post("distribution-jobs/7/audits", {}, bearer=ADMINISTRATOR),
        ]
    ]

    assert started.status_code == 202
    assert started.headers["Location"].endswith(JOB)
    assert again.json() == started.json(), "it goes on"
    assert refused[0][0] == 403
    assert refused[1:] == [(409, "nothing-to-audit"), (404, "distribution-job-not-found")]
    assert (await api.get("distribution-jobs/1110")).json()["lastAudit"] is None
