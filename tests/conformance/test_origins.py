"""Pages of a listed origin may call from a browser, and others may not."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.hosts.server import Server, serving

SHOP = "https://shop.example.com"
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "If-Match"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("origins") / "data", "--origin", SHOP) as one:
        yield one


def asked(server: Server, origin: str) -> httpx.Response:
    headers = {"Origin": origin, **PREFLIGHT}
    return httpx.options(f"{server.url}/api/v1/USRT/customers/x", headers=headers)


def test_a_preflight_is_answered_before_any_function(server: Server) -> None:
    listed, other = asked(server, SHOP), asked(server, "https://evil.example.com")

    assert [one.status_code for one in (listed, other)] == [204, 204]
    assert listed.headers["Access-Control-Allow-Origin"] == SHOP
    assert "PATCH" in listed.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in listed.headers
    assert not [name for name in other.headers if name.startswith("access-control-")]


def test_options_without_a_preflight_are_for_functions(server: Server) -> None:
    answer = httpx.options(f"{server.url}/api/v1/USRT/customers/x", headers={"Origin": SHOP})

    assert answer.status_code == 404, "no function names OPTIONS"


def test_without_listed_origins_a_preflight_is_204_and_allows_nothing(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as one:
        answer = asked(one, SHOP)

    assert (answer.status_code, answer.content) == (204, b"")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_an_answer_names_the_listed_origin_alone(server: Server) -> None:
    url = f"{server.url}/api/health/live"
    answers = [
        httpx.get(url, headers={"Origin": one}) for one in (SHOP, "https://evil.example.com")
    ]

    assert [one.status_code for one in answers] == [200, 200]
    assert [one.headers.get("Access-Control-Allow-Origin") for one in answers] == [SHOP, None]
