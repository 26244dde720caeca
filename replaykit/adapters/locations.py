"""Paths and URLs become the files they hold, each with a name that is safe to show and a way to open it."""

import functools
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from replaykit.adapters.corpus import shown
from replaykit.adapters.store_refusals import bucket_missing, bucket_of, unreadable
from replaykit.errors import ExtraMissing, PathMissing, SourceUnreadable

# What fsspec needs beside itself for the stores that Temporal Cloud and most teams write to.
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
_WEB = {"http", "https"}
# Where nobody listens to them, Python would print their warnings, which repeat what is said here, with whole URLs.
_TALKATIVE = ("fsspec", "s3fs", "gcsfs", "adlfs")
_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A file: how messages name it, its path in its store, and how it is opened.

    `key` is equal for one file that is found twice; it may hold a URL's credentials, and is never shown. `named` says
    that the file was asked for itself, and not found below something.
    """

    shown: str
    path: str
    key: str
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
    try:
        is_directory = path.is_dir()
        is_there = is_directory or path.exists() or path.is_symlink()
    except OSError as error:
        yield _refusing(path, base, error)
        return
    if not is_there:
        raise _missing(given)
    if is_directory:
        yield from _below(path, base)
    else:
        yield _file(path, base, named=True)


def _below(directory: Path, base: Path) -> Iterator[Place]:
    refused: list[OSError] = []
    for root, directories, files in os.walk(directory, onerror=refused.append):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and _can_be_read(Path(root) / name):
                yield _file(Path(root) / name, base, named=False)
    for error in refused:
        yield _refusing(Path(error.filename), base, error)


def _can_be_read(path: Path) -> bool:
    """Say whether to try: a link that leads nowhere is named; a pipe or a device would be waited for, or never end."""
    try:
        return path.is_file() or not path.exists()
    except OSError:
        return True


def _file(path: Path, base: Path, *, named: bool) -> Place:
    return Place(shown(path, base), str(path), os.path.realpath(path), named, lambda: path.open("rb"))


def _refusing(path: Path, base: Path, error: OSError) -> Place:
    def refuse() -> NoReturn:
        raise error

    name = shown(path, base)
    return Place(name[:_LONGEST_SHOWN], str(path), str(path), named=True, open=refuse)


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
        raise bucket_missing(name) if _lacks_bucket(filesystem, name) else _missing(name)
    for entry in found:
        inner = entry.removeprefix(path).lstrip("/")
        if single or (inner and not any(part.startswith(".") for part in inner.split("/"))):
            yield Place(
                shown=name if single else _joined(name, inner),
                path=entry,
                # A path alone is equal in two archives.
                key=_local(filesystem, entry) or f"{url}\0{entry}",
                named=single,
                open=functools.partial(filesystem.open, entry, "rb"),
            )


def _lacks_bucket(filesystem: Any, name: str) -> bool:  # noqa: ANN401 - fsspec has no types
    bucket = bucket_of(name)
    try:
        return bool(bucket) and not filesystem.exists(bucket)
    except Exception:  # noqa: BLE001 - each store of fsspec raises its own, and what is told is that nothing is there
        return False


def _local(filesystem: Any, path: str) -> str | None:  # noqa: ANN401 - fsspec has no types
    protocol = filesystem.protocol
    return os.path.realpath(path) if "file" in ((protocol,) if isinstance(protocol, str) else protocol) else None


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
    for talkative in _TALKATIVE:
        _quieten(logging.getLogger(talkative))
    try:
        filesystem, path = fsspec.url_to_fs(url)
    except ImportError:
        raise package_missing(name) from None
    except Exception as error:  # noqa: BLE001 - each store of fsspec raises its own
        if (protocol := _protocol(name)) not in fsspec.available_protocols():
            raise _unknown(name, protocol) from None
        raise unreadable(name, error) from None
    return filesystem, str(path)


def _quieten(logger: logging.Logger) -> None:
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _protocol(name: str) -> str:
    # Of a chain such as zip://::s3://… it is the last that leads to a store.
    return name.rpartition("::")[2].partition("://")[0]


def package_missing(name: str) -> ExtraMissing:
    """Say which package opens the URLs of a protocol."""
    protocol = _protocol(name)
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


def _unknown(name: str, protocol: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"{name} cannot be read.",
        cause=f"fsspec knows no protocol {protocol}://",
        fix="check the URL: python -c 'import fsspec; print(fsspec.available_protocols())' lists those it knows",
    )
