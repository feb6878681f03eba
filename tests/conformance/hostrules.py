"""What only the .NET host checks, or silently does otherwise, checked on the bindings."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.host.functions import NotStartable
from local.host.routes import BadRoute, Table
from local.host.timers import schedule

Binding = Mapping[str, Any]
App = Mapping[str, Binding]  # name of the function -> its trigger

NAME = re.compile(r"(?!host$)[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
SETTING = re.compile(r"%([^%]+)%")


def broken(app: App, settings: Iterable[str], prefix: str = "api") -> list[str]:
    """Return a line for each rule that the app breaks; `settings` are names of app settings."""
    names = set(settings)
    found = [
        f"{name}: {fault}"
        for name, trigger in app.items()
        for check in (_name, _settings, _connection, _timer, _cardinality, _route)
        for fault in check(name, trigger, names)
    ]
    return found + _overlaps(app, prefix)


def _name(name: str, _: Binding, __: set[str]) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield "not a legal name"


def _settings(_: str, trigger: Binding, settings: set[str]) -> Iterator[str]:
    for value in trigger.values():
        for setting in SETTING.findall(value) if isinstance(value, str) else ():
            if setting not in settings:
                yield f"%{setting}% is no app setting"


def _connection(_: str, trigger: Binding, settings: set[str]) -> Iterator[str]:
    name = trigger.get("connection")
    named = (one for one in settings if one in {name, f"AzureWebJobs{name}"})
    if name and not any(named) and not any(one.startswith(f"{name}__") for one in settings):
        yield f"no app setting for the connection {name}"


def _timer(_: str, trigger: Binding, __: set[str]) -> Iterator[str]:
    if trigger["type"] != "timerTrigger" or SETTING.search(trigger["schedule"]):
        return
    try:
        schedule(trigger["schedule"])
    except NotStartable as exc:
        yield str(exc)


def _cardinality(_: str, trigger: Binding, __: set[str]) -> Iterator[str]:
    if trigger["type"] != "serviceBusTrigger":
        return
    if str(trigger.get("cardinality", "ONE")).upper() != "ONE":
        yield "messages in bundles lose what belongs to each"


def _route(_: str, trigger: Binding, __: set[str]) -> Iterator[str]:
    route = str(trigger.get("route", "")).lower()
    if route.strip("/").startswith(("admin", "runtime")):
        yield f"the route {route} is reserved"
    if route.startswith("/"):
        yield "a route that begins with / has an empty segment"


def _overlaps(app: App, prefix: str) -> list[str]:
    """The host tries functions by name, so an earlier one hides what it also matches."""
    table, said = Table(prefix), []
    taken: dict[str, list[tuple[str, set[str]]]] = defaultdict(list)
    for name, trigger in sorted(app.items(), key=lambda one: one[0].lower()):
        if trigger["type"] != "httpTrigger":
            continue
        route, methods = str(trigger.get("route", name)), set(trigger.get("methods") or ())
        for other, others in taken[route.lower()]:
            if not methods or not others or methods & others:
                said.append(f"{name}: same route and method as {other}")
        taken[route.lower()].append((name, methods))
        try:
            table.add(name, route, sorted(methods) or None, name)
        except BadRoute as exc:
            said.append(f"{name}: {exc}")
    return said + [f"{a.name}: hides {b.name}" for a, b in table.overlaps()]
