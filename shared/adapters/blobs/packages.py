"""The packages port on Azure Blob Storage: one block blob for each package."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import ContentSettings, StorageErrorCode
from azure.storage.blob.aio import ContainerClient, LinearRetry

from shared.core import deadlines
from shared.ports.packages import (
    PackageMissing,
    PackagesUnavailable,
    check_name,
    check_prefix,
    check_range,
)

CONTAINER: Final = "packages"  # infra/modules/packages.bicep makes it
CONTENT_TYPE: Final = "application/gzip"
NAMES_PER_PAGE: Final = 1000
PASSING: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class BlobPackages:
    """One client per process. The SDK tries again what failed in passing, until the deadline."""

    def __init__(
        self,
        container: ContainerClient,
        identity: AsyncTokenCredential | None = None,
        *,
        names_per_page: int = NAMES_PER_PAGE,
    ) -> None:
        self.container = container
        self._identity = identity
        self._names_per_page = names_per_page

    async def put(self, name: str, content: bytes) -> None:
        check_name(name)
        # No Content-Encoding: clients unpack on the way what has one, and then neither digests
        # nor ranges fit what is stored.
        settings = ContentSettings(content_type=CONTENT_TYPE)
        async with _answering():
            await self.container.upload_blob(
                name, content, overwrite=True, content_settings=settings
            )

    async def read(self, name: str, start: int, end: int) -> bytes:
        check_name(name)
        check_range(start, end)
        try:
            async with _answering():
                blob = await self.container.download_blob(name, offset=start, length=end - start)
                content: bytes = await blob.readall()
                return content
        except HttpResponseError as exc:
            if exc.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return b""
            if _is_missing(exc):
                raise PackageMissing(f"There is no package {name}.") from exc
            raise

    async def remove(self, name: str) -> None:
        check_name(name)
        try:
            async with _answering():
                await self.container.delete_blob(name)
        except HttpResponseError as exc:
            if not _is_missing(exc):
                raise

    async def names(self, prefix: str) -> AsyncIterator[str]:
        check_prefix(prefix)
        listing = self.container.list_blob_names(
            name_starts_with=prefix, results_per_page=self._names_per_page
        )
        pages = listing.by_page()
        while True:
            names: list[str] | None = None
            async with _answering():  # not around what is yielded: readers take their time
                async for page in pages:
                    names = [name async for name in page]
                    break
            if names is None:
                return
            for name in names:
                yield name

    async def close(self) -> None:
        await self.container.close()
        if self._identity:
            await self._identity.close()


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    """Say in the words of the port what passes; what has no word there is raised as it is."""
    try:
        async with asyncio.timeout(deadlines.remaining()):
            yield
    except (AzureError, TimeoutError) as exc:
        status = exc.status_code if isinstance(exc, HttpResponseError) else None
        if status is None or status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            why = status or type(exc).__name__
            raise PackagesUnavailable(f"The place of packages does not answer ({why}).") from exc
        raise


def _is_missing(exc: HttpResponseError) -> bool:
    """Return whether the blob is not there; a container that is not there is a mistake."""
    return getattr(exc, "error_code", None) == StorageErrorCode.BLOB_NOT_FOUND


def _options() -> dict[str, Any]:
    """Return options of a client: four tries, with up to two seconds between them at random."""
    retries = LinearRetry(backoff=1, random_jitter_range=1, retry_total=3)
    return {"retry_policy": retries, "connection_timeout": 5, "read_timeout": 5}


def with_connection_string(text: str, **options: Any) -> BlobPackages:
    """`options` go to the SDK, such as `connection_verify`."""
    return BlobPackages(
        ContainerClient.from_connection_string(text, CONTAINER, **_options() | options)
    )


def with_identity(url: str, identity: AsyncTokenCredential, **options: Any) -> BlobPackages:
    """`options` go to the SDK, such as `connection_verify`."""
    return BlobPackages(
        ContainerClient(url, CONTAINER, credential=identity, **_options() | options), identity
    )
