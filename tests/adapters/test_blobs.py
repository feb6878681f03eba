"""Packages in Azure Blob Storage by the real SDK: what the contract does not see, and faults."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from azure.core.exceptions import HttpResponseError

from shared.adapters.blobs.packages import (
    CONTAINER,
    BlobPackages,
    with_connection_string,
    with_identity,
)
from shared.composition import wiring
from shared.core import deadlines
from shared.platform.settings import Settings
from shared.ports.packages import PackageMissing, Packages, PackagesUnavailable, name_of
from tests.doubles.azurite import Azurite, Identity
from tests.doubles.azurite.faults import Fault, Faults, faulty

NAME = name_of("USRT", "Main Street", "1010", "42", file="delta-1010-7-1.ndjson.gz")
CONTENT = bytes(range(256)) * 400


@pytest.fixture(autouse=True)
def _as_long_as_it_takes() -> Iterator[None]:
    deadlines.deadline.set(None)
    yield
    deadlines.deadline.set(None)


@asynccontextmanager
async def failing(
    azurite: Azurite | None, *faults: Fault
) -> AsyncIterator[tuple[Faults, Packages]]:
    async with faulty(azurite) as service:
        packages = wiring.connect_packages(Settings(PACKAGES=service.connection_string))
        service.coming = list(faults)
        yield service, packages
        await packages.close()


@pytest.fixture
async def emptied(azurite: Azurite) -> AsyncIterator[BlobPackages]:
    packages = await azurite.emptied()
    yield packages
    await packages.close()


async def attempts(packages: Packages) -> list[BaseException | None]:
    """Return what each method of the port raises."""

    async def look() -> None:
        async for _ in packages.names(""):
            pass

    calls = (packages.put(NAME, b"x"), packages.read(NAME, 0, 1), packages.remove(NAME), look())
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return [one if isinstance(one, BaseException) else None for one in answers]


async def test_the_identity_of_the_app_is_enough(azurite: Azurite, emptied: BlobPackages) -> None:
    packages = with_identity(azurite.url, Identity(), connection_verify=azurite.authority)
    await packages.put(NAME, CONTENT)

    assert await packages.read(NAME, 5, 9) == CONTENT[5:9]
    assert [name async for name in packages.names("USRT/")] == [NAME]
    await packages.remove(NAME)
    assert [name async for name in packages.names("")] == []
    await packages.close()


async def test_what_is_stored_says_that_it_is_gzip_and_is_not_unpacked_by_anybody(
    emptied: BlobPackages,
) -> None:
    await emptied.put(NAME, CONTENT)
    settings = (await emptied.container.get_blob_client(NAME).get_blob_properties())[
        "content_settings"
    ]

    assert settings["content_type"] == "application/gzip"
    assert settings["content_encoding"] is None


async def test_more_names_than_a_page_holds_are_all_listed(emptied: BlobPackages) -> None:
    names = {name_of("USRT", "HOUSTON", file=f"{n}.ndjson.gz") for n in range(7)}
    for name in names:
        await emptied.put(name, b"x")
    few = BlobPackages(emptied.container, names_per_page=3)

    assert {name async for name in few.names("USRT/")} == names


@pytest.mark.parametrize("fault", ["busy", "lost", "cut"])
async def test_what_fails_in_passing_is_tried_again(
    azurite: Azurite, emptied: BlobPackages, fault: Fault
) -> None:
    async with failing(azurite, fault) as (service, packages):
        await packages.put(NAME, CONTENT)
        service.coming = [fault]
        read = await packages.read(NAME, 0, 10**6)
        service.coming = [fault]
        names = [name async for name in packages.names("USRT/")]
        service.coming = [fault]
        await packages.remove(NAME)

        assert (read, names) == (CONTENT, [NAME])
        assert service.requests > 4
        with pytest.raises(PackageMissing):
            await packages.read(NAME, 0, 1)


@pytest.mark.parametrize("fault", ["busy", "stalled"])
async def test_a_service_that_stays_away_is_unavailable_at_the_deadline(fault: Fault) -> None:
    async with failing(None) as (service, packages):
        service.always = fault
        deadlines.start(1.0)
        before = time.monotonic()
        raised = await attempts(packages)

        assert [type(one) for one in raised] == [PackagesUnavailable] * 4
        assert time.monotonic() - before < 3
        assert service.requests >= 4


async def test_a_service_that_is_busy_for_long_ends_the_tries_of_work_without_a_deadline() -> None:
    async with failing(None) as (service, packages):
        service.always = "busy"
        with pytest.raises(PackagesUnavailable):
            await packages.put(NAME, b"x")

        assert service.requests == 4


async def test_nobody_at_the_address_is_unavailable() -> None:
    packages = with_connection_string(Faults(None, "http://127.0.0.1:9").connection_string)
    deadlines.start(0.5)

    assert [type(one) for one in await attempts(packages)] == [PackagesUnavailable] * 4
    await packages.close()


async def test_a_request_without_time_asks_nobody() -> None:
    async with failing(None) as (service, packages):
        deadlines.start(0)
        raised = await attempts(packages)

        assert [type(one) for one in raised] == [PackagesUnavailable] * 4
        assert service.requests == 0


async def test_a_container_that_was_never_made_is_a_mistake_and_no_missing_package(
    emptied: BlobPackages,
) -> None:
    await emptied.container.delete_container()
    raised = await attempts(emptied)
    await emptied.container.create_container()

    assert [getattr(one, "error_code", None) for one in raised] == ["ContainerNotFound"] * 4
    assert all(isinstance(one, HttpResponseError) for one in raised)


async def test_settings_name_the_account_or_there_is_none() -> None:
    found = wiring.connect_packages(Settings(PACKAGES__blobServiceUri="https://one.example"))

    assert found.container.url == f"https://one.example/{CONTAINER}"
    await found.close()
    with pytest.raises(wiring.NoPackagesConfigured):
        wiring.connect_packages(Settings())
    with pytest.raises(ValueError, match="PACKAGES holds a key"):
        Settings(PACKAGES="AccountKey=abc", WEBSITE_SITE_NAME="here")
