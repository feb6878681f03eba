"""A Key Vault for the unmodified SDK: TLS, the challenge, and `GET /secrets/{name}`."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web
from azure.core.credentials import AccessToken
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "an-identity's-token"
CHALLENGE = 'Bearer authorization="https://login.example/contoso", resource="https://vault.example"'


class Identity:
    """An identity with a constant token."""

    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(TOKEN, 2**40)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "Identity":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


@dataclass
class Vault:
    url: str = ""
    certificate: str = ""
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def secret(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401, headers={"WWW-Authenticate": CHALLENGE})
        name = request.match_info["name"]
        if name not in self.secrets:
            error = {"error": {"code": "SecretNotFound", "message": "not found"}}
            return web.json_response(error, status=404)
        body = self.secrets[name] | {"id": f"{self.url}/secrets/{name}/1"}
        return web.json_response(body)


@asynccontextmanager
async def serving(folder: Path, **secrets: dict[str, Any]) -> AsyncIterator[Vault]:
    """Serve on a free port until the end of the block."""
    certificate, key = _certificate(folder)
    vault = Vault(
        certificate=str(certificate),
        secrets={name.replace("_", "-"): secret for name, secret in secrets.items()},
    )
    app = web.Application()
    app.add_routes(
        [web.get(path, vault.secret) for path in ("/secrets/{name}", "/secrets/{name}/")]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    vault.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield vault
    finally:
        await runner.cleanup()


def _certificate(folder: Path) -> tuple[Path, Path]:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem, key = folder / "vault.pem", folder / "vault.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, key
