"""What is installed: locked to the last hash, and the same on every machine."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HASH = r"--hash=sha256:[0-9a-f]{64}"
LOCKED = re.compile(rf"(\S+)==(\S+)(?: ; (.+?))?((?: {HASH})+)")
AZURE, EVERYWHERE = "requirements.txt", "requirements-lock.txt"


def asked(name: str) -> list[tuple[str, str, str]]:
    """Return name, version and marker of each line."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    pins = [line for line in lines if line and not line.startswith("-r ")]
    found = [re.fullmatch(r"([A-Za-z0-9.-]+)==([^;\s]+)(?:; (.+))?", line) for line in pins]
    assert all(found), "each is pinned"
    return [(match[1].lower(), match[2], match[3] or "") for match in found if match]


def locked(name: str) -> list[tuple[str, str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    entries = text.replace(" \\\n   ", "").splitlines()
    found = [LOCKED.fullmatch(entry) for entry in entries]
    assert all(found), "each has a version and hashes, and nothing else stands there"
    return [(match[1], match[2], match[3] or "") for match in found if match]


def versions(pins: list[tuple[str, str, str]]) -> set[tuple[str, str]]:
    return {(name, version) for name, version, _ in pins}


@pytest.mark.parametrize("name", [AZURE, EVERYWHERE])
def test_a_lock_names_no_place_to_download_from(name: str) -> None:
    text = (ROOT / name).read_text()

    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE), "nor an option of pip"


def test_what_is_asked_for_is_what_is_locked() -> None:
    direct = versions(asked("requirements.in")) | versions(asked("requirements-dev.in"))
    names = {name for name, _ in direct}
    chosen = {pin for pin in versions(locked(EVERYWHERE)) if pin[0] in names}

    assert chosen == direct


def test_azure_installs_what_is_tested_and_nothing_that_only_tests_need() -> None:
    for_azure = locked(AZURE)
    direct = {(name, version) for name, version, marker in asked("requirements.in")
              if marker != 'python_version < "3.13"'}  # fmt: skip

    assert direct <= versions(for_azure) <= versions(locked(EVERYWHERE))
    assert "pytest" not in {name for name, _, _ in for_azure}


def test_a_python_that_is_too_old_cannot_install_what_azure_does() -> None:
    """azure-functions 2 requires 3.13; a marker would leave it out without a word."""
    pins = locked(AZURE)

    assert [marker for _, _, marker in pins if marker] == []
    assert dict(versions(pins))["azure-functions"].startswith("2.")
