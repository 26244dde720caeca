"""What git's objects tell of a commit's files is what a checkout holds, or nothing is told."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from replaykit.adapters.commit_files import CommitFiles, commit_files
from replaykit.adapters.file_digests import Digests
from replaykit.adapters.git import Checkout, repository_around
from replaykit.jobs.gate_base import Base
from tests.gate.repository import Repository

FILES = {
    "pyproject.toml": "[tool.replaykit]\n",
    "shop/__init__.py": "",
    "shop/order.py": "ORDER = 1\n",
    "shop/words/prices.py": "PRICE = 1\n",
    "shop/cents.txt": "4200\n",
    "histories/order-1.json": "{}",
    "histories/deep/order-2.json": "{}",
    "histories/.hidden/order-3.json": "{}",
    "histories/notes.txt": "",
    ".gitattributes": "* text=auto\n*.png binary\n",
}
NAMES = [*FILES, "shop", "shop/words", ".", "histories", "absent.py", "absent", "shop/new.py", "/etc/hostname", "/etc"]


@contextlib.contextmanager
def beside(repository: Repository) -> Iterator[tuple[CommitFiles | None, Checkout]]:
    there = repository_around(repository.directory)
    with there.beside(there.commit_of("main")) as checkout:
        yield commit_files(there.top, checkout.commit, checkout.tree), checkout


def test_files_and_directories_are_those_of_a_checkout_whatever_the_working_tree_holds(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, FILES)
    repository.write({"shop/order.py": "ORDER = 2\n", "shop/new.py": "", "other/__init__.py": ""})
    (repository.directory / "shop/words/prices.py").unlink()
    with beside(repository) as (files, checkout):
        assert files is not None
        told = [(files.of_file(name), files.of_directory(name)) for name in NAMES]
        assert not checkout.tree.exists()
        checkout.make()
        disk = Digests(checkout.tree)

        assert told == [(disk.of_file(name), disk.of_directory(name)) for name in NAMES]
        assert files.name(str(checkout.tree / "shop/order.py")) == disk.name(str(checkout.tree / "shop/order.py"))


@pytest.mark.parametrize("given", [".", "histories", "histories/order-1.json", "histories/notes.txt", "shop", "absent"])
def test_histories_are_found_where_a_checkout_holds_them(tmp_path: Path, given: str) -> None:
    repository = Repository.of(tmp_path, FILES)
    with beside(repository) as (files, checkout):
        told = sorted(Base(checkout, files).histories([given], base=repository.directory))
        checkout.make()

        assert told == sorted(Base(checkout, None).histories([given], base=repository.directory))


@pytest.mark.parametrize(
    "attributes",
    ["*.txt text eol=crlf\n", "*.txt ident\n", "*.txt filter=lfs\n", "*.txt working-tree-encoding=ISO-8859-1\n"],
)
def test_where_a_checkout_converts_files_nothing_is_told(tmp_path: Path, attributes: str) -> None:
    with beside(Repository.of(tmp_path, {**FILES, "shop/.gitattributes": attributes})) as (files, _):
        assert files is None


@pytest.mark.parametrize("setting", ["core.autocrlf=true", "core.eol=crlf", "core.sparseCheckout=true"])
def test_where_settings_make_a_checkout_another_nothing_is_told(tmp_path: Path, setting: str) -> None:
    repository = Repository.of(tmp_path, FILES)
    repository.git("config", *setting.split("="))
    with beside(repository) as (files, _):
        assert files is None


def test_where_a_link_leads_somewhere_nothing_is_told(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, FILES)
    (repository.directory / "linked").symlink_to("shop")
    repository.commit("a link")
    with beside(repository) as (files, _):
        assert files is None
