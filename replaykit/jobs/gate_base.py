"""The version that a gate compares with: told from git's objects, and checked out where it has to run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

from replaykit.adapters.commit_files import CommitFiles, commit_files
from replaykit.adapters.corpus import SUFFIX, find
from replaykit.adapters.git import Checkout
from replaykit.adapters.project import FILE, config_of, load_config
from replaykit.config import Config
from replaykit.errors import BaseUnloadable, ConfigInvalid
from replaykit.model.case import Case


@dataclass(frozen=True, slots=True)
class Base:
    """A commit, and where it is, or would be, checked out; `files` is None where only the checkout tells its files."""

    checkout: Checkout
    files: CommitFiles | None

    def config(self, config: Config, configured: Config) -> Config:
        """Return the settings of the base: its own, overridden by options given, and by what is asked of the corpus.

        Raises:
            BaseUnloadable: The base has no such project, or settings that cannot be used.
        """
        place = Path(config.root).relative_to(self.checkout.top)
        root = self.checkout.tree / place
        try:
            own = self._own(config, root)
        except ConfigInvalid as error:
            raise BaseUnloadable(
                "The base's settings cannot be used.", cause=error.problem.cause, fix="name a later base: --base REV"
            ) from None
        if own is None:
            raise BaseUnloadable(
                "The base does not have this project.",
                cause=f"there is no directory {place} in it",
                fix="name a base that has it: --base REV; replaykit replay checks a project that is new",
            )
        options = {one.name for one in fields(Config) if getattr(config, one.name) != getattr(configured, one.name)}
        asked = {"histories", "accept", "deadline", "processes", "drift", "codec_access", "seeds", "every_prefix"}
        taken = {name: getattr(config, name) for name in options | asked}
        found = replace(own, **taken)
        paths = tuple(self._moved(Path(path)) for path in found.python_path)
        return replace(found, root=str(root), python_path=paths)

    def histories(self, given: Iterable[str], *, base: Path) -> Iterator[str]:
        """Yield where the histories below paths would lie in the working tree; relative paths count from `base`."""
        top, tree = self.checkout.top, self.checkout.tree
        inside = [path.relative_to(top) for one in given if (path := (base / one).resolve()).is_relative_to(top)]
        if self.files is not None:
            below = [path.as_posix() for path in inside]
            yield from (f"{top}/{name}" for name in self.files.entries if any(_is_found(name, path) for path in below))
            return
        for case in find([str(tree / path) for path in inside if (tree / path).exists()], base=tree):
            if isinstance(case, Case):
                yield str(top / Path(case.path).relative_to(tree))

    def _own(self, config: Config, root: Path) -> Config | None:
        """Read the base's own settings; None where there is no such directory, the head's where it has no file."""
        if self.files is None:
            if not root.is_dir():
                return None
            return load_config(root) if (root / FILE).is_file() else config
        if not self.files.is_directory(self.files.name(str(root))):
            return None
        content = self.files.content(self.files.name(str(root / FILE)))
        return config if content is None else config_of(_text(content, root / FILE), root)

    def _moved(self, path: Path) -> str:
        whole, top = path.resolve(), self.checkout.top
        return str(self.checkout.tree / whole.relative_to(top)) if whole.is_relative_to(top) else str(path)


def base_of(checkout: Checkout) -> Base:
    """Look at a commit by git's objects, or check it out where they do not tell what its files would hold.

    Raises:
        BaseUncheckable: Git does not check it out.
    """
    files = commit_files(checkout.top, checkout.commit, checkout.tree)
    if files is None:
        checkout.make()
    return Base(checkout, files)


def _is_found(name: str, path: str) -> bool:
    """Say whether a search for histories at a path would find a file: that one, or what no hidden place holds."""
    inner = name if path == "." else name.removeprefix(f"{path}/")
    if path != "." and inner == name:
        return name == path
    return inner.endswith(SUFFIX) and not any(part.startswith(".") for part in inner.split("/"))


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigInvalid(
            f"{path} cannot be read.", cause=str(error), fix="check the file's encoding (UTF-8)"
        ) from None
