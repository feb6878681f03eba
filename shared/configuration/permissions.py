"""Which POS operations a worker may perform, by the permission group of the worker."""

from shared.configuration.cache import Configuration
from shared.configuration.domain.collections import PERMISSION_GROUPS, WORKERS
from shared.core.errors import Forbidden
from shared.ports.tokens import Claims

EMPLOYEE = "Employee"


class WorkerInactive(Forbidden):
    """The caller is a worker who has left the company."""

    code = "worker-inactive"


class PosOperationNotAllowed(Forbidden):
    """The permission group of the worker lacks a POS operation; the code names it."""

    code = "pos-operation"

    def __init__(self, group: str, number: int) -> None:
        super().__init__(
            f"The permission group {group} lacks the POS operation {number}.", posOperation=number
        )
        self.code = f"{PosOperationNotAllowed.code}-{number}"  # type: ignore[misc]  # it is its own


async def check_pos_operation(
    claims: Claims | None,
    numbers: int | tuple[int, ...] | None,
    legal_entity: str,
    configuration: Configuration,
) -> None:
    """Check an employee's permission group, if there is one. Other roles have no POS operations.

    Of several POS operations one is enough.

    For a person whom the company has not registered as a worker, the token alone decides. A worker
    who has left may do nothing, and the record of a worker cannot be removed. Raises
    WorkerInactive, PosOperationNotAllowed.
    """
    if claims is None or claims.role != EMPLOYEE or claims.personnel_number is None:
        return
    worker = await configuration.find(legal_entity, WORKERS, claims.personnel_number)
    if worker is None:
        return
    if not worker.active:
        raise WorkerInactive(f"The worker {worker.personnel_number} is no longer active.")
    if worker.permission_group is None or numbers is None:
        return
    any_of = numbers if isinstance(numbers, tuple) else (numbers,)
    group = await configuration.find(legal_entity, PERMISSION_GROUPS, worker.permission_group)
    if group is None or not set(any_of).intersection(group.operations):
        raise PosOperationNotAllowed(worker.permission_group, any_of[0])
