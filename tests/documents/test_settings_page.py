"""docs/settings.md says what the code and the Bicep say."""

import pytest

from shared.platform.settings import Settings
from tests.infra.settings import APP, FORBIDDEN, FROM_BICEP, FROM_ELSEWHERE, HOST
from tools.settings.page import PAGE, app_settings, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tools.settings"


def test_every_setting_is_explained() -> None:
    assert len(APP) == len(Settings.model_fields)
    assert all(meaning for meaning, _ in APP.values())


def test_every_setting_reaches_azure_and_nothing_else_does() -> None:
    everything = set(app_settings("private"))

    assert everything - set(HOST) == FROM_BICEP
    assert everything & FROM_ELSEWHERE == set()
    assert everything & FORBIDDEN == set()


def test_a_reference_that_nobody_resolved_is_no_key() -> None:
    reference = str(app_settings("production")["CURSOR_KEY"])

    with pytest.raises(ValueError, match="did not resolve"):
        Settings.model_validate({"CURSOR_KEY": reference})


def test_what_is_refused_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="holds a key") as refused:
        Settings.model_validate({"COSMOS": "AccountKey=abc", "WEBSITE_SITE_NAME": "here"})

    assert "abc" not in str(refused.value)


def test_app_and_host_read_different_settings() -> None:
    assert set(HOST) & set(APP) == set()
