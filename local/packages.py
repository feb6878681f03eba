"""Packages in files below the data folder: written beside, made durable, then put in place."""

import asyncio
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from shared.ports.packages import (
    PackageMissing,
    PackagesUnavailable,
    check_name,
    check_prefix,
    check_range,
)

DRAFT_SECONDS: Final = 3600.0  # a draft that is older was left by a process that died
MARK: Final = "!"  # stands between a segment of a name and the digest that tells its capitals
TRIES: Final = 20  # to put a file into a folder that others remove because it is empty


class FilePackages:
    """Several processes may work in one folder. What is half written is nowhere to be seen."""

    def __init__(self, root: Path) -> None:
        self._stored = root / "stored"
        self._drafts = root / "drafts"

    async def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        await asyncio.to_thread(self._put, path, content)

    async def read(self, name: str, start: int, end: int) -> bytes:
        path = self._path(name)
        check_range(start, end)
        return await asyncio.to_thread(_read, path, start, end)

    async def remove(self, name: str) -> None:
        path = self._path(name)
        await asyncio.to_thread(self._remove, path)

    async def names(self, prefix: str) -> AsyncIterator[str]:
        """Yield them, after the drafts of dead processes are swept away."""
        check_prefix(prefix)
        for name in await asyncio.to_thread(self._names, prefix):
            yield name

    def _path(self, name: str) -> Path:
        check_name(name)
        return self._stored.joinpath(*map(_file_name, name.split("/")))

    def _put(self, path: Path, content: bytes) -> None:
        with _working():
            self._drafts.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=self._drafts)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(descriptor)
                _place(Path(draft), path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
            for folder in self._folders(path):
                _make_durable(folder)

    def _remove(self, path: Path) -> None:
        with _working():
            path.unlink(missing_ok=True)
            with suppress(OSError):  # there is more in it, or somebody else removed it
                for folder in self._folders(path)[:-1]:
                    folder.rmdir()

    def _names(self, prefix: str) -> list[str]:
        with _working():
            self._sweep()
            return list(_below(self._stored, "", prefix))

    def _sweep(self) -> None:
        dead = time.time() - DRAFT_SECONDS
        for draft in self._drafts.glob("*"):
            with suppress(FileNotFoundError):
                if draft.stat().st_mtime < dead:
                    draft.unlink()

    def _folders(self, path: Path) -> list[Path]:
        """Return the folders of a file, the innermost first, up to that of all packages."""
        return [folder for folder in path.parents if folder.is_relative_to(self._stored)]


def _read(path: Path, start: int, end: int) -> bytes:
    with _working():
        try:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        except FileNotFoundError:
            raise PackageMissing(f"There is no package {path.name}.") from None


def _place(draft: Path, path: Path) -> None:
    for _ in range(TRIES):
        with suppress(FileExistsError, FileNotFoundError):  # it came or went meanwhile
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)
            return
    raise FileNotFoundError(errno.ENOENT, "others remove its folder", str(path))


def _make_durable(folder: Path) -> None:
    """Have the names in a folder outlive a power failure, where a folder can be opened for it."""
    if os.name == "nt":
        return
    with suppress(FileNotFoundError):  # others removed the file, and the folder with it
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _below(folder: Path, name: str, prefix: str) -> Iterator[str]:
    """Yield the names in this folder, whose own name ends with a slash, that begin so."""
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for entry in entries:
        inner = name + entry.name.partition(MARK)[0]
        if "." in inner:  # a file: no folder has a dot in its name
            if inner.startswith(prefix):
                yield inner
        elif f"{inner}/".startswith(prefix) or prefix.startswith(f"{inner}/"):
            yield from _below(entry, f"{inner}/", prefix)


def _file_name(segment: str) -> str:
    """Return a name of its own on file systems, too, that do not tell capitals from others."""
    if segment == segment.lower():
        return segment
    return f"{segment}{MARK}{hashlib.sha256(segment.encode()).hexdigest()[:8]}"


@contextmanager
def _working() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise PackagesUnavailable(f"The folder of packages fails ({exc.strerror}).") from exc
