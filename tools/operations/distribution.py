"""The operations of distribution jobs and their runs."""

from tests.api import ADMINISTRATOR
from tools.operations.people import Ask

JOB = "distribution-jobs/1010"


async def distribution(ask: Ask) -> None:
    await ask("list_distribution_jobs", "GET", "distribution-jobs")
    await ask("get_distribution_job", "GET", JOB)
    change = {"schedule": "0 */2 * * * *"}
    await ask("edit_distribution_job", "PATCH", JOB, change, bearer=ADMINISTRATOR, if_match="*")
    run = await ask("start_distribution_run", "POST", f"{JOB}/runs", {"full": True})
    path = f"{JOB}/runs/{run['id']}"
    await ask("list_distribution_runs", "GET", f"{JOB}/runs")
    await ask("get_distribution_run", "GET", path)
    await ask("cancel_distribution_run", "POST", f"{path}/cancellation", bearer=ADMINISTRATOR)
