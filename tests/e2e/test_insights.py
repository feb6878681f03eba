"""A host that is told to work with Customer Insights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.insights.server import ALTERNATE, APPLICATION, ENVIRONMENT
from tests.e2e.hosts.server import Server

CONNECTION = {
    "enabled": True,
    "applicationId": APPLICATION,
    "secretName": "insights-USRT-secret",
    "environmentInstanceId": ENVIRONMENT,
    "alternateCustomerId": ALTERNATE,
}
NOWHERE = {"INSIGHTS__tenantId": "contoso.example", "KEYVAULT__vaultUri": "https://127.0.0.1:1"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    options = ("--demo", "--insights", "customer-insights")
    server = Server(tmp_path / "data", *options, env=NOWHERE)
    yield server
    assert server.stop() == 0


def test_a_vault_that_is_not_there_is_found_out_when_enabling(server: Server) -> None:
    body = {"customerInsights": CONNECTION}
    with server.client("Administrator") as client:
        before = client.get("/parameters").headers["etag"]
        response = client.patch("/parameters", json=body, headers={"If-Match": "*"})
        after = client.get("/parameters").headers["etag"]

    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "secret-unreadable"
    assert after == before, "it stays as it was"
