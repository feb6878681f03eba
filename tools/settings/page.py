"""The page of settings, made from shared/platform/settings.py and from what the Bicep sets."""

from collections.abc import Mapping

from tests.infra.promises import CONFIG
from tests.infra.settings import APP, BY_AZURE, BY_HAND, HOST, ON_ONE_MACHINE
from tests.infra.stands import ROOT, stand

PAGE = ROOT / "docs" / "settings.md"
HEAD = """\
# Settings

Made by `python -m tools.settings` from `shared/platform/settings.py` and `infra/`; a test
holds it to both. Everything else that can be configured is data: `GET /api/v1/{company}/settings`.

Nothing here is a secret: `CURSOR_KEY` is one, so in Azure its value is a reference to Key Vault,
which the platform resolves; the app refuses one that was not. Connection strings (`COSMOS`,
`SERVICEBUS`) hold keys and are for one machine; where `WEBSITE_SITE_NAME` says that the app runs in
Azure, it refuses to work with them.

## What the app reads

| variable | what it is | default | in Azure |
|---|---|---|---|
"""
HOST_HEAD = """
## What the host reads

For itself and for the bindings; the app never looks at these. On one machine there is no such host,
and with Core Tools `local.settings.json` has its own ([local.settings.template.json](../local.settings.template.json)).

| variable | what it is |
|---|---|
"""  # noqa: E501


def page() -> str:
    always, sometimes = told("development"), told("private")
    app = [
        f"| `{name}` | {meaning} | {_shown(default)} | {_where(name, always, sometimes)} |\n"
        for name, (meaning, default) in sorted(APP.items())
    ]
    host = [f"| `{name}` | {meaning} |\n" for name, meaning in sorted(HOST.items())]
    return HEAD + "".join(app) + HOST_HEAD + "".join(host)


def told(name: str) -> Mapping[str, object]:
    """Return the settings that the app is told in that kind of environment."""
    made = stand(name).deployed.of(CONFIG)
    return next(one.properties for one in made if one.name == "appsettings")


def _shown(default: object) -> str:
    return f"`{default}`" if default else ""


def _where(name: str, always: Mapping[str, object], sometimes: Mapping[str, object]) -> str:
    for names, words in (
        (ON_ONE_MACHINE, "never"),
        (BY_HAND, "where it is wanted"),
        (BY_AZURE, "set by Azure"),
        (always, "set by `infra/`"),
        (sometimes, "set by `infra/` where there is Customer Insights"),
    ):
        if name in names:
            return words
    return "not set"
