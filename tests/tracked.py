"""What git tracks: tests look at that, and not at whatever else lies in the folder."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """Return the tracked files that match, such as `functions/*.py` at any depth, in order.

    Without git, such as in an unpacked archive, everything that matches is returned.
    """
    out = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if out.returncode == 0 and out.stdout:
        paths = (ROOT / name for name in out.stdout.split("\0") if name)
        return tuple(sorted(path for path in paths if path.exists()))
    return tuple(sorted(path for pattern in patterns for path in _walk(pattern)))


def _walk(pattern: str) -> list[Path]:
    folder, _, name = pattern.rpartition("/")
    return [path for path in (ROOT / folder).rglob(name) if path.is_file()]


def top_level() -> set[str]:
    """Return the names at the top of the repository; folders end with a slash."""
    names = (path.relative_to(ROOT).parts for path in tracked("*"))
    return {parts[0] + ("/" if len(parts) > 1 else "") for parts in names}
