"""Paths and URLs become the files they hold, each with a name that is safe to show and a way to open it."""

import functools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from replaykit.adapters.corpus import shown
from replaykit.errors import ExtraMissing, PathMissing, ReplaykitError, SourceUnreadable

# What fsspec needs beside itself for the stores that Temporal Cloud and most teams write to.
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
_WEB = {"http", "https"}


@dataclass(frozen=True, slots=True)
class Place:
    """A file: how messages name it, its address in its store, and how it is opened.

    `named` says that it was asked for itself, and not found below something.
    """

    shown: str
    path: str
    named: bool
    open: Callable[[], BinaryIO]


def places(location: str, *, base: Path) -> Iterator[Place]:
    """Yield the files of a local path or a URL: itself, or those below it, sorted, hidden entries left out.

    Raises:
        PathMissing: Nothing is there.
        SourceUnreadable: The URL cannot be opened or listed.
        ExtraMissing: A package that the URL needs is not installed.
    """
    if "://" in location:
        yield from _of_url(location)
    else:
        yield from _of_path(location, base)


def safe(location: str) -> str:
    """Write a URL without what may be secret in it: user and password, and the query, which signed URLs sign in."""
    return "::".join(_safe_link(link) for link in location.split("::"))


def _safe_link(link: str) -> str:
    protocol, separator, rest = link.partition("://")
    if not separator:
        return link
    rest, query, _ = rest.partition("?")
    before, at, after = rest.rpartition("@")
    # A key may hold "/" and "@", so all up to the last "@" goes; an "@" in a mere path, with no ":" before it, stays.
    if at and (":" in before or "/" not in before):
        rest = f"***@{after}"
    return f"{protocol}://{rest}" + ("?***" if query else "")


def _of_path(given: str, base: Path) -> Iterator[Place]:
    path = base / given
    if path.is_dir():
        yield from _below(path, base)
    elif path.exists() or path.is_symlink():
        yield _file(path, base, named=True)
    else:
        raise _missing(given)


def _below(directory: Path, base: Path) -> Iterator[Place]:
    refused: list[OSError] = []
    for root, directories, files in os.walk(directory, onerror=refused.append):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            path = Path(root) / name
            # A link that leads nowhere is named; a pipe or a device would be waited for.
            if not name.startswith(".") and (path.is_file() or path.is_symlink()):
                yield _file(path, base, named=False)
    for error in refused:
        yield Place(
            shown(Path(error.filename), base), str(error.filename), named=True, open=functools.partial(_refuse, error)
        )


def _file(path: Path, base: Path, *, named: bool) -> Place:
    return Place(shown(path, base), str(path.resolve()), named=named, open=lambda: path.open("rb"))


def _refuse(error: OSError) -> NoReturn:
    raise error


def _missing(name: str) -> PathMissing:
    return PathMissing(
        f"{name} does not exist.",
        cause="no file or directory has this path",
        fix="check the path or the URL, and that what should be there was written",
    )


def _of_url(url: str) -> Iterator[Place]:
    name = safe(url)
    filesystem, path = _opened(url, name)
    single, found = _listed(filesystem, path, name)
    if not found:
        raise _missing(name)
    for entry in found:
        inner = entry.removeprefix(path).lstrip("/")
        if single:
            yield Place(name, path, named=True, open=functools.partial(filesystem.open, path, "rb"))
        elif inner and not any(part.startswith(".") for part in inner.split("/")):
            yield Place(_joined(name, inner), entry, named=False, open=functools.partial(filesystem.open, entry, "rb"))


def _joined(name: str, inner: str) -> str:
    # `zip://::file:///x.zip` is a chain of links: what is below it belongs to the first.
    first, separator, others = name.partition("::")
    slash = "" if first.endswith("/") else "/"
    return f"{first}{slash}{inner.partition('?')[0]}{separator}{others}"


def _opened(url: str, name: str) -> tuple[Any, str]:
    try:
        import fsspec  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise ExtraMissing(
            f"{name} cannot be read without fsspec.",
            cause="URLs are read through the package fsspec, and it is not installed",
            fix="pip install 'temporal-replaykit[files]'",
        ) from None
    try:
        filesystem, path = fsspec.url_to_fs(url)
    except ImportError:
        raise package_missing(name) from None
    except Exception as error:  # noqa: BLE001 - each store of fsspec raises its own
        raise unreadable(name, error) from None
    return filesystem, str(path)


def package_missing(name: str) -> ExtraMissing:
    """Say which package opens the URLs of a protocol."""
    # Of a chain such as zip://::s3://… it is the last that leads to a store.
    protocol = name.rpartition("::")[2].partition("://")[0]
    package = _PACKAGES.get(protocol, f"'fsspec[{'http' if protocol in _WEB else protocol}]'")
    return ExtraMissing(
        f"{name} cannot be read without a package for {protocol}.",
        cause=f"fsspec opens {protocol}:// through a package that is not installed",
        fix=f"pip install {package}",
    )


def _listed(filesystem: Any, path: str, name: str) -> tuple[bool, list[str]]:  # noqa: ANN401 - fsspec has no types
    """List the files at a path, and say whether the path itself is the one."""
    try:
        if filesystem.isfile(path):
            return True, [path]
        # Stores without directories keep an empty object "folder/" in the place of one.
        return False, sorted(str(entry) for entry in filesystem.find(path) if not str(entry).endswith("/"))
    except FileNotFoundError:
        return False, []
    except Exception as error:  # noqa: BLE001 - each store of fsspec raises its own
        raise unreadable(name, error) from None


def unreadable(name: str, error: Exception) -> ReplaykitError:
    """Explain why a store does not give what it should; its own words may repeat a URL with its credentials."""
    if isinstance(error, OSError) and isinstance(error.errno, int):
        cause = os.strerror(error.errno)
    else:
        cause = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return SourceUnreadable(
        f"{name} cannot be read.",
        cause=cause,
        fix="check the URL, the credentials in the environment, and that they may list and read there",
    )
