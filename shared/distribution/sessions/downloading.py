"""The bytes of a form, whole, in parts or in ranges."""

from typing import Final

from shared.context import Context
from shared.distribution.building.documents import read_package
from shared.distribution.domain.packages import Form, FormName, PackageGone, PackageNotFound, Part
from shared.distribution.sessions.offering import Channel, Session
from shared.ports.packages import PackageMissing, Packages

MAX_BYTES: Final = 16 * 1024 * 1024  # of one answer: Functions cannot stream


async def find_form(
    session: Session, name: FormName | None, channel: Channel, context: Context
) -> Form:
    """Return the form that the session delivers, or the one that is named. Raises PackageGone."""
    said = session.said
    if session.status == "Canceled":
        raise PackageGone(f"Another session took the place of {said.id}.")
    try:
        package = await read_package(channel.group, said.job, said.number, context)
    except PackageNotFound:
        raise PackageGone(f"The package of {said.id} was swept.") from None
    form = package.form(name or said.form)
    if form is None:
        raise PackageGone(f"The package of {said.id} has no form {name or said.form}.")
    return form


async def read_bytes(form: Form, start: int, end: int, packages: Packages) -> bytes:
    """Return the bytes of the form from `start` up to but not including `end`.

    Raises PackageGone, Unavailable.
    """
    found, offset = [], 0
    for part in form.parts:
        first, last = max(start - offset, 0), min(end - offset, part.bytes)
        if first < last:
            found.append(await _read(part, first, last, packages))
        offset += part.bytes
    return b"".join(found)


async def _read(part: Part, start: int, end: int, packages: Packages) -> bytes:
    try:
        return await packages.read(part.name, start, end)
    except PackageMissing:
        raise PackageGone("The package was swept.") from None
