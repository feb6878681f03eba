"""Microsoft's own Azurite as the service of blobs: from npm, over TLS, with tokens of Entra ID.

It is installed once, into a folder that git ignores, where npm is there and reaches its registry;
where not, the tests that need it are skipped, and counted as such.
"""

import json
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme
from azure.core.credentials import AccessToken
from filelock import FileLock

from shared.adapters.blobs.packages import BlobPackages, with_connection_string

VERSION = "3.35.0"  # the last one that runs on Node.js 20
ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".local" / f"azurite-{VERSION}"
INSTALLING_SECONDS = 600
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
LISTENING = re.compile(r"successfully listens on (https://\S+)")


@dataclass(frozen=True)
class Azurite:
    """`url` is that of the account; `authority` the file of who vouches for its certificate."""

    url: str
    authority: str
    tls: ssl.SSLContext = field(repr=False)

    @property
    def connection_string(self) -> str:
        return connection_string(self.url)

    async def emptied(self) -> BlobPackages:
        """Return packages in a container that is there, and has nothing in it."""
        packages = with_connection_string(self.connection_string, connection_verify=self.authority)
        if not await packages.container.exists():
            await packages.container.create_container()
        async for name in packages.container.list_blob_names():
            await packages.container.delete_blob(name)
        return packages


class Identity:
    """An identity with a token for storage that lasts an hour."""

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        now = int(time.time())
        claims = {
            "aud": "https://storage.azure.com",
            "iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
            "iat": now - 60, "nbf": now - 60, "exp": now + 3600,
        }  # fmt: skip
        assert scopes == ("https://storage.azure.com/.default",)
        return AccessToken(jwt.encode(claims, "k" * 32), now + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "Identity":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


def connection_string(url: str) -> str:
    scheme = url.partition(":")[0]
    return (
        f"DefaultEndpointsProtocol={scheme};AccountName={ACCOUNT};AccountKey={KEY};"
        f"BlobEndpoint={url};"
    )


@contextmanager
def serving(folder: Path) -> Iterator[Azurite]:
    """Serve on a free port until the end of the block, and keep nothing. May skip the test."""
    program = _installed()
    authority, certificate, key = (folder / f"{name}.pem" for name in ("authority", "own", "key"))
    issuer = trustme.CA()
    issued = issuer.issue_cert("127.0.0.1")
    issuer.cert_pem.write_to_path(authority)
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    process = subprocess.Popen(
        [program, "--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry", "--silent",
         "--skipApiVersionCheck", "--oauth", "basic", "--cert", certificate, "--key", key],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        url = f"{_address(process)}/{ACCOUNT}"
        yield Azurite(url, str(authority), ssl.create_default_context(cafile=str(authority)))
    finally:
        process.kill()  # it keeps nothing, and a graceful end waits for idle connections
        process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    assert process.stdout
    for line in process.stdout:
        said.append(line)
        if match := LISTENING.search(line):
            return match[1]
    raise AssertionError(f"Azurite does not start: {''.join(said)}")


def _installed() -> Path:
    """Return the program, installed first if it is not there yet. Skips the test without npm."""
    program = FOLDER / "node_modules" / ".bin" / "azurite-blob"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(FOLDER / "lock"):  # each process of the tests may be the first
        if (FOLDER / "complete").exists():
            return program
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("Azurite takes node with npm")
        (FOLDER / "package.json").write_text(json.dumps({"private": True}))
        done = subprocess.run(
            [npm, "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund",
             "--save-exact", f"azurite@{VERSION}"],
            cwd=FOLDER, capture_output=True, text=True, check=False, timeout=INSTALLING_SECONDS,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"npm could not install Azurite: {(done.stdout + done.stderr)[-300:]}")
        (FOLDER / "complete").touch()
    return program
