"""What was changed offline against what was changed meanwhile, field by field.

A field is named by its path: `firstName`, `attributes/birthday`, `contacts/2/value`,
`addresses/1/street`, or `contacts/2` and `addresses/1` for one that came or went; `primary/email`
is which e-mail is the primary one, `primaryAddress` which address.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.values import Record

MAPS = ("attributes", "externalIds")
NOTHINGS: tuple[Any, ...] = (None, [], (), {})


class FieldConflict(Record):
    """`base` is what it was when the channel last saw it, null too where that is not known."""

    field: str
    base: Any = None
    current: Any = None
    offline: Any = None
    changed_at: datetime | None = None
    changed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A field that others have changed: what it was before the first, and who came last."""

    base: Any
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What others have changed since a version; not `known` where the events of it are gone."""

    touches: Mapping[str, Touch]
    known: bool = True


NOTHING = Meanwhile({})
UNKNOWN = Meanwhile({}, known=False)


def meanwhile(events: Iterable[Mapping[str, Any]], own: str) -> Mapping[str, Touch]:
    """Return what the events, in order, say that anybody but the actor `own` has changed.

    What `own` has changed after them is its own again.
    """
    touches: dict[str, Touch] = {}
    for event in events:
        at, by = datetime.fromisoformat(event["time"]), event["data"]["actor"]
        for change in event["data"]["changes"]:
            for path, old in leaves(change["field"], change["old"], change["new"]):
                if by == own:
                    touches.pop(path, None)
                    continue
                base = touches[path].base if path in touches else old
                touches[path] = Touch(base, at, by)
    return touches


def leaves(field: str, old: Any, new: Any) -> Iterator[tuple[str, Any]]:
    """Yield the paths that differ below a changed field, with their old values."""
    if field in MAPS:
        yield from _differing(field, old or {}, new or {})
    elif field == "contacts":
        yield from _contacts(_by_id(old), _by_id(new))
    elif field.startswith("addresses/"):
        yield from _part(field, old, new)
    elif field == "primaryAddress":
        before, after = (old or {}).get("id"), (new or {}).get("id")
        yield from [(field, before)] if before != after else []
    else:
        yield field, old


def _contacts(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from _differing("primary", _primaries(before), _primaries(after))
    for key in before | after:
        yield from _part(f"contacts/{key}", before.get(key), after.get(key))


def _part(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any]]:
    if old is None or new is None:
        yield path, old
        return
    yield from _differing(path, old, new)


def _differing(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Any]:
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield f"{path}/{name}", old.get(name)


def _by_id(contacts: Any) -> dict[str, Any]:
    return {one["id"]: one for one in contacts or ()}


def _primaries(contacts: Mapping[str, Any]) -> dict[str, Any]:
    return {one["kind"]: one["value"] for one in contacts.values() if one["primary"]}


def flattened(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a customer by path, with the maps taken apart."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if name in MAPS and isinstance(value, Mapping):
            flat |= {f"{name}/{key}": one for key, one in value.items()}
        else:
            flat[name] = value
    return flat


def conflicts(
    offline: Mapping[str, Any], current: Mapping[str, Any], since: Meanwhile
) -> tuple[FieldConflict, ...]:
    """Return the fields that both sides have changed, and not to the same value.

    Where it is not known what was changed meanwhile, any difference may be somebody's change.
    """
    found = []
    for path, value in offline.items():
        now = current.get(path)
        touch = since.touches.get(path)
        if _same(now, value) or (touch is None and since.known):
            continue
        found.append(
            FieldConflict(
                field=path,
                base=touch.base if touch else None,
                current=now,
                offline=value,
                changed_at=touch.at if touch else None,
                changed_by=touch.by if touch else None,
            )
        )
    return tuple(found)


def _same(one: Any, other: Any) -> bool:
    """Tell it of two values; nothing and an empty list are alike, nothing and 0 are not."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other) or (one in NOTHINGS and other in NOTHINGS)
