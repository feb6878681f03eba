"""Runs, and channels that take what is built for them."""

from collections.abc import Sequence
from typing import Any

import httpx

from local.tokens import Bearer
from shared.composition import wiring
from shared.distribution.audience import read_audience
from shared.distribution.building.build import build_package
from shared.distribution.building.orders import Order
from shared.distribution.domain.packages import Package
from shared.distribution.index.settings import index_tables
from shared.distribution.runs.jobs import read_job
from tests.api import ADMINISTRATOR, BASE, COMPANY, Api
from tests.consent.spreading.test_spread_under_faults import context_of
from tests.distribution.reference_channel import ReferenceChannel
from tests.waiting import eventually

SETTING_JOBS = ("1110", "1070", "1060", "1040", "1150", "1090")
JOBS = (*SETTING_JOBS, "1010")


def channel_of(api: Api, number: str, *, step: int = 4_000) -> ReferenceChannel:
    bearer = Bearer("Application", (COMPANY,), subject=f"till-{number}", store_number=number)
    return ReferenceChannel(api.client, f"http://libro{BASE}", number, api.token(bearer), step=step)


async def run(api: Api, job: str, **body: Any) -> dict[str, Any]:
    """Run the job now, and return the run once it has ended."""
    answer = await api.post(f"distribution-jobs/{job}/runs", body, bearer=ADMINISTRATOR)
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"]

    async def ended() -> Any:
        found = (await api.get(path, bearer=ADMINISTRATOR)).json()
        return found if found["endedAt"] else None

    found: dict[str, Any] = await eventually(60, ended)
    return found


async def run_all(api: Api, jobs: Sequence[str] = JOBS) -> None:
    for job in jobs:
        ended = await run(api, job)
        assert ended["status"] in {"Succeeded", "NoData"}, ended


async def version(api: Api, key: str) -> dict[str, Any]:
    """Return what a run includes to have the customer as it is now."""
    found = (await api.get(f"customers/{key}")).json()
    return {"customerId": key, "version": found["version"]}


async def build(job: str, *, channel: str = "HOUSTON", **asked: Any) -> Package:
    """Build the next package of the channel's group, as the queue does, and return it."""
    context, packages = context_of(), wiring.backend().packages
    known = (await read_job(job, context)).job.value
    await index_tables(known.kind.tables, context)
    audience = await read_audience(context)
    group = audience.group_of(channel)
    order = Order(
        group,
        job,
        context.new_id(),
        audience.scope(group, known),
        after=known.kind.after,
        **asked,
    )
    built = await build_package(order, packages=packages, context=context)
    assert built.package, "there is something to send"
    return built.package


async def tell(
    api: Api, session: str, status: str, *, channel: str = "HOUSTON", **said: Any
) -> httpx.Response:
    """Say what became of a session."""
    path = f"channels/{channel}/download-sessions/{session}"
    return await api.call("PATCH", path, {"status": status, **said}, if_match="*")


async def sessions(
    api: Api, query: str = "", *, channel: str = "HOUSTON", job: str = "1110"
) -> dict[str, Any]:
    """Return the sessions of a channel by id, of one job: others have runs by the clock."""
    path = f"channels/{channel}/download-sessions?limit=100&job={job}&{query}"
    return {one["id"]: one for one in (await api.get(path)).json()["items"]}
