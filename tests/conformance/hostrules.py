"""What only the real host checks, and what it silently does otherwise than one would think.

Microsoft's worker accepts all of these. The host then refuses the function, or calls another
one, or loses messages. Each rule yields what is wrong, in words.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, zip_longest

from local.host.functions import CannotStart, Function
from local.host.routing.table import BadRoute, Template
from local.host.timers import schedule

Settings = Mapping[str, str]
Rule = Callable[[Sequence[Function], Settings], Iterator[str]]

LEGAL_NAME = re.compile(r"(?!host$)[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
RESERVED = ("admin", "runtime")
SETTING = re.compile(r"%([^%]+)%")
PARAMETER = re.compile(r"\{[^*}]*\}")
REST = re.compile(r"\{\*[^}]*\}")
DEEP = "~/" * 9  # deeper than any route
FOR_EVER = -1


class Unresolved(dict[str, str]):
    """Settings under which a function is read with its %NAME% as it was written."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return f"%{name}%"


def breaches(functions: Sequence[Function], settings: Settings) -> list[str]:
    """Return what the host would hold against functions, read unresolved, with these settings."""
    return [breach for rule in RULES for breach in rule(functions, settings)]


def names_are_legal(functions: Sequence[Function], _: Settings) -> Iterator[str]:
    for one in functions:
        if not LEGAL_NAME.fullmatch(one.name):
            yield f"{one.name} is no name for a function"


def names_are_unique(functions: Sequence[Function], _: Settings) -> Iterator[str]:
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for one in functions:
        alike[one.name.lower()].append(one.name)
    for names in alike.values():
        if len(names) > 1:
            yield f"{' and '.join(names)} are one name to the host"


def routes_are_legal(functions: Sequence[Function], _: Settings) -> Iterator[str]:
    for one in _of("httpTrigger", functions):
        if _route(one).lower().startswith(RESERVED):  # so `administrators` is reserved, too
            yield f"{one.name}: the route {_route(one)} is reserved"
        if str(one.trigger.get("route") or "").startswith("/"):
            yield f"{one.name}: the route {one.trigger['route']} begins with a slash"
        if not _is_readable(one):
            yield f"{one.name}: the route {_route(one)} cannot be read"


def no_route_hides_another(functions: Sequence[Function], _: Settings) -> Iterator[str]:
    """The first that matches is called, in the order of names, however much another fits better.

    So a route that lies within another one must be that of the function whose name is first.
    """
    readable = [one for one in _of("httpTrigger", functions) if _is_readable(one)]
    in_order = sorted(readable, key=lambda one: one.name.upper())
    for first, second in combinations(in_order, 2):
        one, other = _route(first), _route(second)
        if not (_share_a_method(first, second) and _meet(one, other)):
            continue
        if one.lower() == other.lower():
            yield f"{first.name} and {second.name} have the same route and method"
        elif not _covers(other, one) or _covers(one, other):
            yield f"{first.name} hides {second.name}: {one} comes before {other}"


def schedules_are_ncrontab(functions: Sequence[Function], settings: Settings) -> Iterator[str]:
    for one in _of("timerTrigger", functions):
        written = str(one.trigger["schedule"])
        text = SETTING.sub(lambda match: settings.get(match[1], ""), written)
        try:
            schedule(text)
        except CannotStart as exc:
            yield f"{one.name}: {exc}"


def settings_exist(functions: Sequence[Function], settings: Settings) -> Iterator[str]:
    for one in functions:
        for name in SETTING.findall(" ".join(map(str, one.trigger.values()))):
            if name not in settings:
                yield f"{one.name}: %{name}% is not an app setting"


def connections_exist(functions: Sequence[Function], settings: Settings) -> Iterator[str]:
    for one in functions:
        name = one.trigger.get("connection")
        whole = {name, f"AzureWebJobs{name}"}
        if name and not any(key in whole or key.startswith(f"{name}__") for key in settings):
            yield f"{one.name}: there is no app setting for the connection {name}"


def messages_come_one_by_one(functions: Sequence[Function], _: Settings) -> Iterator[str]:
    """In a batch the host drops empty metadata, and one message gets what is another's."""
    for one in _of("serviceBusTrigger", functions):
        if str(one.trigger.get("cardinality", "ONE")).upper() != "ONE":
            yield f"{one.name}: messages come in batches"


def feeds_never_give_up(functions: Sequence[Function], _: Settings) -> Iterator[str]:
    """The host goes on after a batch whose retries are used up, and its changes are lost."""
    for one in _of("cosmosDBTrigger", functions):
        if one.retry is None or one.retry.count != FOR_EVER:
            yield f"{one.name}: a batch that fails is given up"


RULES: tuple[Rule, ...] = (
    names_are_legal,
    names_are_unique,
    routes_are_legal,
    no_route_hides_another,
    schedules_are_ncrontab,
    settings_exist,
    connections_exist,
    messages_come_one_by_one,
    feeds_never_give_up,
)


def _of(kind: str, functions: Sequence[Function]) -> list[Function]:
    return [one for one in functions if one.kind == kind]


def _route(function: Function) -> str:
    return str(function.trigger.get("route") or function.name).strip("/")


def _is_readable(function: Function) -> bool:
    try:
        Template(_route(function))
    except BadRoute:
        return False
    return True


def _share_a_method(first: Function, second: Function) -> bool:
    one, other = (set(each.trigger.get("methods") or ()) for each in (first, second))
    return not one or not other or bool(one & other)  # none given is every method


def _meet(first: str, second: str) -> bool:
    """Tell whether there is a path that both match; two constraints are not held together."""
    for one, other in zip_longest(first.split("/"), second.split("/"), fillvalue=""):
        if REST.fullmatch(one) or REST.fullmatch(other):
            return True
        if not _can_be_alike(one, other):
            return False
    return True


def _can_be_alike(one: str, other: str) -> bool:
    if "{" in one and "{" in other:
        return True
    literal, template = (one, other) if "{" in other else (other, one)
    return Template(template).match(f"/{literal}") is not None


def _covers(wide: str, narrow: str) -> bool:
    """Tell whether the wide route matches what the narrow one does, by an odd example."""
    example = REST.sub(DEEP, PARAMETER.sub("~", narrow))
    return Template(wide).match(f"/{example}") is not None
