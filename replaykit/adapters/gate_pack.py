"""The file that keeps a gate's findings between runs: whole or of no use, and no longer than it needs to be."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from replaykit.adapters.corpus import write_safely
from replaykit.adapters.seen_files import Entry

VERSION = 3
# So many versions of the code are kept a key.
MOST = 8
# Keys that a run did not ask for are kept up to so many, or as many as it did ask for three times over.
SPARE = 4096

Form: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Pack:
    """What is kept: for each key, what was found with which code, the newest first.

    `parts` holds by its digest what many findings have in common: the files that were read, the lines that were
    reached. `titles` are workflow types of histories, by the digest of their content. `seen` are digests of files, as
    `SeenFiles` takes them.
    """

    file: Path
    found: dict[str, list[tuple[str, Form]]] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Entry] = field(default_factory=dict)
    _used: dict[str, None] = field(default_factory=dict)
    _changed: bool = False

    def share(self, part: object) -> str:
        """Keep a part once, and return its name."""
        name = hashlib.sha256(orjson.dumps(part, option=orjson.OPT_SORT_KEYS)).hexdigest()
        self.parts[name] = part
        return name

    def of(self, key: str) -> list[tuple[str, Form]]:
        """Return what is kept under a key: the name of the code's part, and the finding."""
        self._used[key] = None
        return self.found.get(key, [])

    def keep(self, key: str, code: str, found: Form) -> None:
        """Put a finding before the others of its key, in the place of one with the same code."""
        self._used[key] = None
        others = [other for other in self.found.get(key, []) if other[0] != code]
        self.found[key] = [(code, found), *others][:MOST]
        self._changed = True

    def entitle(self, content: str, title: str) -> None:
        """Keep the workflow type of a history."""
        self.titles[content] = title
        self._changed = True

    def see(self, files: Mapping[str, Entry]) -> None:
        """Keep digests of files, before all others."""
        self.seen = {**{path: entry for path, entry in self.seen.items() if path not in files}, **files}
        self._changed = True

    def load(self) -> None:
        """Add what the file holds to what is kept; a file that is not whole holds nothing."""
        form = _read(self.file)
        for key, entries in form.get("found", {}).items():
            known = self.found.setdefault(key, [])
            codes = {code for code, _ in known}
            known += [(code, found) for code, found in entries if code not in codes]
            del known[MOST:]
        self.parts = {**form.get("parts", {}), **self.parts}
        self.titles = {**form.get("titles", {}), **self.titles}
        self.seen = {**form.get("seen", {}), **self.seen}

    def save(self) -> None:
        """Write what is kept, together with what another run has written meanwhile, if this one found anything.

        A cache that cannot be written makes the next run slower, and nothing else.
        """
        if not self._changed:
            return
        self.load()
        keys = [key for key in self._used if key in self.found]
        spare = [key for key in self.found if key not in self._used]
        found = {key: self.found[key] for key in [*keys, *spare[: max(SPARE, 3 * len(keys))]]}
        names = {name for entries in found.values() for code, form in entries for name in (code, *_parts_of(form))}
        form = {
            "found": found,
            "parts": {name: part for name, part in self.parts.items() if name in names},
            "titles": dict(list(self.titles.items())[-max(SPARE, 4 * len(keys)) :]),
            "seen": dict(list(self.seen.items())[-max(SPARE, 4 * len(keys)) :]),
            "version": VERSION,
        }
        body = orjson.dumps(form)
        try:
            ignored = self.file.parent.parent / ".gitignore"
            if not ignored.exists():
                write_safely(ignored, b"*\n", check=lambda _: None)
            write_safely(self.file, _seal(body) + body, check=lambda _: None)
        except OSError:
            return
        self._changed = False


def _parts_of(form: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the parts that a finding refers to: what it says of lines."""
    return tuple(value for name, value in form.items() if name == "reached" and isinstance(value, str))


def _read(file: Path) -> Form:
    """Read the file; what is not what was written, to the bit, is nothing."""
    try:
        content = file.read_bytes()
        seal, body = content[:65], content[65:]
        if seal != _seal(body):
            return {}
        form = orjson.loads(body)
    except (OSError, ValueError):
        return {}
    return form if isinstance(form, dict) and form.get("version") == VERSION else {}


def _seal(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode() + b"\n"
