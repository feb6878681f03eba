"""Which POS operations a worker may perform, by the permission group of the worker."""

from shared.configuration.cache import Configuration
from shared.configuration.domain.collections import PERMISSION_GROUPS, WORKERS
from shared.configuration.domain.stores import Worker
from shared.core.errors import Forbidden
from shared.ports.tokens import Claims

EMPLOYEE = "Employee"


class WorkerUnknown(Forbidden):
    """The caller is nobody whom the company has registered as a worker."""

    code = "worker-unknown"


class WorkerInactive(Forbidden):
    """The caller is a worker who has left the company."""

    code = "worker-inactive"


class PermissionGroupMissing(Forbidden):
    """The caller is a worker without a permission group, and may do nothing yet."""

    code = "permission-group-missing"


class PosOperationNotAllowed(Forbidden):
    """The permission group of the worker lacks a POS operation; the code names it."""

    code = "pos-operation"

    def __init__(self, group: str, number: int) -> None:
        super().__init__(
            f"The permission group {group} lacks the POS operation {number}.", posOperation=number
        )
        self.code = f"{PosOperationNotAllowed.code}-{number}"  # type: ignore[misc]  # it is its own


async def check_worker(
    claims: Claims, any_of: tuple[int, ...], legal_entity: str, configuration: Configuration
) -> bool:
    """Admit an employee who is an active worker with one of the POS operations, if any are named.

    Other roles have no POS operations. Return whether the employee is somebody unknown whom the
    company trusts. Raises WorkerUnknown, WorkerInactive, PermissionGroupMissing,
    PosOperationNotAllowed.
    """
    if claims.role != EMPLOYEE:
        return False
    number = claims.personnel_number
    worker = number and await configuration.find(legal_entity, WORKERS, number)
    if not worker:
        parameters = await configuration.parameters(legal_entity)
        if not parameters.trust_unregistered_workers:
            raise WorkerUnknown(f"The company has no worker {number or 'without a number'}.")
        if number:
            await _check_unlike(number, legal_entity, configuration)
        return True
    allowed = await operations_of(worker, legal_entity, configuration)
    if any_of and not allowed.intersection(any_of):
        raise PosOperationNotAllowed(worker.permission_group or "", any_of[0])
    return False


async def _check_unlike(number: str, legal_entity: str, configuration: Configuration) -> None:
    """Refuse to trust who is called almost as a worker: who has left must not come in by trust.

    Raises WorkerUnknown. One query for each 500 workers, cached.
    """
    registered = await configuration.keys(legal_entity, WORKERS)
    likeness = _likeness(number)
    alike = sorted(other for other in registered if _likeness(other) == likeness)
    if alike:
        raise WorkerUnknown(f"The company has no worker {number}, but one called {alike[0]}.")


def _likeness(number: str) -> str:
    """Return what numbers have in common that differ in case and leading zeros."""
    return number.upper().lstrip("0")


async def may_perform(
    worker: Worker, operation: int, legal_entity: str, configuration: Configuration
) -> bool:
    """Return whether the worker may perform the POS operation, as one who is active."""
    try:
        return operation in await operations_of(worker, legal_entity, configuration)
    except (WorkerInactive, PermissionGroupMissing):
        return False


async def operations_of(
    worker: Worker, legal_entity: str, configuration: Configuration
) -> frozenset[int]:
    """Return the POS operations that the worker may perform.

    Raises WorkerInactive, PermissionGroupMissing.
    """
    if not worker.active:
        raise WorkerInactive(f"The worker {worker.personnel_number} is no longer active.")
    name = worker.permission_group
    group = name and await configuration.find(legal_entity, PERMISSION_GROUPS, name)
    if not group:
        raise PermissionGroupMissing(f"The worker {worker.personnel_number} has no group.")
    return frozenset(group.operations)
