"""Microsoft's own Python worker, driven the way the Functions host drives it, without gRPC.

Its messages are plain objects here: the worker makes and reads them by their fields alone.
As a script it loads the app of a folder and invokes what it is asked to, one line each.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import azure_functions_runtime as runtime


class AppRefused(Exception):
    """The worker would not load the app; the message is its own."""


class FunctionFailed(Exception):
    """The function raised, or the worker could not use what it returned."""


class Message:
    """Any message of the protocol: it keeps the fields it is given."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class TypedData(Message):
    """A value under the name of its type, such as `json`."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802  # protobuf's name
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    def WhichOneof(self, _group: str) -> str:  # noqa: N802  # protobuf's name
        return "data"


class BindingInfo(Message):
    undefined, out, inout = 0, 1, 2


class StatusResult(Message):
    Failure, Success = 0, 1


class Protocol:
    """What the worker takes for the module of messages; those not named here are alike."""

    TypedData = TypedData
    ParameterBinding = ParameterBinding
    BindingInfo = BindingInfo
    StatusResult = StatusResult

    def __getattr__(self, name: str) -> type[Message]:
        return Message


@dataclass(frozen=True, slots=True)
class Indexed:
    """A function as the worker reports it to the host; `retry` is a count and its seconds."""

    name: str
    id: str
    trigger: Mapping[str, Any]
    retry: tuple[int, float] | None


@dataclass(frozen=True, slots=True)
class Payload:
    """What a trigger is given, and the metadata that travel beside it."""

    data: TypedData
    metadata: Mapping[str, TypedData] = field(default_factory=dict)


class Worker:
    """There can be one in a process: the worker keeps its functions in a global."""

    def __init__(self, functions: Sequence[Indexed]) -> None:
        self.functions = {one.name: one for one in functions}

    @classmethod
    async def start(cls, folder: Path) -> Self:
        """Load the app whose folder is first on the path. Raises AppRefused."""
        init = Message(capabilities={}, function_app_directory=str(folder))
        started = await runtime.worker_init_request(_request(worker_init_request=init))
        _check(started, AppRefused)
        listed = await runtime.functions_metadata_request(_request())
        for one in listed.function_metadata_results:
            load = Message(function_id=one.function_id)
            loaded = await runtime.function_load_request(_request(function_load_request=load))
            _check(loaded, AppRefused)
        return cls([_indexed(one) for one in listed.function_metadata_results])

    async def invoke(self, name: str, payload: Payload) -> Any:
        """Return what the function returned, as it goes to the host. Raises FunctionFailed."""
        function = self.functions[name]
        invocation = Message(
            invocation_id="3f0c0000-0000-4000-8000-000000000000",
            function_id=function.id,
            input_data=[ParameterBinding(name=function.trigger["name"], data=payload.data)],
            trigger_metadata=payload.metadata,
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = await runtime.invocation_request(_request(invocation_request=invocation))
        _check(answer, FunctionFailed)
        return answer.return_value


def _request(**content: Message) -> Message:
    properties = {"host": "127.0.0.1", "protos": Protocol()}
    return Message(request=Message(**content), properties=properties)


def _check(answer: Any, kind: type[Exception]) -> None:
    if answer.result.status != StatusResult.Success:
        raise kind(answer.result.exception.message)


def _indexed(metadata: Any) -> Indexed:
    bindings = [json.loads(text) for text in metadata.raw_bindings]
    [trigger] = [one for one in bindings if one["type"].endswith("Trigger")]
    policy = metadata.retry_options
    retry = policy and (policy.max_retry_count, policy.delay_interval.total_seconds())
    return Indexed(metadata.name, metadata.function_id, trigger, retry)


async def _serve(folder: Path) -> None:
    sys.path.insert(0, str(folder))
    worker = await Worker.start(folder)
    _say(json.dumps([asdict(one) for one in worker.functions.values()]))
    for line in sys.stdin:
        asked = json.loads(line)
        metadata = {name: TypedData(**value) for name, value in asked["metadata"].items()}
        try:
            await worker.invoke(asked["name"], Payload(TypedData(**asked["data"]), metadata))
        except FunctionFailed as exc:
            _say(f"failed: {exc}")
        else:
            _say("done")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    try:
        asyncio.run(_serve(Path(sys.argv[1])))
    except AppRefused as exc:
        sys.exit(f"refused: {exc}")
