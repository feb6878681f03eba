"""What every place of packages must do: files, and Azure Blob Storage by its own SDK."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.packages import FilePackages
from shared.ports.packages import NoPackages, PackageMissing, Packages, PackagesUnavailable, name_of
from tests.doubles.azurite import Azurite

CONTENT = bytes(range(256)) * 40
UNSAFE = [
    "..", ".", "...", "-", " Main Street ", "Default.", "a:b*c|d<e>f\"g'", "%2E%2E", "~2E~2E",
    "Größe", "店" * 60, "\U0001f6d2" * 60, "a+", "x" * 60, "con", "boston", "Boston", "BOSTON",
    "a/b", "a\\b", "?q#f", "!",
]  # fmt: skip


@pytest.fixture(params=["files", "blobs"])
async def packages(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Packages]:
    if request.param == "files":
        yield FilePackages(tmp_path / "packages")
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    blobs = await azurite.emptied()
    yield blobs
    await blobs.close()


def a_name(part: int = 1, group: str = "HOUSTON", number: str = "42") -> str:
    return name_of("USRT", group, "1010", number, file=f"full-1010-7-{part}.ndjson.gz")


async def listed(packages: Packages, prefix: str = "") -> set[str]:
    names = [name async for name in packages.names(prefix)]
    assert len(names) == len(set(names))
    return set(names)


async def test_what_was_put_is_read(packages: Packages) -> None:
    await packages.put(a_name(), CONTENT)

    assert await packages.read(a_name(), 0, len(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (1, 2), (255, 257), (0, 10_239), (10_239, 10_240), (10_000, 99_999),
     (10_240, 10_241), (99_999, 2**33)],
)  # fmt: skip
async def test_a_range_is_half_open_and_ends_where_the_bytes_end(
    packages: Packages, start: int, end: int
) -> None:
    await packages.put(a_name(), CONTENT)

    assert await packages.read(a_name(), start, end) == CONTENT[start:end]


async def test_a_package_without_bytes_is_there(packages: Packages) -> None:
    await packages.put(a_name(), b"")

    assert await packages.read(a_name(), 0, 9) == b""
    assert await listed(packages) == {a_name()}


@pytest.mark.parametrize(("start", "end"), [(-1, 4), (4, 4), (4, 3)])
async def test_what_is_no_range_is_refused(packages: Packages, start: int, end: int) -> None:
    await packages.put(a_name(), CONTENT)
    with pytest.raises(ValueError, match="no range"):
        await packages.read(a_name(), start, end)


async def test_a_package_as_large_as_they_get_is_read_in_ranges(packages: Packages) -> None:
    large = CONTENT * 900
    await packages.put(a_name(), large)
    step = 1_000_003
    ranges = [(start, start + step) for start in range(0, len(large), step)]
    read = await asyncio.gather(*(packages.read(a_name(), *one) for one in ranges))

    assert b"".join(read) == large


async def test_what_is_not_there_is_missing(packages: Packages) -> None:
    await packages.put(a_name(1), CONTENT)
    with pytest.raises(PackageMissing):
        await packages.read(a_name(2), 0, 1)
    with pytest.raises(PackageMissing):
        await packages.read(a_name(1, group="SEATTLE"), 0, 1)


async def test_putting_again_is_harmless_and_another_content_takes_its_place(
    packages: Packages,
) -> None:
    for content in (CONTENT, CONTENT, b"shorter"):
        await packages.put(a_name(), content)
        assert await packages.read(a_name(), 0, 99_999) == content

    assert await listed(packages) == {a_name()}


async def test_the_same_put_twice_at_once_is_one_package(packages: Packages) -> None:
    await asyncio.gather(*(packages.put(a_name(), CONTENT) for _ in range(8)))

    assert await packages.read(a_name(), 0, 99_999) == CONTENT
    assert await listed(packages) == {a_name()}


async def test_what_is_removed_is_gone_and_may_be_removed_again(packages: Packages) -> None:
    await packages.put(a_name(1), CONTENT)
    await packages.put(a_name(2), CONTENT)
    for _ in range(2):
        await packages.remove(a_name(1))
    await packages.remove(a_name(3))
    with pytest.raises(PackageMissing):
        await packages.read(a_name(1), 0, 1)

    assert await listed(packages) == {a_name(2)}


async def test_who_reads_what_others_write_and_remove_gets_all_of_it_or_none(
    packages: Packages,
) -> None:
    writes = 30
    contents = {bytes([letter]) * 300_000 for letter in b"abc"}

    async def write() -> None:
        for _ in range(writes):
            for content in sorted(contents):
                await packages.put(a_name(), content)
            await packages.remove(a_name())

    writing = asyncio.create_task(write())
    read = 0
    while not writing.done():
        try:
            assert await packages.read(a_name(), 0, 300_000) in contents
            read += 1
        except PackageMissing:
            await asyncio.sleep(0)
    await writing

    assert read


async def test_who_puts_into_a_folder_that_others_empty_succeeds(packages: Packages) -> None:
    async def come_and_go(part: int) -> None:
        for _ in range(20):
            await packages.put(a_name(part), CONTENT)
            assert await packages.read(a_name(part), 0, 9) == CONTENT[:9]
            await packages.remove(a_name(part))

    await asyncio.gather(*(come_and_go(part) for part in range(6)))

    assert await listed(packages) == set()


async def test_names_are_those_that_begin_so(packages: Packages) -> None:
    names = {number: a_name(number=number) for number in ("4", "42", "43")}
    other = a_name(group="HOUSTON2")
    for name in (*names.values(), other):
        await packages.put(name, b"x")
    found = {
        prefix: await listed(packages, prefix)
        for prefix in ("", "USRT/HOU", "USRT/HOUSTON/", "USRT/HOUSTON/1010/4",
                       "USRT/HOUSTON/1010/4/", names["42"], names["42"] + "x", "FRRT/", "S")
    }  # fmt: skip

    assert found == {
        "": {*names.values(), other},
        "USRT/HOU": {*names.values(), other},
        "USRT/HOUSTON/": {*names.values()},
        "USRT/HOUSTON/1010/4": {*names.values()},
        "USRT/HOUSTON/1010/4/": {names["4"]},
        names["42"]: {names["42"]},
        names["42"] + "x": set(),
        "FRRT/": set(),
        "S": set(),
    }


async def test_names_may_be_removed_while_they_are_listed(packages: Packages) -> None:
    for part in range(5):
        await packages.put(a_name(part), b"x")
    async for name in packages.names("USRT/"):
        await packages.remove(name)

    assert await listed(packages) == set()


async def test_groups_with_keys_of_any_characters_have_packages_of_their_own(
    packages: Packages,
) -> None:
    for key in UNSAFE:
        await packages.put(a_name(group=key), key.encode())
    names = await listed(packages)
    by_prefix = {key: await listed(packages, name_of("USRT", key, file="x.x")[:-3])
                 for key in UNSAFE}  # fmt: skip

    assert names == {a_name(group=key) for key in UNSAFE}
    assert len(names) == len(UNSAFE)
    for key in UNSAFE:
        assert await packages.read(a_name(group=key), 0, 999) == key.encode()
        assert by_prefix[key] == {a_name(group=key)}


@pytest.mark.parametrize(
    "name",
    ["", "/", "a.gz", "/etc/a.gz", "../a.gz", "a/../b.gz", "a/./b.gz", "a//b.gz", "a/b", "a/.gz",
     "a/b.", "a/b..gz", "a/b.gz/", "a/b.gz\n", "a b/c.gz", "a.b/c.gz", "\u00e9/c.gz", "a/%2e.gz",
     "C:/a.gz", "a\\b/c.gz", "a/" + "b" * 300 + ".gz", "a/b!c.gz"],
)  # fmt: skip
async def test_what_no_name_can_be_is_refused(packages: Packages, name: str) -> None:
    for attempt in (packages.put(name, b"x"), packages.read(name, 0, 1), packages.remove(name)):
        with pytest.raises(ValueError, match="cannot be the name"):
            await attempt
    with pytest.raises(ValueError, match="begins with"):
        await listed(packages, "USRT/a b")


async def test_a_process_without_a_place_says_so() -> None:
    packages: Packages = NoPackages()
    for attempt in (packages.put(a_name(), b""), packages.read(a_name(), 0, 1),
                    packages.remove(a_name()), listed(packages)):  # fmt: skip
        with pytest.raises(PackagesUnavailable):
            await attempt
