"""What was changed offline against what others have changed since, field by field.

A field is named by its path: `firstName`, `attributes/birthday`, `contacts/2/value`,
`addresses/1/street`, or `contacts/2` and `addresses/1` for one that was added or removed;
`primary/email` is which e-mail is the primary one, `primaryAddress` which address.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from shared.core.values import Record

MAPS = ("attributes", "externalIds")
NOTHINGS: tuple[Any, ...] = (None, [], (), {})


class FieldConflict(Record):
    """A field that the channel and others have changed, and not to the same value."""

    field: Annotated[
        str, Field(description="Path of the field", examples=["attributes/occupation"])
    ]
    base: Any = Field(
        default=None, description="Value that the channel saw; null if that is not known"
    )
    current: Any = Field(default=None, description="Value that it has now")
    offline: Any = Field(default=None, description="Value that the channel gave it")
    changed_at: datetime | None = Field(default=None, description="When others changed it last")
    changed_by: str | None = Field(
        default=None, description="Who changed it last", examples=["application:web"]
    )


@dataclass(frozen=True, slots=True)
class LaterChange:
    """A field that others have changed: its value before the first change, and the last one."""

    base: Any
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ChangesSince:
    """What others have changed since a version; not `known` where its events are gone."""

    fields: Mapping[str, LaterChange]
    known: bool = True


NO_CHANGES = ChangesSince({})
UNKNOWN_CHANGES = ChangesSince({}, known=False)


def changes_since(events: Iterable[Mapping[str, Any]], own: str) -> Mapping[str, LaterChange]:
    """Return what the events, in order, say that anybody but the actor `own` has changed.

    What `own` has changed after them is its own again.
    """
    fields: dict[str, LaterChange] = {}
    for event in events:
        at, by = datetime.fromisoformat(event["time"]), event["data"]["actor"]
        for change in event["data"]["changes"]:
            for path, old in leaves(change["field"], change["old"], change["new"]):
                if by == own:
                    fields.pop(path, None)
                    continue
                base = fields[path].base if path in fields else old
                fields[path] = LaterChange(base, at, by)
    return fields


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
    return {contact["id"]: contact for contact in contacts or ()}


def _primaries(contacts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        contact["kind"]: contact["value"] for contact in contacts.values() if contact["primary"]
    }


def flattened(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a customer by path, with the maps taken apart."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if name in MAPS and isinstance(value, Mapping):
            flat |= {f"{name}/{key}": item for key, item in value.items()}
        else:
            flat[name] = value
    return flat


def conflicts(
    offline: Mapping[str, Any], current: Mapping[str, Any], since: ChangesSince
) -> tuple[FieldConflict, ...]:
    """Return the fields that both sides have changed, and not to the same value.

    Where it is not known what was changed since, any difference may be a change of others.
    """
    differing = []
    for path, value in offline.items():
        change = since.fields.get(path)
        if _same(current.get(path), value) or (change is None and since.known):
            continue
        differing.append(
            FieldConflict(
                field=path,
                base=change.base if change else None,
                current=current.get(path),
                offline=value,
                changed_at=change.at if change else None,
                changed_by=change.by if change else None,
            )
        )
    return tuple(differing)


def _same(left: Any, right: Any) -> bool:
    """Compare two values; nothing and an empty list are alike, nothing and 0 are not."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return bool(left == right) or (left in NOTHINGS and right in NOTHINGS)
