"""The local key of pseudonyms: from the environment, or from a file that is made once and stays out of git."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from replaykit.errors import RedactionKeyInvalid
from replaykit.rules.pseudonyms import Pseudonyms

VARIABLE = "REPLAYKIT_REDACTION_KEY"
DIRECTORY, FILE = ".replaykit", "redaction.key"
SHORTEST = 16
_LONGEST_FILE = 4096
_NEW_BYTES = 32


def load_pseudonyms(root: Path, environment: Mapping[str, str] = os.environ) -> Pseudonyms:
    """Return the pseudonyms of a project's key; a key is made where the project has none yet.

    Args:
        root: The project's root.
        environment: Where the key is looked for first.

    Raises:
        RedactionKeyInvalid: The key is too short or cannot be read, or none can be written. It is never replaced.
    """
    given = environment.get(VARIABLE)
    if given is not None:
        return Pseudonyms(_checked(given, f"the environment variable {VARIABLE}"))
    path = root / DIRECTORY / FILE
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_size > _LONGEST_FILE:
            raise _invalid(str(path), f"it is larger than {_LONGEST_FILE} bytes: another file")
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise _invalid(str(path), "it holds no text") from None
    except OSError as error:
        raise RedactionKeyInvalid(
            f"The redaction key {path} cannot be read or made.",
            cause=error.strerror or type(error).__name__,
            fix=f"let the file be read and its directory be written, or set {VARIABLE}",
        ) from None
    return Pseudonyms(_checked(text, str(path)))


def _checked(text: str, source: str) -> bytes:
    key = text.strip()
    if len(key) < SHORTEST:
        said = "it is empty" if not key else f"it has {len(key)} characters; a key has {SHORTEST} or more"
        raise _invalid(source, said)
    return key.encode("utf-8", "surrogateescape")


def _invalid(source: str, cause: str) -> RedactionKeyInvalid:
    return RedactionKeyInvalid(
        f"{source[0].upper()}{source[1:]} holds no usable redaction key.",
        cause=cause,
        fix="restore the key your team uses; a new one (delete the file, or unset the variable) gives new pseudonyms",
    )


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_once(path.parent / ".gitignore", "*\n", mode=0o644)
    _write_once(path, secrets.token_hex(_NEW_BYTES) + "\n", mode=0o600)


def _write_once(path: Path, text: str, *, mode: int) -> None:
    # Of two processes that do this at the same time, one links its file and the other finds it there, whole.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
