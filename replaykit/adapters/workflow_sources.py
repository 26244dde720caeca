"""The sources that workflows are made of: the files a person names, or the configured modules and what they import."""

import ast
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from replaykit.adapters.code_trees import CodeTree
from replaykit.config import Config
from replaykit.errors import NothingConfigured


def sources_at(tree: CodeTree, paths: Sequence[str]) -> dict[str, str]:
    """Read the files that paths name, in a version that may lack some."""
    return {file: tree.read(file) for file in tree.below(paths)}


def sources_of(tree: CodeTree, config: Config, *, root: Path) -> dict[str, str]:
    """Read the configured workflow modules and, one by one, what they import from the same directories."""
    found: dict[str, str] = {}
    roots = _roots(config, root)
    waiting = [name.partition(":")[0] for name in (*config.workflows, config.factory) if name]
    seen = set(waiting)
    while waiting:
        file = _file(waiting[-1], roots, tree)
        module = waiting.pop()
        if file is None or file in found:
            continue
        found[file] = tree.read(file)
        for name in _imports(found[file], module, is_package=file.endswith("/__init__.py")):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return found


def no_code_at(path: str) -> NothingConfigured:
    """Make the error of a path that names no code."""
    return NothingConfigured(
        f"{path} holds no Python code.",
        cause="no .py file is there or below it, seen from the directory the command runs in",
        fix="replaykit patches src/   (in a directory above the code)",
    )


def no_code(config: Config) -> NothingConfigured:
    """Make the error of a command that finds no code to look at."""
    named = ", ".join(config.workflows) or config.factory
    return NothingConfigured(
        "There is no workflow code to look at.",
        cause=f"no file of {named} was found below {', '.join(config.python_path)}"
        if named
        else "no PATH was given, and [tool.replaykit] workflows is not set",
        fix="replaykit patches src/   (files or directories of workflow code)",
    )


def _roots(config: Config, root: Path) -> list[PurePosixPath]:
    paths = [Path(path) for path in config.python_path]
    return [PurePosixPath(p.relative_to(root).as_posix()) for p in paths if p.is_relative_to(root)]


def _file(module: str, roots: Sequence[PurePosixPath], tree: CodeTree) -> str | None:
    inner = PurePosixPath(*module.split("."))
    for root in roots:
        for candidate in (root / f"{inner}.py", root / inner / "__init__.py"):
            if str(candidate) in tree.files:
                return str(candidate)
    return None


@functools.lru_cache(maxsize=1024)
def _imports(text: str, module: str, *, is_package: bool) -> tuple[str, ...]:
    """List what a module imports; most files are the same in both versions, and parsed once."""
    return tuple(_imported(text, module, is_package=is_package))


def _imported(text: str, module: str, *, is_package: bool) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".") if is_package else module.split(".")[:-1]
            base = parts[: len(parts) - node.level + 1] if node.level else []
            origin = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield origin
            # What is imported from a package may be a module of it.
            yield from (f"{origin}.{alias.name}" for alias in node.names)
