"""A cassette file is read whole or not at all, and written whole or not at all."""

import contextlib
import gc
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from replaykit.adapters.corpus import write_safely
from replaykit.adapters.yaml_reader import Unusual, from_yaml
from replaykit.adapters.yaml_text import to_yaml
from replaykit.errors import CassetteCorrupt, CassetteForeign, CassetteUnwritable, CassetteVersion, ReplaykitError
from replaykit.model.cassette import Cassette, Interaction
from replaykit.rules import expiry, volatile
from replaykit.rules.content_form import Malformed, to_json
from replaykit.rules.tape_form import from_document, to_document

if TYPE_CHECKING:
    from replaykit.model.value import JsonData

VERSION = 1
HEAD = "# Recorded answers, read and reviewed like code: replaykit cassette show FILE\n"
VERSION_KEY, VOLATILE_KEY, INTERACTIONS_KEY, TOTAL_KEY = "replaykit-cassette", "volatile", "interactions", "total"
EXPIRES_KEY = "expires"

_SIDECAR = re.compile(r"[0-9a-f]{64}\.bin")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def sidecars_of(path: Path) -> Path:
    """Name the directory of the large answers of a cassette."""
    return path.with_name(f"{path.stem}.files")


def load(path: Path) -> Cassette:
    """Read a cassette.

    Raises:
        OSError: The file cannot be read.
        CassetteCorrupt: It is damaged, cut short, empty or something else.
        CassetteVersion: A newer replaykit wrote it.
    """
    return parse(path.read_bytes(), path)


def parse(raw: bytes, path: Path) -> Cassette:
    """Read the content of a cassette's file.

    Raises:
        CassetteCorrupt: It is damaged, cut short, empty or something else.
        CassetteVersion: A newer replaykit wrote it.
    """
    with _uncollected():
        return _parsed(raw, path)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage among values that all stay: a quarter of the time of loading."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _parsed(raw: bytes, path: Path) -> Cassette:
    if not raw.strip():
        raise corrupt(path, 1, "the file is empty")
    document, is_json = _document(raw, path)
    _check_version(document, raw, path)
    entries, total, rules = (document.get(key) for key in (INTERACTIONS_KEY, TOTAL_KEY, VOLATILE_KEY))
    unknown = set(document) - {VERSION_KEY, INTERACTIONS_KEY, TOTAL_KEY, VOLATILE_KEY, EXPIRES_KEY}
    if unknown or not isinstance(entries, list):
        what = f"it has the unknown key {min(map(str, unknown))!r:.60}" if unknown else "it has no list of interactions"
        raise corrupt(path, 1, what)
    if isinstance(total, bool) or not isinstance(total, int):
        raise corrupt(path, raw.count(b"\n") + 1, f"the file is cut short: its last line, `{TOTAL_KEY}: N`, is missing")
    if total != len(entries):
        raise corrupt(
            path,
            raw.count(b"\n"),
            f"it holds {len(entries)} interactions and ends with `{TOTAL_KEY}: {total}`; "
            "if you added or removed some by hand, correct this number",
        )
    expires = _expires(document.get(EXPIRES_KEY), raw, path)
    return Cassette(tuple(_interactions(entries, raw, path, is_json=is_json)), _rules(rules, raw, path), expires)


def _line_of_key(key: str, raw: bytes) -> int:
    """Find the line of one of the file's own keys; 1 where it is written in no usual way."""
    lines = (number for number, line in enumerate(raw.split(b"\n"), start=1) if line.startswith(f"{key}:".encode()))
    return next(lines, 1)


