"""What the app has registered, read the way Microsoft's worker reports it to the real host."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import azure.functions as func

Binding = Mapping[str, Any]
_SETTING = re.compile(r"%([^%]+)%")


class NotStartable(Exception):
    """The real host would not start this function either."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed invocation comes again, -1 for ever, and after how many seconds."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    call: Callable[..., Awaitable[Any]]
    trigger: Binding
    retry: Retry | None

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])

    async def invoke(self, value: Any) -> Any:
        return await self.call(**{self.trigger["name"]: value})


def read_functions(app: func.FunctionApp, settings: Mapping[str, str]) -> list[Function]:
    """Return the functions in the order of their names, which is the host's order of routing."""
    app.functions_bindings = None  # get_functions() takes what it returned before for duplicates
    try:
        found = [_read(one, settings) for one in app.get_functions()]
    finally:
        app.functions_bindings = None
    return sorted(found, key=lambda one: one.name.lower())


def decode(kind: str, datum: Any, metadata: Mapping[str, Any] | None = None) -> Any:
    """Return the value a trigger gets, made by the SDK's own converter."""
    converter: Any = func.get_binding_registry().get(kind)
    return converter.decode(datum, trigger_metadata=dict(metadata or {}))


def _read(registered: Any, settings: Mapping[str, str]) -> Function:
    name = registered.get_function_name()
    bindings = [json.loads(text) for text in registered.get_raw_bindings()]
    trigger = next(one for one in bindings if one["type"].lower().endswith("trigger"))
    return Function(
        name=name,
        call=registered.get_user_function(),
        trigger={key: _resolved(name, value, settings) for key, value in trigger.items()},
        retry=_retry(registered.get_settings_dict("retry_policy")),
    )


def _resolved(name: str, value: Any, settings: Mapping[str, str]) -> Any:
    """Put app settings in the place of %NAME%; a name that is none stops the function."""
    if not isinstance(value, str):
        return value

    def setting(match: re.Match[str]) -> str:
        if match[1] not in settings:
            raise NotStartable(f"{name}: %{match[1]}% is not an app setting")
        return settings[match[1]]

    return _SETTING.sub(setting, value)


def _retry(policy: Mapping[str, str] | None) -> Retry | None:
    if not policy:
        return None
    hours, minutes, seconds = (float(part) for part in policy["delay_interval"].split(":"))
    return Retry(int(policy["max_retry_count"]), hours * 3600 + minutes * 60 + seconds)
