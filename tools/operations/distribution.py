"""The operations of distribution: jobs, their runs, and the channels that they are for."""

from datetime import UTC, datetime

from shared.composition import wiring
from shared.distribution.audience import read_audience
from shared.distribution.building.build import build_package
from shared.distribution.building.orders import Order
from shared.distribution.index.customers import index_customer
from shared.distribution.index.settings import index_tables
from shared.distribution.runs.jobs import read_job
from tests.api import ADMINISTRATOR, COMPANY
from tools.operations.people import Ask, person

JOB = "distribution-jobs/1010"
CHANNEL, SENT = "HOUSTON", "1070"
PROFILES = "functionality-profiles"


async def distribution(ask: Ask, number: int) -> None:
    await ask("list_distribution_jobs", "GET", "distribution-jobs")
    await ask("get_distribution_job", "GET", JOB)
    change = {"schedule": "0 */2 * * * *"}
    await ask("edit_distribution_job", "PATCH", JOB, change, bearer=ADMINISTRATOR, if_match="*")
    await ask("start_index_audit", "POST", f"{JOB}/audits", bearer=ADMINISTRATOR)
    run = await ask("start_distribution_run", "POST", f"{JOB}/runs", {"full": True})
    path = f"{JOB}/runs/{run['id']}"
    await ask("list_distribution_runs", "GET", f"{JOB}/runs")
    await ask("get_distribution_run", "GET", path)
    await ask("cancel_distribution_run", "POST", f"{path}/cancellation", bearer=ADMINISTRATOR)
    await _channels(ask, number)


async def _channels(ask: Ask, number: int) -> None:
    made = await ask(None, "POST", "customers", person(number, "k"))
    await _build(number, made["id"])
    path, session = f"channels/{CHANNEL}", f"{SENT}-{number:06d}"
    await ask("list_channels", "GET", "channels?limit=1")
    who = {"subject": "till"}
    registration = f"{path}/registration"
    await ask("put_channel_registration", "PUT", registration, who, bearer=ADMINISTRATOR)
    boss = {"bearer": ADMINISTRATOR}
    await ask("get_channel_registration", "GET", registration, **boss)
    await ask("get_channel_schedule", "GET", f"{path}/schedule", **boss)
    await ask("list_download_sessions", "GET", f"{path}/download-sessions", **boss)
    one = f"{path}/download-sessions/{session}"
    await ask("get_download_session", "GET", one, **boss)
    await ask("download_package", "GET", f"{one}/package", **boss)
    applied = {"status": "Applied"}
    await ask("update_download_session", "PATCH", one, applied, if_match="*", **boss)
    proof = f"{path}/verification"
    await ask("get_verification", "GET", f"{proof}?job={SENT}", **boss)
    claim = {"job": SENT, "number": number, "tables": {}}
    await ask("verify_channel", "POST", proof, claim, **boss)
    preview = {"tables": [{"name": PROFILES, "excludeFromOfflineDatabases": True}]}
    path = f"distribution-jobs/{SENT}/exclusion-previews"
    await ask("preview_exclusion", "POST", path, preview, **boss)


async def _build(number: int, customer: str) -> None:
    """Build a package, as the queue does that rests here."""
    backend = wiring.backend()
    context = backend.context(COMPANY, "system:distribution", datetime.now(UTC))
    job = (await read_job(SENT, context)).job.value
    await index_tables(job.kind.tables, context)
    await index_customer(customer, 0, context)
    audience = await read_audience(context)
    group = audience.group_of(CHANNEL)
    order = Order(group, SENT, f"run{number}", audience.scope(group, job), is_full=True)
    await build_package(order, packages=backend.packages, context=context)
