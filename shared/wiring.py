"""Puts the adapters behind the ports: the only module that knows which ones."""

from dataclasses import dataclass, field

from shared.metering import Metered
from shared.ports import Documents, Tokens
from shared.usecases.accounts import Accounts
from shared.usecases.configuration import Configuration
from shared.usecases.numbers import Numbers


@dataclass(frozen=True)
class Backend:
    """What this process works with. `cursor_key` signs the cursors of pages."""

    documents: Documents
    tokens: Tokens
    cursor_key: bytes
    configuration: Configuration = field(init=False)
    numbers: Numbers = field(init=False)
    accounts: Accounts = field(init=False)

    def __post_init__(self) -> None:
        metered = Metered(self.documents)
        for name, part in (
            ("documents", metered),
            ("configuration", Configuration(metered)),
            ("numbers", Numbers(metered)),
            ("accounts", Accounts(metered)),
        ):
            object.__setattr__(self, name, part)


_installed: Backend | None = None


class NothingInstalled(RuntimeError):
    """No adapter stands behind the ports in this process."""


def backend() -> Backend:
    """Return the backend of this process."""
    if _installed is None:
        raise NothingInstalled("Start the app with `python -m local serve`.")
    return _installed


def install(chosen: Backend) -> Backend:
    """Use this backend from now on. Called by the local host and by tests."""
    global _installed  # noqa: PLW0603  # the one piece of process state; see decision 0004
    _installed = chosen
    return chosen
