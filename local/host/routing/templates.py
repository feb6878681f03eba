"""Route templates of ASP.NET, as far as functions use them: `customers/{id:guid}/{*path}`.

What the real host cannot read takes it down with all functions, so it is refused here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from local.host.routing.constraints import Check, constraint

_TOKEN = re.compile(r"((?:\{\{|\}\}|[^{}?])+)|\{((?:[^{}]|\{\{|\}\})+)\}|(.)")
_PARAMETER = re.compile(
    r"(?P<stars>\*{0,2})(?P<name>\w+)(?P<checks>(?::\w+(?:\((?:[^()]|\([^()]*\))*\))?)*)"
    r"(?:=(?P<default>[^?]*)|(?P<optional>\?))?"
)
_CHECK = re.compile(r":(\w+)(?:\(((?:[^()]|\([^()]*\))*)\))?")
ENDLESS = 1_000  # segments that the rest of a path may have


class BadRoute(ValueError):
    """The real host would refuse to start with the route."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of a segment that takes a value."""

    name: str
    checks: tuple[Check, ...]
    takes_rest: bool
    may_be_missing: bool
    default: str | None


Segment = list[str | Parameter]


class Template:
    """One route; letter case and a trailing slash of a path are ignored."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip("/")
        written = self.text.split("/") if self.text else []
        segments = [_segment(part, self.text) for part in written]
        self._parameters = [part for one in segments for part in one if isinstance(part, Parameter)]
        self._check_names()
        if any(_takes_rest(one) for one in segments[:-1]):
            raise BadRoute(f"{self.text!r} goes on after the rest of the path")
        needed = max(
            (number for number, one in enumerate(segments, 1) if not _may_be_missing(one)),
            default=0,
        )
        self.sizes = needed, ENDLESS if any(map(_takes_rest, segments)) else len(segments)
        texts = [_regex(one, missing=at > needed) for at, one in enumerate(segments, 1)]
        self._regex = re.compile("".join(texts) + "/?", re.IGNORECASE)

    def match(self, path: str) -> dict[str, str] | None:
        match = self._regex.fullmatch(path)
        if match is None:
            return None
        values = {}
        for parameter, value in zip(self._parameters, match.groups(), strict=True):
            given = value or parameter.default
            if given:
                if not all(check(given) for check in parameter.checks):
                    return None
                values[parameter.name] = given
        return values

    def fits(self, segments: int) -> bool:
        return self.sizes[0] <= segments <= self.sizes[1]

    def _check_names(self) -> None:
        names = [parameter.name.lower() for parameter in self._parameters]
        if len(set(names)) < len(names):
            raise BadRoute(f"{self.text!r} has a parameter twice")


def _segment(text: str, whole: str) -> Segment:
    """Return the parts of a segment. Raises BadRoute."""
    if not text:
        raise BadRoute(f"{whole!r} has an empty segment")
    parts = list(_parts(text, whole))
    parameters = [part for part in parts if isinstance(part, Parameter)]
    adjacent = any(
        isinstance(one, Parameter) and isinstance(other, Parameter)
        for one, other in pairwise(parts)
    )
    if adjacent or (len(parts) > 1 and any(one.takes_rest for one in parameters)):
        raise BadRoute(f"cannot tell the parameters apart in the segment {text!r} of {whole!r}")
    return parts


def _parts(text: str, whole: str) -> Iterator[str | Parameter]:
    """Yield literals, and parameters; a brace that is meant is doubled."""
    for literal, parameter, odd in _TOKEN.findall(text):
        if odd:
            raise BadRoute(f"cannot read {odd!r} in the segment {text!r} of {whole!r}")
        yield _parameter(parameter, whole) if parameter else _single(literal)


def _single(text: str) -> str:
    """Return the text with its doubled braces as one each."""
    return text.replace("{{", "{").replace("}}", "}")


def _parameter(text: str, whole: str) -> Parameter:
    match = _PARAMETER.fullmatch(_single(text))
    if match is None:
        raise BadRoute(f"cannot read the parameter {text!r} of {whole!r}")
    try:
        checks = tuple(constraint(*found) for found in _CHECK.findall(match["checks"]))
    except ValueError as exc:
        raise BadRoute(f"{exc} in {whole!r}") from None
    takes_rest = bool(match["stars"])
    if takes_rest and match["optional"]:
        raise BadRoute(f"the rest of a path is optional anyway: {whole!r}")
    return Parameter(
        name=match["name"],
        checks=checks,
        takes_rest=takes_rest,
        may_be_missing=takes_rest or bool(match["optional"]) or match["default"] is not None,
        default=match["default"],
    )


def _takes_rest(segment: Segment) -> bool:
    return any(isinstance(part, Parameter) and part.takes_rest for part in segment)


def _may_be_missing(segment: Segment) -> bool:
    [*others, last] = segment
    return not others and isinstance(last, Parameter) and last.may_be_missing


def _regex(segment: Segment, *, missing: bool) -> str:
    if _takes_rest(segment):
        return "(?:/(.*))?"
    text = "/" + "".join(
        re.escape(part) if isinstance(part, str) else "([^/]+)" for part in segment
    )
    return f"(?:{text})?" if missing else text
