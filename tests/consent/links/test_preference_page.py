"""The page of preferences in a real browser: nothing on it stands in the way of anybody."""

import json
import re
import shutil
import subprocess
from html import unescape
from importlib.metadata import distribution
from pathlib import Path

import pytest

from functions.consent.preference_page import (
    outlived_page,
    preference_page,
    saved_page,
    unsubscribed_page,
)
from shared.consent.domain.preferences import Preferences, preferred
from shared.consent.domain.purposes import ConsentText, first_purposes
from shared.core.evolve import evolve

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
ASKED = """<script>{axe}</script><script>
axe.run().then(({{violations, passes}}) => {{
  const found = violations.map(({{id, nodes}}) => [id, nodes.map((node) => node.html)]);
  document.body.innerHTML = "";
  document.body.textContent = JSON.stringify({{found, passed: passes.length}});
}});
</script></body>"""


def preferences() -> Preferences:
    text = ConsentText(version="2026-01", locale="en-US", text="May we write to you?")
    purposes = [evolve(one, texts=(text,)) for one in first_purposes() if one.channels.phone]
    return Preferences(
        company="Contoso",
        kind="phone",
        value="\u2022\u2022\u202223",
        purposes=tuple(preferred(one, "phone", ()) for one in purposes),
    )


PAGES = {
    "preferences": preference_page(preferences(), "token"),
    "saved": saved_page(preferences()),
    "unsubscribed": unsubscribed_page(),
    "outlived": outlived_page(),
}


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong_with(name: str, tmp_path: Path) -> None:
    axe = distribution("axe-core-python").locate_file("axe_core_python/axe.min.js").read_text()
    page = tmp_path / "page.html"
    page.write_text(PAGES[name].decode().replace("</body>", ASKED.format(axe=axe)))
    done = subprocess.run(
        [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
         f"--user-data-dir={tmp_path}", "--virtual-time-budget=10000", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    [body] = re.findall(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    answer = json.loads(unescape(body))

    assert answer["found"] == []
    assert answer["passed"] > 5
