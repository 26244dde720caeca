"""What a gate cannot do, it says with cause and fix; what is left behind is nothing."""

import os
from pathlib import Path

import pytest

from tests.gate.repository import Repository
from tests.gate.test_gate_stories import ORDER, of_order
from tests.project import Project
from tests.stories import settings, source

# Each starts processes or a server of its own, and takes seconds.
pytestmark = pytest.mark.long


def test_without_a_repository_there_is_no_base() -> None:
    result = Project(of_order()).run_cli("gate", "--base", "main", "histories")
    assert result.code == 2
    assert "does not lie in a git repository." in result.stderr
    assert "docs/errors.md#not-a-repository" in result.stderr


def test_an_unknown_revision_is_named(tmp_path: Path) -> None:
    result = Repository.of(tmp_path, of_order()).gate(base="--output=nowhere")
    assert result.code == 2
    assert "The repository has no revision '--output=nowhere'." in result.stderr


def test_a_base_that_does_not_import_is_no_verdict_on_the_change(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, {**of_order(), "order.py": f"import nothing_there\n{ORDER}"})
    repository.write({"order.py": ORDER})
    result = repository.gate()

    assert result.code == 2
    assert result.stderr.startswith("The base cannot be replayed. The workflow module order does not import.")
    assert "docs/errors.md#base-unloadable" in result.stderr


@pytest.mark.parametrize("others", [{}, {"greeting.py": source("greeting")}], ids=["alone", "beside another"])
def test_a_base_that_loads_the_code_of_the_working_tree_is_refused(tmp_path: Path, others: dict[str, str]) -> None:
    leads = f"import sys\nsys.path.insert(0, {str(tmp_path.resolve() / 'shop' / 'src')!r})\nfrom goods import Order\n"
    named = settings("order", *(name.removesuffix(".py") for name in others))
    files = {**of_order(), **others, "pyproject.toml": named, "order.py": leads, "src/goods.py": ORDER}
    result = Repository.of(tmp_path, files).gate("--no-cache")

    assert result.code == 2
    assert "The base loads code of the working tree" in result.stderr


def test_a_project_that_is_new_has_no_base(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, {"README.md": "A shop.\n"})
    repository.write({f"new/{name}": text for name, text in of_order().items()})
    result = Repository(repository.directory).gate(paths=("new/histories",))

    assert result.code == 2, "the working directory names no workflows"
    assert "docs/errors.md#nothing-configured" in result.stderr


def test_what_is_no_file_is_neither_waited_for_nor_read_for_ever(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, of_order())
    os.mkfifo(repository.directory / "histories" / "pipe.json")
    (repository.directory / "histories" / "zeros.json").symlink_to("/dev/zero")
    for result in (repository.gate(), repository.bash("replaykit replay histories")):
        assert result.code == 3, result
        assert result.stdout.count("Cause: it is a pipe or a device, and no file") == 2


def test_a_corpus_without_histories_is_no_pass(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, {**of_order(), "empty/README.md": ""})
    result = repository.gate(paths=("empty",))
    assert result.code == 3
    assert "docs/errors.md#no-histories" in result.stderr
