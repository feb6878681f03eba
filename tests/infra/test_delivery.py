"""How what is here gets to Azure."""

import re

import pytest

from tests.infra.stands import ROOT
from tests.tracked import top_level, tracked

WORKFLOWS = tracked(".github/workflows/*.yaml")
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def test_actions_are_pinned_to_a_commit() -> None:
    assert WORKFLOWS
    for path in WORKFLOWS:
        for used in re.findall(r"uses: (.+)", path.read_text()):
            assert used.startswith("./") or PINNED.fullmatch(used), used


def test_a_workflow_may_read_and_only_the_deployment_signs_in() -> None:
    for path in WORKFLOWS:
        text = path.read_text()
        assert re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE), path
        assert ("id-token: write" in text) == (path.name == "deploy.yaml")
        assert "secrets." not in text


def test_checks_are_those_of_a_developer_and_the_real_compiler() -> None:
    text = (ROOT / ".github" / "workflows" / "check.yaml").read_text()

    assert "run: bash .ci/run" in text
    assert re.search(r"az bicep install --version v[\d.]+\n", text), "no newer one by chance"
    assert "az bicep build --file infra/main.bicep --stdout 2>&1 >/dev/null | tee said" in text
    assert "az bicep lint --file infra/main.bicep 2>&1 | tee --append said" in text
    assert "if grep -E ' : (Error|Warning|Info) ' said; then exit 1; fi" in text


def test_what_is_deployed_is_audited_and_listed() -> None:
    text = (ROOT / ".github" / "workflows" / "check.yaml").read_text()
    audited = re.findall(r"pip-audit --require-hashes --disable-pip --requirement (\S+)", text)
    watched = (ROOT / ".github" / "dependabot.yml").read_text()

    assert audited == ["requirements.txt", "requirements-lock.txt"]
    assert "cyclonedx-py requirements requirements.txt" in text
    assert re.findall(r"package-ecosystem: (\S+)", watched) == [
        "pip", "github-actions", "devcontainers",
    ]  # fmt: skip


def test_nothing_is_deployed_unseen_or_unchecked() -> None:
    text = (ROOT / ".github" / "workflows" / "deploy.yaml").read_text()

    assert "needs: check" in text
    assert text.index("azd provision --preview") < text.index("azd provision --no-prompt")
    assert text.index("azd provision --no-prompt") < text.index("azd deploy")


def test_every_parameter_of_the_environment_comes_from_the_repository() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "infra" / "main.parameters.json").read_text()))
    given = (ROOT / ".github" / "workflows" / "deploy.yaml").read_text()

    for name in wanted:
        assert f"{name}: ${{{{ vars.{name}" in given, name


def test_what_a_push_would_set_back_is_named_where_pushes_are_described() -> None:
    """A variable that the repository lacks takes its default at the next push."""
    page = (ROOT / "docs" / "deploy.md").read_text()
    described = page.partition("## 10. Deploy by GitHub Actions")[2].partition("\n## ")[0]
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "infra" / "main.parameters.json").read_text()))

    assert {name for name in wanted if f"`{name}`" not in described} == set()


@pytest.mark.parametrize("name", ["ENVIRONMENT_TYPE", "PRIVATE_NETWORKING"])
def test_what_cannot_be_changed_later_has_no_default(name: str) -> None:
    assert f"${{{name}}}" in (ROOT / "infra" / "main.parameters.json").read_text()
    given = (ROOT / ".github" / "workflows" / "deploy.yaml").read_text()
    assert f"{name}: ${{{{ vars.{name} }}}}" in given


def test_azd_finds_infrastructure_and_app() -> None:
    text = (ROOT / "azure.yaml").read_text()

    assert "path: infra" in text
    assert 'azd: ">= 1.23.4"' in text, "it passes lists from the environment"
    assert re.search(r"^  api:", text, re.MULTILINE)
    assert (ROOT / "requirements.txt").exists(), "it is where `project: .` looks"


def test_the_package_leaves_out_what_azure_does_not_need() -> None:
    ignored = set((ROOT / ".funcignore").read_text().split())
    shipped = {
        name for name in top_level() if name not in ignored and not name.startswith((".", "__"))
    }

    assert shipped == {
        "function_app.py", "functions/", "host.json", "requirements.txt", "shared/",
        "topology.json",
    }  # fmt: skip


def test_every_policy_that_is_skipped_has_its_reason() -> None:
    text = (ROOT / ".checkov.yaml").read_text()

    for line in re.findall(r"^\s+- CKV.*$", text, re.MULTILINE):
        assert re.search(r"# \S+ \S+", line), line
