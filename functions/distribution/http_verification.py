"""Proof over HTTP that a channel holds what it should."""

from typing import Annotated

import azure.functions as func
from pydantic import Field

from functions._channel import REFUSES, may_speak
from functions._http.trigger import Call, Operation, Query, Reply, serve
from shared.composition.telemetry import telemetry
from shared.distribution.domain.jobs import DistributionJobNotFound, check_number
from shared.distribution.domain.sessions import VERIFICATION_FAILED
from shared.distribution.verification import (
    ChannelSums,
    Claim,
    Comparison,
    NothingToVerify,
    compare,
    read_verification,
)

bp = func.Blueprint()

PATH = "channels/{storeNumber}/verification"
NOT_THERE = (*REFUSES, DistributionJobNotFound, NothingToVerify)


class VerificationQuery(Query):
    job: Annotated[str, Field(description="Number of the distribution job", examples=["1010"])]
    number: Annotated[
        int | None,
        Field(ge=1, description="Number of a package; the newest up to the channel's position"),
    ] = None


@serve(
    bp,
    Operation("GET", PATH, who="HA", returns=ChannelSums, tag="Distribution", refuses=NOT_THERE),
)
async def get_verification(call: Call[VerificationQuery, None]) -> Reply:
    """Get what a channel should hold: rows and sums of 64 buckets for each table.

    At a number that has a full form. A sum is that of the first 8 bytes of SHA-256 of
    `{table}/{key}@{version}:{hash}` of each row, modulo 2^64.
    """
    channel = await may_speak(call)
    check_number(call.query.job)
    found = await read_verification(channel, call.query.job, call.query.number, call.context)
    return Reply(found, etag=f"{found.job}-{found.number}")


@serve(
    bp,
    Operation(
        "POST",
        PATH,
        who="HA",
        returns=Comparison,
        tag="Distribution",
        never_kept=True,
        refuses=NOT_THERE,
    ),
)
async def verify_channel(call: Call[Query, Claim]) -> Reply:
    """Verify what a channel holds: compare its sums, bucket by bucket.

    Where they differ a full package is asked for, at most once a day.
    """
    channel = await may_speak(call)
    check_number(call.body.job)
    comparison = await compare(channel, call.body, call.context)
    if not comparison.equal:
        labels = {
            "libro.legal_entity": call.context.legal_entity,
            "libro.channel": channel.number,
            "libro.job": call.body.job,
            "libro.reason": VERIFICATION_FAILED,
        }
        telemetry().count("libro.distribution.apply_failed", 1, labels)
    return Reply(comparison)
