"""Packages in files: what is left by who dies, and by a disk that is full."""

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.folder import Folder
from local.packages import DRAFT_SECONDS, FilePackages
from local.store import SqliteDocuments
from shared.ports.packages import (
    PackageMissing,
    PackagesUnavailable,
    check_name,
    name_of,
    segments_of,
)
from tests.e2e.hosts.server import ROOT

NAME = name_of("USRT", "HOUSTON", "1010", "42", file="full-1010-7-1.ndjson.gz")
BEFORE, CONTENT = b"before" * 1000, b"x" * 100_000
# It dies at the n-th thing that it asks of the system about files of the folder.
PUT_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from local.packages import FilePackages
folder, step = sys.argv[1], int(sys.argv[2])
left = [step]
def die(event, args):
    if event in ("open", "os.mkdir", "os.rename") and folder in str(args[0]):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
asyncio.run(FilePackages(Path(folder)).put(sys.argv[3], b"x" * 100_000))
"""
# Each time it is about to put the file in its place, the folder vanishes, until the sixth time.
PUT_WHILE_EMPTIED = """
import asyncio, sys
from pathlib import Path
from local.packages import FilePackages
times = [5]
def empty(event, args):
    if event == "os.rename" and times[0]:
        times[0] -= 1
        Path(args[1]).parent.rmdir()
        print("removed")
sys.addaudithook(empty)
asyncio.run(FilePackages(Path(sys.argv[1])).put(sys.argv[2], b"x" * 100_000))
"""


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def listed(packages: FilePackages) -> list[str]:
    return [name async for name in packages.names("")]


def age(paths: list[Path], seconds: float) -> None:
    for path in paths:
        os.utime(path, (time.time() - seconds,) * 2)


@pytest.mark.parametrize("before", [None, BEFORE])
async def test_who_is_killed_at_any_step_leaves_all_or_nothing(
    tmp_path: Path, before: bytes | None
) -> None:
    seen = set()
    for step in range(1, 40):
        folder = tmp_path / str(step)
        packages = FilePackages(folder)
        if before:
            await packages.put(NAME, before)
        command = [sys.executable, "-c", PUT_AND_DIE, str(folder), str(step), NAME]
        died = subprocess.run(command, cwd=ROOT, check=False).returncode
        try:
            stored = await packages.read(NAME, 0, 10**6)
        except PackageMissing:
            stored = None
        drafts = files(folder / "drafts")
        age(drafts, DRAFT_SECONDS + 60)

        assert stored in (before, CONTENT)
        assert await listed(packages) == ([NAME] if stored else [])
        assert files(folder / "drafts") == []
        seen.add((stored == CONTENT, bool(drafts)))
        if not died:
            break
    else:
        raise AssertionError("it never came to its end")

    assert seen == {(False, False), (False, True), (True, False)}


async def test_what_is_being_written_is_left_alone(tmp_path: Path) -> None:
    packages = FilePackages(tmp_path)
    await packages.put(NAME, CONTENT)
    draft = tmp_path / "drafts" / "of-somebody"
    draft.write_bytes(b"half")
    age([draft], DRAFT_SECONDS - 60)

    assert await listed(packages) == [NAME]
    assert draft.exists()


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """Have the system refuse to let a file grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_leaves_nothing_and_what_was_there(tmp_path: Path) -> None:
    packages = FilePackages(tmp_path)
    await packages.put(NAME, BEFORE)
    other = NAME.replace("-1.", "-2.")
    for name in (NAME, other):
        with full_after(65_536), pytest.raises(PackagesUnavailable):
            await packages.put(name, CONTENT)

    assert await packages.read(NAME, 0, 10**6) == BEFORE
    assert await listed(packages) == [NAME]
    assert len(files(tmp_path)) == 1
    await packages.put(NAME, CONTENT)
    assert await packages.read(NAME, 0, 10**6) == CONTENT


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "packages").write_text("a file where the folder should be")
    packages = FilePackages(tmp_path / "packages")
    for attempt in (packages.put(NAME, CONTENT), packages.read(NAME, 0, 1),
                    packages.remove(NAME), listed(packages)):  # fmt: skip
        with pytest.raises(PackagesUnavailable):
            await attempt


async def test_folders_go_with_the_last_package_in_them(tmp_path: Path) -> None:
    packages = FilePackages(tmp_path)
    await packages.put(NAME, CONTENT)
    await packages.put(NAME.replace("HOUSTON", "SEATTLE"), CONTENT)
    await packages.remove(NAME)

    left = {path.name for path in (tmp_path / "stored").rglob("*") if path.is_dir()}
    assert {name.partition("!")[0] for name in left} == {"USRT", "SEATTLE", "1010", "42"}


async def test_a_folder_that_others_remove_before_the_file_is_in_it_is_made_again(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", PUT_WHILE_EMPTIED, str(tmp_path), NAME]
    removed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert removed == "removed\n" * 5
    assert await FilePackages(tmp_path).read(NAME, 0, 9) == b"x" * 9


async def test_only_their_owner_reads_the_files(tmp_path: Path) -> None:
    packages = FilePackages(tmp_path)
    await packages.put(NAME, CONTENT)

    assert [path.stat().st_mode & 0o077 for path in files(tmp_path)] == [0]


async def test_names_on_the_disk_differ_in_more_than_their_capitals(tmp_path: Path) -> None:
    packages = FilePackages(tmp_path)
    for group in ("Boston", "BOSTON", "boston"):
        await packages.put(name_of("USRT", group, file="1.ndjson.gz"), group.encode())
    names = {str(path).lower() for path in files(tmp_path)}

    assert len(names) == 3


async def test_a_data_folder_has_a_place_for_packages(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    documents = SqliteDocuments(folder.database)
    await folder.backend(documents).packages.put(NAME, CONTENT)
    documents.close()

    assert [path.is_relative_to(folder.packages) for path in files(folder.packages)] == [True]


async def test_a_writer_that_is_canceled_leaves_all_or_nothing(tmp_path: Path) -> None:
    packages = FilePackages(tmp_path)
    for _ in range(20):
        task = asyncio.create_task(packages.put(NAME, CONTENT))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await packages.put(NAME, CONTENT)

    assert await packages.read(NAME, 0, 10**6) == CONTENT


KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(st.lists(KEYS, min_size=1, max_size=3), st.from_regex(r"[a-z0-9:]{1,40}", fullmatch=True))
def test_a_name_gives_back_what_it_was_made_of(keys: list[str], run: str) -> None:
    file = f"full-{run}-1.ndjson.gz"
    name = name_of(*keys, file=file)
    check_name(name)

    assert segments_of(name) == (*keys, file)
    assert name.isascii()
    assert max(map(len, name.split("/"))) <= 240
    assert len(name) <= 1024 * len(keys)


def test_what_has_no_name_is_refused() -> None:
    for folders, file in (((), "a.gz"), (("",), "a.gz"), (("a",), ""), (("a",), "a"),
                          (("a",), ".gz"), (("a",), "x" * 300 + ".gz")):  # fmt: skip
        with pytest.raises(ValueError, match="cannot be the name"):
            name_of(*folders, file=file)
