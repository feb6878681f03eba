"""The queue of runs: for each group of a run one message, which builds its package."""

from datetime import UTC, datetime

import azure.functions as func

from functions._bus.receiving import Received, receiving
from functions._bus.sending import TracingBus
from shared.composition.telemetry import telemetry
from shared.core.errors import Unavailable
from shared.distribution.building.running import build_for_run, fail_for_run
from shared.distribution.domain.packages import FullReason, Package
from shared.distribution.domain.runs import BuildPackage
from shared.distribution.runs.messages import QUEUE

bp = func.Blueprint()

ACTOR = "system:distribution"


@bp.service_bus_queue_trigger(
    arg_name="msg",
    queue_name=QUEUE,
    connection="SERVICEBUS",
    is_sessions_enabled=True,
    data_type=func.DataType.BINARY,
)
@receiving(QUEUE, BuildPackage)
async def build_package(received: Received[BuildPackage]) -> None:
    """Build the next package of a group from what changed since its last one."""
    command, backend = received.command, received.backend
    context = backend.context(command.legal_entity, ACTOR, received.now)
    try:
        built = await build_for_run(
            command, packages=backend.packages, bus=TracingBus(backend.bus), context=context
        )
    except Unavailable:
        raise
    except Exception as exc:
        if received.is_last:
            late = backend.context(command.legal_entity, ACTOR, datetime.now(UTC))
            await fail_for_run(command, type(exc).__name__, late)
        raise
    if built and built.package:
        _count(command, built.package, built.reason)


def _count(command: BuildPackage, package: Package, reason: FullReason | None) -> None:
    labels = {"libro.legal_entity": command.legal_entity, "libro.job": command.job}
    telemetry().count("libro.distribution.packages", 1, labels)
    for name, form in package.forms.items():
        telemetry().count("libro.distribution.rows", form.rows, labels)
        sized = labels | {"libro.form": name}
        telemetry().show("libro.distribution.package_bytes", form.bytes, sized)
    if reason:
        of_group = labels | {"libro.group": command.group, "libro.reason": reason}
        telemetry().count("libro.distribution.fulls", 1, of_group)
