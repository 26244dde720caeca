"""`replaykit patches` as a person meets it: the example with a patch, its corpus, and a change of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import steady
from tests.patches.code import code
from tests.patches.repositories import FILE, Said, commit, patches
from tests.project import ROOT

EXAMPLE = ROOT / "examples" / "versioned"
WORKFLOWS = "digest/workflows.py"


@pytest.fixture
def digest(tmp_path: Path) -> Path:
    """The example of a patch and its corpus, in a repository of their own."""
    shutil.copytree(ROOT / "fixtures" / "VersionedDigest", tmp_path / "fixtures" / "VersionedDigest")
    settings = '[tool.replaykit]\nhistories = ["fixtures"]\nworkflows = ["digest.workflows"]\n'
    (tmp_path / "pyproject.toml").write_text(settings, "utf-8")
    commit(tmp_path, (EXAMPLE / "workflows.py").read_text("utf-8"), file=WORKFLOWS)
    return tmp_path


def screen(said: Said) -> str:
    return steady(f"{said.stdout}{said.stderr}[exit {said.code}]\n")


def test_terminal_of_patches(digest: Path, snapshot: Callable[[str], None]) -> None:
    snapshot(screen(patches(digest)))


def test_terminal_of_a_patch_deprecated_too_early(digest: Path, snapshot: Callable[[str], None]) -> None:
    shutil.copy(EXAMPLE / "generation_3.py", digest / WORKFLOWS)
    snapshot(screen(patches(digest, "--base", "main")))


def test_an_unchanged_version_has_nothing_that_counts(digest: Path) -> None:
    said = patches(digest, "--base", "main", "--format", "json")
    assert said.code == 0, said.stderr
    [patch] = json.loads(said.stdout)["patches"]
    assert (patch["id"], patch["workflow"], patch["change"]) == ("check-tone", "VersionedDigest", "unchanged")
    assert patch["histories"] == {"without": 2, "live": 2, "deprecated": 2, "unread": 0}


def test_a_history_that_cannot_be_read_leaves_the_verdict_open(digest: Path) -> None:
    (digest / "fixtures" / "broken.json").write_text("{", "utf-8")
    said = patches(digest)
    assert said.code == 3, said.stderr
    assert "Not read: fixtures/broken.json: " in said.stdout


def test_a_constant_of_another_module_is_read_with_the_modules_that_are_imported(digest: Path) -> None:
    text = (digest / WORKFLOWS).read_text("utf-8").replace('CHECK_TONE = "check-tone"', "from .ids import CHECK_TONE")
    (digest / WORKFLOWS).write_text(text, "utf-8")
    (digest / "digest" / "ids.py").write_text('CHECK_TONE = "check-tone"\n', "utf-8")
    said = patches(digest, "--base", "main")
    assert (said.code, "1/1" in said.stdout, "check-tone" in said.stdout) == (0, False, True)


def test_an_id_that_is_computed_is_told_and_leaves_the_verdict_open(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(code("patched").replace('"check-tone"', "self.name()"), "utf-8")
    said = patches(tmp_path, FILE)
    assert said.code == 3, said.stderr
    assert "UNVERIFIED self.name() of Digest" in said.stdout


def test_a_revision_that_git_does_not_know_is_an_error(digest: Path) -> None:
    said = patches(digest, "--base", "--output=stolen")
    assert (said.code, said.stdout) == (2, "")
    assert "The repository has no revision '--output=stolen'." in said.stderr
    assert not (digest / "stolen").exists()


@pytest.mark.parametrize("arguments", [["nowhere"], [".."], []])
def test_no_code_is_an_error(tmp_path: Path, arguments: list[str]) -> None:
    said = patches(tmp_path, *arguments)
    assert (said.code, said.stdout) == (2, "")
    assert "errors.md#nothing-configured" in said.stderr


def test_code_without_patches_is_clean(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(code("removed"), "utf-8")
    said = patches(tmp_path, FILE)
    assert said.code == 0, said.stderr
    assert said.stdout.startswith("No patch is asked for")


@pytest.mark.parametrize("patch", ["check-tone", "v1.2 (new) [a|b]* ^$ {1}+?"])
def test_an_id_of_the_past_is_told_from_a_word_that_only_reads_so(tmp_path: Path, patch: str) -> None:
    commit(tmp_path, code("before", patch=patch) + f'\nACTIVITY = "{patch}"\n')
    (tmp_path / FILE).write_text(code("patched", patch=patch), "utf-8")
    fresh = json.loads(patches(tmp_path, FILE, "--base", "main", "--format", "json").stdout)
    commit(tmp_path, code("patched", patch=patch))
    commit(tmp_path, code("removed", patch=patch))
    (tmp_path / FILE).write_text(code("patched", patch=patch), "utf-8")
    again = json.loads(patches(tmp_path, FILE, "--base", "main", "--format", "json").stdout)

    assert [(one["id"], one["change"], one["safety"]) for one in fresh["patches"]] == [(patch, "introduced", "safe")]
    assert [(one["id"], one["change"], one["safety"]) for one in again["patches"]] == [(patch, "reused", "unverified")]


def test_a_constant_of_the_past_with_the_same_id_is_found(tmp_path: Path) -> None:
    constant = code("patched").replace('"check-tone"', "CHECK") + '\nCHECK = "check-tone"\n'
    for version in (code("before"), constant, code("removed")):
        commit(tmp_path, version)
    (tmp_path / FILE).write_text(constant, "utf-8")
    found = json.loads(patches(tmp_path, FILE, "--base", "main", "--format", "json").stdout)
    assert [one["change"] for one in found["patches"]] == ["reused"]


def test_paths_count_from_where_one_stands_in_both_versions(tmp_path: Path) -> None:
    commit(tmp_path, code("patched"), file=f"inner/{FILE}")
    (tmp_path / "inner" / FILE).write_text(code("removed"), "utf-8")
    said = patches(tmp_path / "inner", FILE, "--base", "HEAD")
    assert said.code == 3, said.stderr
    assert f"removed without deprecate_patch   was {FILE}:" in said.stdout


def test_a_library_that_asks_for_a_patch_of_its_own_fails_nothing(digest: Path) -> None:
    text = code("removed", type_="VersionedDigest")
    (digest / WORKFLOWS).write_text(text, "utf-8")
    for history in (digest / "fixtures" / "VersionedDigest").glob("*02.json"):
        history.unlink()
    said = patches(digest)
    assert said.code == 0, said.stderr
    assert "its marker is in runs, its call not in the code that was read" in " ".join(said.stdout.split())
