"""The app as the Functions host has it: nothing is installed, all is read from the environment.

Each line that comes in is [method, path, body, headers] of a request to a route of the app; each
that goes out [status, body].
"""

import asyncio
import json
import sys

import azure.functions as func

from function_app import app
from local.host.functions import read_functions
from local.host.routing.table import Table


async def main() -> None:
    table = Table()
    for one in read_functions(app, {"COSMOS_DATABASE": "libro"}):
        if one.kind == "httpTrigger":
            table.add(one.name, one.trigger["route"], one.trigger["methods"], one)
    while line := await asyncio.to_thread(sys.stdin.readline):
        method, path, body, headers = json.loads(line)
        found = table.find(method, f"/api/{path}")
        assert found, path
        function, values = found
        request = func.HttpRequest(
            method=method,
            url=f"https://libro.example/api/{path}",
            headers=headers,
            route_params=values,
            body=json.dumps(body).encode() if body is not None else b"",
        )
        response = await function.invoke(request)
        text = response.get_body().decode()
        print(json.dumps([response.status_code, json.loads(text or "null")]), flush=True)  # noqa: T201


asyncio.run(main())
