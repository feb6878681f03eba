"""The data folder: everything that the local host stores."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from local.insights import ImportedInsights
from local.packages import FilePackages
from local.private import private_file, private_folder
from local.tokens import LocalTokens
from shared.composition.wiring import Backend, Keys
from shared.ports.bus import Bus, NoBus
from shared.ports.documents import Documents
from shared.ports.insights import Insights

KEY_BYTES = 32


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "libro.db"
        self.bus = path / "bus.db"
        self.imports = path / "imports"
        self.packages = path / "packages"
        self.leader = path / "leader.lock"
        private_folder(path)
        for file in (self.database, self.bus):
            for beside in ("", "-wal", "-shm"):
                if (existing := file.with_name(file.name + beside)).exists():
                    private_file(existing)

    def key(self, name: str) -> bytes:
        """Return the secret of that name, created on first use and never changed."""
        file = self.path / f"{name}.key"
        if not file.exists():
            # Complete or absent, and created once, even if several processes start together.
            draft = self.path / f"{name}.{secrets.token_hex(4)}.key"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(secrets.token_hex(KEY_BYTES))
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return bytes.fromhex(file.read_text())

    def tokens(self) -> LocalTokens:
        return LocalTokens(self.key("token"))

    def backend(
        self, documents: Documents, bus: Bus | None = None, insights: Insights | None = None
    ) -> Backend:
        return Backend(
            documents,
            self.tokens(),
            Keys(self.key("cursor"), self.key("suppression"), self.key("link")),
            bus or NoBus(),
            insights or ImportedInsights(),
            packages=FilePackages(self.packages),
        )
