"""Runs of retention policies over HTTP; the policies themselves are settings."""

from http import HTTPStatus
from typing import Any

import azure.functions as func

from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from shared.configuration.domain.collections import SettingNotFound
from shared.core.errors import Stale
from shared.core.versioned import Versioned
from shared.privacy.domain.retention import (
    NewRetentionRun,
    RetentionRun,
    RunInProgress,
    RunNotFound,
)
from shared.privacy.retention.policies import read_policy
from shared.privacy.retention.runs import read_run, start_run

bp = func.Blueprint()

RUNS = "retention-policies/{dataClass}/runs"


@serve(
    bp,
    Operation(
        "POST",
        RUNS,
        who="H",
        returns=RetentionRun,
        status=202,
        tag="Privacy",
        refuses=(SettingNotFound, RunInProgress, Stale),
    ),
)
async def start_retention_run(call: Call[NoQuery, NewRetentionRun]) -> Reply:
    """Start a run of a retention policy, or count what that would do.

    With `dryRun` nothing is changed. It goes on in the background; the answer's Location says how
    far it has come. Policies that are active run each night in any case.
    """
    policy = await read_policy(call.path["dataClass"], call.context)
    run = await start_run(policy, dry_run=call.body.dry_run, context=call.context)
    location = call.url("retention-policies", policy.data_class, "runs", run.value.id)
    return _reply(run, status=HTTPStatus.ACCEPTED, location=location)


@serve(
    bp,
    Operation(
        "GET",
        f"{RUNS}/{{runId}}",
        who="H",
        returns=RetentionRun,
        tag="Privacy",
        refuses=(RunNotFound,),
    ),
)
async def get_retention_run(call: Call[NoQuery, None]) -> Reply:
    """Get how far a run of a retention policy has come.

    Of each policy the last run is kept, and the last that counted.
    """
    run = await read_run(call.path["runId"], call.context)
    if run.value.data_class != call.path["dataClass"]:
        raise RunNotFound(f"There was no run {call.path['runId']} yet.")
    return _reply(run)


def _reply(run: Versioned[RetentionRun], **how: Any) -> Reply:
    return Reply(run.value, etag=run.etag, **how)
