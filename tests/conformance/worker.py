"""Microsoft's own Python worker library, driven as its host drives it, but without gRPC.

It takes any object that has the members of a protobuf message, so messages here are plain
objects. Only what the five entry points are given and give back is made; the .NET host, its
bindings and the wire are not here. Run as a program, it loads the app in a folder and prints what
it found, or why it refuses to.
"""

import asyncio
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime

SAME_SITE = {"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3}


class Message:
    """Stands for any protobuf message: it has the members it was made with."""

    def __init__(self, **members: Any) -> None:
        self.__dict__.update(members)

    def WhichOneof(self, _: str) -> str | None:  # noqa: N802  # protobuf's own name
        if type(self).__name__ == "ParameterBinding":
            return "data"
        return next(iter(self.__dict__), None)


class Messages:
    """Makes a class for each kind of message that is asked for."""

    def __getattr__(self, name: str) -> Any:
        made = type(name, (Message,), {})
        setattr(self, name, made)
        return made


MESSAGES: Any = Messages()
MESSAGES.BindingInfo.undefined, MESSAGES.BindingInfo.out, MESSAGES.BindingInfo.inout = 0, 1, 2
MESSAGES.StatusResult.Failure, MESSAGES.StatusResult.Success = 0, 1
MESSAGES.RpcHttpCookie.SameSite = SimpleNamespace(**SAME_SITE)
DATA = MESSAGES.TypedData


class Refused(Exception):
    """The worker refused to load the app, or the function failed."""


class Worker:
    """State is global to the process, so there is one app for each process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids: dict[str, str] = {}
        self.bindings: dict[str, list[dict[str, Any]]] = {}
        self.retries: dict[str, Any] = {}

    async def start(self) -> "Worker":
        """Index and load the app. Raises Refused with the worker's own words."""
        runtime.start_threadpool_executor()
        start = SimpleNamespace(capabilities={}, function_app_directory=str(self.folder))
        _check((await runtime.worker_init_request(_request(worker_init_request=start))).result)
        indexed = await runtime.functions_metadata_request(_request())
        _check(indexed.result)
        for one in indexed.function_metadata_results or ():
            wanted = SimpleNamespace(function_id=one.function_id)
            loaded = await runtime.function_load_request(_request(function_load_request=wanted))
            _check(loaded.result)
            self.ids[one.name] = one.function_id
            self.bindings[one.name] = [json.loads(binding) for binding in one.raw_bindings]
            self.retries[one.name] = one.retry_options
        return self

    async def invoke(
        self, name: str, inputs: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what the function returned. Raises Refused if it raised."""
        call = SimpleNamespace(
            invocation_id=str(uuid.uuid4()),
            function_id=self.ids[name],
            trigger_metadata=metadata or {},
            input_data=[
                MESSAGES.ParameterBinding(name=name, data=data) for name, data in inputs.items()
            ],
            trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = await runtime.invocation_request(_request(invocation_request=call))
        _check(answer.result)
        return answer.return_value

    def stop(self) -> None:
        runtime.stop_threadpool_executor()


def http(
    method: str,
    url: str,
    *,
    route: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Any:
    """Return a request as the host sends it: names of headers in lower case, a body as bytes."""
    content = DATA(bytes=body) if body else DATA()
    return DATA(
        http=SimpleNamespace(
            method=method, url=url, params=dict(route), query={}, body=content,
            headers={name.lower(): value for name, value in headers.items()},
        )
    )  # fmt: skip


def documents(changes: Sequence[Mapping[str, Any]]) -> Any:
    return DATA(json=json.dumps(changes))


def _request(**members: Any) -> Any:
    return SimpleNamespace(
        request=SimpleNamespace(**members),
        properties={"host": "127.0.0.1", "protos": MESSAGES},
    )


def _check(result: Any) -> None:
    if result.status != MESSAGES.StatusResult.Success:
        raise Refused(f"{result.exception.message}\n{result.exception.stack_trace}")


async def main(folder: Path) -> int:
    sys.path.insert(0, str(folder))
    try:
        worker = await Worker(folder).start()
    except Refused as exc:
        print(exc)  # noqa: T201
        return 1
    finally:
        runtime.stop_threadpool_executor()
    print("\n".join(sorted(worker.ids)))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
