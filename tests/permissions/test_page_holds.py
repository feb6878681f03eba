"""The page as it stands is asked, not the code: who is not in a row is not let in."""

import re

import pytest

from functions._http.operation import OPERATIONS, Operation
from local.tokens import ROLES, Bearer
from tests.api import COMPANY, Api
from tests.permissions.cells import ALL, NUMBER, ask, code, employ
from tools.permissions.page import PAGE

pytestmark = pytest.mark.refused_at_the_door

REQUESTS = {
    f"{one.method} {one.described_route.removeprefix('v1/{legalEntity}/')}": one
    for one in OPERATIONS.values()
}
ROW = re.compile(r"^\| `([A-Z]+ [^`]+)` \|(.*)\|$", re.MULTILINE)
COLUMNS = ("Employee", "Customer", "Application", "Administrator")


def rows() -> list[tuple[Operation, dict[str, str]]]:
    """Return each operation with what its row says, by role."""
    return [
        (REQUESTS[request], dict(zip(COLUMNS, map(str.strip, cells.split("|")), strict=True)))
        for request, cells in ROW.findall(PAGE.read_text())
    ]


async def test_who_is_not_in_the_row_is_not_let_in(api: Api) -> None:
    await employ(api, *ALL)
    guarded = [(one, cells) for one, cells in rows() if cells["Employee"] != "anybody"]
    for operation, cells in guarded:
        for role in ROLES:
            bearer = Bearer(role, (COMPANY,), personnel_number=NUMBER, store_number="HOUSTON")
            refused = code(await ask(api, operation, bearer))
            closed = refused == "role-not-allowed"
            assert closed == (not cells[role]), (operation.name, role, refused)

    assert len(guarded) == sum(bool(one.who) for one in OPERATIONS.values())


async def test_an_employee_needs_what_the_row_says(api: Api) -> None:
    for number in ALL:
        await employ(api, *(one for one in ALL if one != number))
        bearer = Bearer("Employee", (COMPANY,), personnel_number=NUMBER, store_number="HOUSTON")
        for operation, cells in rows():
            if re.fullmatch(rf"{number}( \(.*\))?(, own store)?", cells["Employee"]):
                refused = code(await ask(api, operation, bearer))
                assert refused == f"pos-operation-{number}", operation.name
