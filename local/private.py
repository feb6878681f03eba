"""Files and folders that nobody else on the machine can read."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

OWNER_ONLY: Final = 0o077  # what a process takes away from all that it makes
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def private_folder(path: Path) -> None:
    """Make the folder for its owner alone, or close it to others if it holds keys already.

    Any other folder that is there is left as it is: it was made for more than this.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=FOLDER_MODE)
    if path.stat().st_mode & OWNER_ONLY and any(path.glob("*.key")):
        path.chmod(FOLDER_MODE)


def private_file(path: Path) -> None:
    """Make the file, for its owner alone, or take from everybody else what is there."""
    if path.exists():
        if path.stat().st_mode & OWNER_ONLY:
            path.chmod(FILE_MODE)
        return
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE))
