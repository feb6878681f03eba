"""Runs, and channels that take what is built for them."""

from collections.abc import Sequence
from typing import Any

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, BASE, COMPANY, Api
from tests.consent.spreading.test_propagation import eventually
from tests.distribution.reference_channel import ReferenceChannel

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
