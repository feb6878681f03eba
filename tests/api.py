"""The API as a caller sees it: the ASGI app of the local host, a store on disk, real tokens."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from contextvars import copy_context
from typing import Any

import httpx

from local.host.app import Host
from local.tokens import Bearer
from shared.composition import wiring
from shared.composition.metered import Metered
from shared.core.errors import Unavailable
from shared.platform.sessions import session
from shared.ports.documents import Documents, Operation, Partition, Placed, Remove

COMPANY = "USRT"
BASE = f"/api/v1/{COMPANY}"
MAX_PAGES = 1_000


class Api:
    """Calls the API as an Application of USRT, unless `bearer` is given."""

    def __init__(self, host: Host, documents: Documents, client: httpx.AsyncClient) -> None:
        self.host = host
        self.documents = documents
        self.client = client

    def token(self, bearer: Bearer) -> str:
        return self.host.folder.tokens().issue(bearer)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        bearer: Bearer | None = None,
        **headers: str,
    ) -> httpx.Response:
        request_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if "authorization" not in request_headers:
            request_headers["authorization"] = f"Bearer {self.token(bearer or APPLICATION)}"
        url = path if path.startswith("/") else f"{BASE}/{path}"
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.client.request(
            method, url, headers=request_headers, **({} if body is None else content)
        )

    async def get(self, path: str, **how: Any) -> httpx.Response:
        return await self.call("GET", path, **how)

    async def post(self, path: str, body: Any = None, **how: Any) -> httpx.Response:
        return await self.call("POST", path, body, **how)

    async def create(self, **but: Any) -> dict[str, Any]:
        response = await self.post("customers", a_customer(**but))
        assert response.status_code == 201, response.text
        return self.read(response)

    async def put_setting(self, collection: str, key: str, body: Any, **how: Any) -> httpx.Response:
        path = f"settings/{collection}/{key}"
        return await self.call("PUT", path, body, bearer=ADMINISTRATOR, **how)

    async def set_parameters(self, **parameters: Any) -> None:
        response = await self.call(
            "PATCH", "parameters", parameters, bearer=ADMINISTRATOR, if_match="*"
        )
        assert response.status_code == 200, response.text

    async def switch(self, feature: str, enabled: bool) -> httpx.Response:
        return await self.call(
            "PUT",
            f"features/{feature}",
            {"enabled": enabled},
            bearer=ADMINISTRATOR,
            if_match="*",
        )

    async def names(self, query: str, **how: Any) -> list[str]:
        """Return the names that a search finds, through all of its pages."""
        return [item["name"] for item in await self.every(f"customers?q={query}", **how)]

    async def every(self, path: str, **how: Any) -> list[dict[str, Any]]:
        """Return the items of all pages; the path has a query already."""
        items: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(MAX_PAGES):
            page = (await self.get(path + cursor, **how)).json()
            items += page["items"]
            if page["nextCursor"] is None:
                return items
            cursor = f"&cursor={page['nextCursor']}"
        raise AssertionError(f"{path} has no last page")

    async def lose_setting(self, collection: str, key: str) -> None:
        """Remove a setting that is in use, as versions of before did."""
        await self.documents.commit("settings", (COMPANY, collection), [Remove(key)])
        wiring.backend().configuration.forget(COMPANY)

    @contextmanager
    def crashing_before_the_directory(self) -> Iterator[None]:
        """Let every request die between the customer's commit and the directory's."""
        with self._installed(CutOff(self.documents)):
            yield

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Let the app meet an unforeseen fault."""
        with self._installed(Broken(self.documents)):
            yield

    @contextmanager
    def failing_after(self, commits: int) -> Iterator[None]:
        """Let the store accept so many commits, and refuse the others."""
        with self._installed(Exhausted(self.documents, commits)):
            yield

    @contextmanager
    def without_a_store(self) -> Iterator[None]:
        with self._installed(Down(self.documents)):
            yield

    @contextmanager
    def _installed(self, documents: Metered) -> Iterator[None]:
        healthy = wiring.backend()
        wiring.install(self.host.folder.backend(documents))
        try:
            yield
        finally:
            wiring.install(healthy)

    @staticmethod
    def read(response: httpx.Response) -> dict[str, Any]:
        answer: dict[str, Any] = response.json()
        return answer


def is_of_uses(seal: Placed) -> bool:
    """Return whether uses of settings are written, and not entries of the directory."""
    return seal.partition[0].startswith("uses ")


class CutOff(Metered):
    """A store that fails when the directory is written, as if the process died there."""

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        if is_of_uses(seal):
            return await super().scatter(container, writes, seal)
        raise Unavailable("the process died here")


class Broken(Metered):
    """A store with a bug, where customers are written."""

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        if container == "customers":
            raise ZeroDivisionError
        return await super().commit(container, partition, operations)


class Exhausted(Metered):
    """A store that accepts so many commits, and refuses the others."""

    def __init__(self, documents: Documents, commits: int) -> None:
        super().__init__(documents)
        self.left = commits

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        self.left -= 1
        if self.left < 0:
            raise Unavailable("the store takes no more")
        return await super().commit(container, partition, operations)


class Down(Metered):
    """A store that does not answer."""

    async def read(self, container: str, partition: Partition, document_id: str) -> None:
        raise Unavailable("the store is down")


APPLICATION = Bearer("Application", (COMPANY,), subject="web")
ADMINISTRATOR = Bearer("Administrator", (COMPANY,), subject="ada")
MANAGER = Bearer("Employee", (COMPANY,), personnel_number="000160", store_number="HOUSTON")
CASHIER = Bearer("Employee", (COMPANY,), personnel_number="000110", store_number="HOUSTON")


def a_customer(**but: Any) -> dict[str, Any]:
    return {"storeNumber": "HOUSTON", "firstName": "Karen", "lastName": "Berg"} | but


def an_email(value: str = "karen@example.com", **but: Any) -> dict[str, Any]:
    return {"kind": "email", "value": value} | but


def a_phone(value: str = "(206) 555-0123", **but: Any) -> dict[str, Any]:
    return {"kind": "phone", "value": value} | but


def an_address(**but: Any) -> dict[str, Any]:
    return {"street": "1 Main St", "city": "Houston", "state": "TX", "postalCode": "77002"} | but


class Apart(httpx.ASGITransport):
    """Runs each request in a task of its own, as a server does: its deadline stays there.

    The session goes on: a test that reads the store by itself sees what its request has written.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        context = copy_context()
        work = super().handle_async_request(request)
        response = await asyncio.create_task(work, context=context)
        session.set(context.get(session))
        return response


async def started(host: Host, stack: AsyncExitStack) -> Api:
    documents = await stack.enter_async_context(host.running())
    transport = Apart(app=host)  # type: ignore[arg-type]  # the host declares fewer keys than the type
    client = httpx.AsyncClient(transport=transport, base_url="http://libro")
    return Api(host, documents, await stack.enter_async_context(client))