def _document(raw: bytes, path: Path) -> tuple[dict[str, Any], bool]:
    """Read the YAML of a file, and say whether it is known to hold nothing but JSON."""
    try:
        document, is_json = _read(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise corrupt(path, raw[: error.start].count(b"\n") + 1, "there is a byte that is no UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise corrupt(path, mark.line + 1 if mark else 1, _said(error)) from None
    except yaml.reader.ReaderError as error:
        raise corrupt(path, raw[: error.position].count(b"\n") + 1, f"no YAML: {error.reason}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise corrupt(path, 1, f"no YAML that can be read: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise corrupt(path, 1, "the file is YAML, but no cassette: it holds no mapping")
    return document, is_json


def _read(text: str) -> tuple[Any, bool]:
    with contextlib.suppress(Unusual):
        return from_yaml(text), True
    return yaml.load(text, Loader=_Loader), False  # noqa: S506 - a safe loader


def _said(error: yaml.MarkedYAMLError) -> str:
    # The parser's problem names characters and tokens, never values.
    return f"no YAML: {error.problem or 'it cannot be parsed'}"


def _check_version(document: dict[str, Any], raw: bytes, path: Path) -> None:
    version = document.get(VERSION_KEY)
    if version is None and isinstance(document.get("interactions"), list) and "version" in document:
        raise CassetteForeign(
            f"{path} is a cassette of vcrpy.",
            cause=f"it says `version`, and not `{VERSION_KEY}: {VERSION}`",
            fix=f"make one of ours: replaykit cassette migrate {path} --out {path.with_name('migrated.yaml')}",
        )
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise corrupt(path, 1, f"the file is YAML, but no cassette: it does not say `{VERSION_KEY}: {VERSION}`")
    check_version(version, path, line=_line_of_key(VERSION_KEY, raw))


def check_version(version: int, path: Path, *, line: int) -> None:
    """Refuse what a newer replaykit wrote.

    Raises:
        CassetteVersion: The version is above ours.
    """
    if version > VERSION:
        raise CassetteVersion(
            f"{path} was written by a newer replaykit.",
            cause=f"line {line}: its format has version {version}, and this replaykit reads up to {VERSION}",
            fix="pip install --upgrade temporal-replaykit",
        )


def _expires(said: object, raw: bytes, path: Path) -> str:
    if said is None:
        return ""
    try:
        expiry.parse(str(said))
    except ReplaykitError as error:
        raise corrupt(path, _line_of_key(EXPIRES_KEY, raw), f"`{EXPIRES_KEY}`: {error.problem.cause}") from None
    return str(said)


def _rules(rules: object, raw: bytes, path: Path) -> tuple[str, ...]:
    if rules is None:
        return ()
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise corrupt(path, _line_of_key(VOLATILE_KEY, raw), f"`{VOLATILE_KEY}` is no list of declarations")
    try:
        volatile.parse(rules)
    except ReplaykitError as error:
        raise corrupt(path, _line_of_key(VOLATILE_KEY, raw), error.problem.cause) from None
    return tuple(rules)


def _interactions(entries: Sequence[object], raw: bytes, path: Path, *, is_json: bool) -> Iterable[Interaction]:
    directory = sidecars_of(path)
    for place, entry in enumerate(entries):
        try:
            if not is_json and isinstance(entry, dict):
                to_json(entry)
            yield from_document(entry, fetch=lambda name: _fetched(directory, name))
        except Malformed as error:
            raise corrupt(path, _line_of(raw, place), str(error)) from None


def _fetched(directory: Path, name: str) -> bytes:
    if not _SIDECAR.fullmatch(name):
        raise Malformed(f"a file's name is the digest of its content, not {name!r:.80}")
    try:
        raw = (directory / name).read_bytes()
    except OSError as error:
        raise Malformed(f"{directory.name}/{name} cannot be read: {error.strerror}") from None
    if f"{hashlib.sha256(raw).hexdigest()}.bin" != name:
        raise Malformed(f"{directory.name}/{name} has another content than its name says")
    return raw


def _line_of(raw: bytes, place: int) -> int:
    """Find the line on which an interaction begins: the fast way of loading does not keep lines."""
    root = yaml.compose(raw.decode("utf-8"), Loader=_Loader)
    for key, value in root.value if root else ():
        if key.value == INTERACTIONS_KEY and place < len(value.value):
            return int(value.value[place].start_mark.line) + 1
    return 1


def corrupt(path: Path, line: int, why: str) -> CassetteCorrupt:
    """Make the error about a file that is not what it should be."""
    return CassetteCorrupt(
        f"{path} is damaged, or no cassette.",
        cause=f"line {line}: {why}",
        fix=f"git checkout -- {path}   or remove it and record again",
    )


def to_text(cassette: Cassette, *, sidecars: dict[str, bytes]) -> str:
    """Write a cassette as YAML; what belongs beside it is added to `sidecars`, by file name."""

    def stow(raw: bytes) -> str:
        name = f"{hashlib.sha256(raw).hexdigest()}.bin"
        sidecars[name] = raw
        return name

    entries: list[JsonData] = [to_document(interaction, stow=stow) for interaction in cassette.interactions]
    head: dict[str, JsonData] = {VERSION_KEY: VERSION}
    if cassette.volatile:
        head[VOLATILE_KEY] = list(cassette.volatile)
    if cassette.expires:
        head[EXPIRES_KEY] = cassette.expires
    return HEAD + to_yaml({**head, INTERACTIONS_KEY: entries, TOTAL_KEY: len(entries)})


def _written(cassette: Cassette) -> str:
    """Write all that a cassette holds on one line, to compare it."""
    stowed = [
        to_document(interaction, stow=lambda raw: hashlib.sha256(raw).hexdigest())
        for interaction in cassette.interactions
    ]
    return json.dumps([stowed, list(cassette.volatile), cassette.expires])


def save(path: Path, cassette: Cassette) -> None:
    """Write a cassette that reads back as the same; answers too large for it go to files beside it.

    Raises:
        CassetteUnwritable: The directory cannot be made or written.
    """
    sidecars: dict[str, bytes] = {}
    text = to_text(cassette, sidecars=sidecars)
    directory = sidecars_of(path)

    def check(written: Path) -> None:
        read = parse(written.read_bytes(), path)
        if _written(read) != _written(cassette):
            raise corrupt(path, 1, "what was written does not read back as the same")

    try:
        for name, raw in sidecars.items():
            _write_once(directory / name, raw)
        write_safely(path, text.encode(), check=check)
        for left in set(directory.glob("*.bin")) - {directory / name for name in sidecars}:
            left.unlink(missing_ok=True)
        if directory.is_dir() and not sidecars:
            directory.rmdir()
    except OSError as error:
        raise unwritable(path, error) from None


def _write_once(path: Path, raw: bytes) -> None:
    if path.exists() and path.stat().st_size == len(raw):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(raw)
    temporary.replace(path)


def unwritable(path: Path, error: OSError) -> CassetteUnwritable:
    """Make the error about a cassette that cannot be written."""
    return CassetteUnwritable(
        f"{path} cannot be written.",
        cause=error.strerror or type(error).__name__,
        fix="choose a directory you may write to, or replay without recording: --cassette-mode=none",
    )
