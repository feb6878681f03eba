"""One question to the app, timed and said in a line."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

PAUSE = 0.5


class Wrong(Exception):
    """The app answered, and not as it should; the text says how."""


@dataclass
class Smoke:
    """The app, who asks it, and what has become of the questions."""

    client: httpx.Client
    administrator: httpx.Client | None
    say: Callable[[str], None]
    company: str
    store: str
    worker: str
    asked: int = 0
    wrong: int = 0
    left: int = 0
    made: list[str] = field(default_factory=list)  # customers, to be cleaned up

    @contextmanager
    def question(self, text: str) -> Iterator[None]:
        """Ask, and go on with the next whatever comes of it."""
        self.asked += 1
        begun = time.monotonic()
        try:
            yield
        except (Wrong, httpx.HTTPError, KeyError, ValueError) as exc:
            self.wrong += 1
            self.say(f"WRONG {time.monotonic() - begun:6.2f} s  {text}: {exc!r}"[:400])
        else:
            self.say(f"ok    {time.monotonic() - begun:6.2f} s  {text}")

    def path(self, rest: str) -> str:
        return f"/api/v1/{self.company}/{rest}"

    def ask(
        self,
        method: str,
        rest: str,
        body: Any = None,
        *,
        status: int = 200,
        by: httpx.Client | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Return the answer. Raises Wrong unless it has the status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = (by or self.client).request(method, self.path(rest), json=body, headers=named)
        if answer.status_code != status:
            raise Wrong(f"{method} {rest} answered {answer.status_code}: {answer.text[:200]}")
        return answer

    def until(self, seconds: float, probe: Callable[[], Any]) -> Any:
        """Return what the probe finds, as soon as it finds something. Raises Wrong."""
        end = time.monotonic() + seconds
        while not (found := probe()):
            if time.monotonic() > end:
                raise Wrong(f"nothing came within {seconds:.0f} s")
            time.sleep(PAUSE)
        return found


def check(what: object, text: str) -> None:
    if not what:
        raise Wrong(text)
