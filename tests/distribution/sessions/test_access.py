"""Who speaks for a channel."""

import httpx
import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api

PATH = "channels/SANFRAN/download-sessions"
REGISTRATION = "channels/SANFRAN/registration"
TILL = Bearer("Application", (COMPANY,), subject="till-7")
OTHER_STORE = Bearer("Application", (COMPANY,), subject="x", store_number="HOUSTON")
OWN_STORE = Bearer("Application", (COMPANY,), subject="x", store_number="SANFRAN")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_a_channel_that_nobody_is_registered_for(api: Api) -> None:
    trusted = await api.get(PATH)
    own = await api.get(PATH, bearer=OWN_STORE)
    other = await api.get(PATH, bearer=OTHER_STORE)
    await api.set_parameters(trustUnregisteredChannels=False)
    distrusted = await api.get(PATH)

    assert (trusted.status_code, own.status_code) == (200, 200)
    assert problem(other) == problem(distrusted) == (403, "channel-not-allowed")


async def test_who_is_registered_speaks_for_it(api: Api) -> None:
    body = {"subject": "till-7"}
    put = await api.call("PUT", REGISTRATION, body, bearer=ADMINISTRATOR)
    allowed = await api.get(PATH, bearer=TILL)
    own = await api.get(PATH, bearer=OWN_STORE)
    stranger = await api.get(PATH)
    taken = await api.call("PUT", "channels/HOUSTON/registration", body, bearer=ADMINISTRATOR)
    moved = await api.call("PUT", REGISTRATION, {"subject": "till-8"}, bearer=ADMINISTRATOR)
    free = await api.call("PUT", "channels/HOUSTON/registration", body, bearer=ADMINISTRATOR)

    assert put.json() == {"subject": "till-7", "paused": False}
    assert (allowed.status_code, own.status_code, moved.status_code) == (200, 200, 200)
    assert problem(stranger) == (403, "channel-not-allowed")
    assert problem(taken) == (409, "subject-taken")
    assert free.status_code == 200


@pytest.mark.parametrize(
    ("path", "bearer", "expected"),
    [
        (PATH, MANAGER, (403, "not-your-store")),
        ("channels/HOUSTON/download-sessions", MANAGER, (200, "")),
        ("channels/NOWHERE/download-sessions", ADMINISTRATOR, (404, "channel-not-found")),
        (REGISTRATION, MANAGER, (403, "role-not-allowed")),
    ],
)
async def test_employees_see_what_the_own_store_is_offered(
    api: Api, path: str, bearer: Bearer, expected: tuple[int, str]
) -> None:
    assert problem(await api.get(path, bearer=bearer)) == expected
