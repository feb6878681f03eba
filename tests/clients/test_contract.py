"""The API against its own description, by schemathesis."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api import a_customer, a_phone, an_address, an_email
from tests.e2e.hosts.server import ROOT, Server, serving

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
CONFIGURATION = """
[parameters]
"path.legalEntity" = "USRT"
"path.customerId" = "{customer}"
"path.addressId" = "1"
"path.contactId" = "1"
"path.file" = "swagger-ui.css"
"query.store" = "HOUSTON"
"header.If-Match" = "*"
"""


BEARERS = {
    "Application": (),
    "Administrator": (),
    "Employee": ("--worker", "000160", "--store", "HOUSTON"),
    "Customer": ("--customer", "{customer}"),
}
# Asked by everybody with `--long`: it takes a minute each, and those two differ in roles alone.
COVERAGE = {"Application": 1, "Administrator": 1, "Employee": 0, "Customer": 0}


@pytest.mark.parametrize("role", BEARERS)
def test_answers_are_what_the_description_says(
    tmp_path: Path, role: str, scale: Callable[[int, int], int]
) -> None:
    with serving(tmp_path / "data", "--demo") as server:
        configuration = tmp_path / "schemathesis.toml"
        customer = _customer(server)
        configuration.write_text(CONFIGURATION.format(customer=customer))
        options = [option.format(customer=customer) for option in BEARERS[role]]
        out = subprocess.run(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                "--config-file", str(configuration), "run", f"{server.url}/api/openapi.json",
                "--header", f"Authorization: Bearer {server.token(role, *options)}",
                "--checks", CHECKS, "--max-examples", f"{scale(4, 200)}", "--seed", "4021",
                "--phases", "examples,fuzzing" + scale(COVERAGE[role], 1) * ",coverage",
                "--no-color",
            ],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.clients.schemathesis_hooks",
                              "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        log = server.log.read_text()

    assert out.returncode == 0, out.stdout[out.stdout.find("= FAILURES") :][:8000]
    assert "Traceback" not in log
    assert "does not list" not in log, "every refusal is described"


def _customer(server: Server) -> str:
    with server.client() as client:
        contacts = [an_email(), a_phone(), an_email("second@example.com")]
        body = a_customer(contacts=contacts, addresses=[an_address(), an_address(city="Reno")])
        return str(client.post("/customers", json=body).json()["id"])
