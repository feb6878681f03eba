"""The functions that the app registers, read as Microsoft's worker reports them to the host."""

import asyncio
import itertools
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from shared.platform.topology import database

log = logging.getLogger(__name__)

Binding = Mapping[str, Any]
_SETTING = re.compile(r"%([^%]+)%")


class CannotStart(Exception):
    """The real host would refuse to start this function, too."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed invocation is repeated (-1: without end), and after how many seconds."""

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

    async def invoke_patiently(self, value: Any) -> Any:
        """Invoke, and again after a failure as the retry policy allows; raise the last failure."""
        for attempt in itertools.count(1):
            try:
                return await self.invoke(value)
            except Exception:
                if self.retry is None or 0 <= self.retry.count < attempt:
                    raise
                log.exception("Executed 'Functions.%s' (Failed)", self.name)
                await asyncio.sleep(self.retry.seconds)
        raise AssertionError("unreachable")


def read_functions(
    app: func.FunctionApp, settings: Mapping[str, str] | None = None
) -> list[Function]:
    """Return the functions ordered by name, which is the order in which the host tries routes.

    `settings` are the app settings for %NAME%, by default those that this host provides.
    """
    if settings is None:
        settings = {"COSMOS_DATABASE": database()}
    app.functions_bindings = None  # else get_functions() reports its former results as duplicates
    try:
        functions = [_read(function, settings) for function in app.get_functions()]
    finally:
        app.functions_bindings = None
    return sorted(functions, key=lambda function: function.name.upper())


def decode(kind: str, datum: Any, metadata: Mapping[str, Any] | None = None) -> Any:
    """Return the value that a trigger receives, built by the SDK's own converter."""
    converter: Any = func.get_binding_registry().get(kind)
    return converter.decode(datum, trigger_metadata=dict(metadata or {}))


def _read(registered: Any, settings: Mapping[str, str]) -> Function:
    name = registered.get_function_name()
    bindings = [json.loads(text) for text in registered.get_raw_bindings()]
    trigger = next(binding for binding in bindings if binding["type"].lower().endswith("trigger"))
    if trigger["type"] == "httpTrigger" and _SETTING.search(str(trigger.get("route"))):
        raise CannotStart(f"{name}: the host resolves no app setting in a route")
    return Function(
        name=name,
        call=registered.get_user_function(),
        trigger={key: _resolved(name, value, settings) for key, value in trigger.items()},
        retry=_retry(registered.get_settings_dict("retry_policy")),
    )


def _resolved(name: str, value: Any, settings: Mapping[str, str]) -> Any:
    """Replace %NAME% with that app setting. Raises CannotStart for an unknown name."""
    if not isinstance(value, str):
        return value

    def setting(match: re.Match[str]) -> str:
        if match[1] not in settings:
            raise CannotStart(f"{name}: %{match[1]}% is not an app setting")
        return settings[match[1]]

    return _SETTING.sub(setting, value)


def _retry(policy: Mapping[str, str] | None) -> Retry | None:
    if not policy:
        return None
    hours, minutes, seconds = (float(part) for part in policy["delay_interval"].split(":"))
    return Retry(int(policy["max_retry_count"]), hours * 3600 + minutes * 60 + seconds)
