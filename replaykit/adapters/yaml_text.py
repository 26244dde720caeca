"""Structures of JSON become YAML for reviewers: block scalars, real Unicode, repeated parts written once.

libyaml's emitter escapes every emoji, and PyYAML's own takes twenty times as long, so the small part of YAML that a
cassette needs is written here; any YAML reader reads it.

A part that occurs more than once gets an anchor where it stands first, named by a digest of its content, and an alias
everywhere else: a conversation that grows turn by turn costs a line for each message that was there before.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from replaykit.model.value import JsonData

# Shorter parts read better where they are: a text is one line as an alias is, a structure is several.
SHORTEST_TEXT = 64
SHORTEST_STRUCTURE = 32
DIGEST = 8
# What a number, a truth value or nothing counts for in the length of a part.
SCALAR = 4
# libyaml takes no longer key without the `?` form.
LONGEST_KEY = 1000

# Words, and URLs: a colon only where no space follows.
PLAIN = r"[A-Za-z_$](?:[A-Za-z0-9_./$?&=%~-]|:(?=\S))*(?: (?:[A-Za-z0-9_./$-]|[?&=%~:](?=\S))+){0,7}"
_PLAIN = re.compile(PLAIN)
# What YAML 1.1 reads as something else than a text.
WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
# JSON leaves these as they are; YAML forbids them or breaks lines at them.
_UNPRINTABLE = "\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
_ESCAPED = re.compile(f"[{_UNPRINTABLE}]")
NEVER_WRITTEN = f"[\x00-\x08\x0b-\x1f{_UNPRINTABLE}]"
_NO_BLOCK = re.compile(NEVER_WRITTEN)


def to_yaml(document: Mapping[str, JsonData]) -> str:
    """Write a document; the keys of every mapping keep their order."""
    writer = _Writer(_Parts(document))
    writer.mapping(document, 0)
    return "".join(writer.out)


class _Parts:
    """Which parts of a document occur more than once: a part below another counts once with it."""

    def __init__(self, document: Mapping[str, JsonData]) -> None:
        # Equal parts have one number; all but the few that need a name do without a digest.
        self._number_of: dict[int, int] = {}
        self._numbers: dict[object, int] = {}
        self._references: list[int] = []
        self._lengths: list[int] = []
        self._digests: dict[int, str] = {}
        self._visit(dict(document))

    def repeated(self, value: JsonData) -> str | None:
        """Return the digest of a part that occurs again."""
        number = self._number_of.get(id(value)) if isinstance(value, (str, dict, list)) else None
        if number is None or self._references[number] < 2:  # noqa: PLR2004 - twice is again
            return None
        shortest = SHORTEST_TEXT if isinstance(value, str) else SHORTEST_STRUCTURE
        return self._digest(value) if self._lengths[number] >= shortest else None

    def _visit(self, value: JsonData) -> int:
        if isinstance(value, str):
            return self._number(value, value, (), len(value))
        if isinstance(value, dict):
            below = [self._visit(item) for item in value.values()]
            return self._number(value, (True, *value, None, *below), below, sum(map(len, value)))
        if isinstance(value, list):
            below = [self._visit(item) for item in value]
            return self._number(value, (None, *below), below, 0)
        return self._number(None, (type(value), repr(value)), (), SCALAR)

    def _number(self, value: JsonData, content: object, below: Sequence[int], length: int) -> int:
        number = self._numbers.get(content)
        if number is None:
            number = self._numbers[content] = len(self._lengths)
            self._lengths.append(length + sum([self._lengths[part] for part in below]))
            self._references.append(0)
            for part in below:
                self._references[part] += 1
        if value is not None:
            self._number_of[id(value)] = number
        return number

    def _digest(self, value: JsonData) -> str:
        """Name a part by its content, the same in every file."""
        number = self._number_of.get(id(value)) if isinstance(value, (str, dict, list)) else None
        if number is None:
            return f"{type(value).__name__}{value!r}"
        if number not in self._digests:
            if isinstance(value, str):
                text = "s" + value
            elif isinstance(value, dict):
                text = "d" + "".join(f"{json.dumps(key)}:{self._digest(item)}," for key, item in value.items())
            else:
                text = "l" + ",".join(map(self._digest, value if isinstance(value, list) else ()))
            self._digests[number] = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return self._digests[number]


class _Writer:
    """Collects the lines of a document."""

    def __init__(self, parts: _Parts) -> None:
        self.out: list[str] = []
        self._parts = parts
        self._anchors: dict[str, str] = {}

    def mapping(self, value: Mapping[str, JsonData], indent: int, *, first: str | None = None) -> None:
        """Write the lines of a mapping; `first` stands before the first key instead of the indentation."""
        margin = " " * indent
        for key, item in value.items():
            self.out.append(margin if first is None else first)
            first = None
            written = _key(key)
            if len(written) > LONGEST_KEY:
                self.out.append(f"? {written}\n{margin}:")
            else:
                self.out.append(f"{written}:")
            self._after(item, indent, in_list=False)

    def _list(self, value: "list[JsonData]", indent: int) -> None:
        for item in value:
            self.out.append(" " * indent + "-")
            self._after(item, indent, in_list=True)

    def _after(self, value: JsonData, indent: int, *, in_list: bool) -> None:
        """Write a value behind the `:` or `-` of a line with this indentation."""
        mark = ""
        digest = self._parts.repeated(value)
        if digest is not None:
            if digest in self._anchors:
                self.out.append(f" *{self._anchors[digest]}\n")
                return
            mark = f" &{self._name(digest)}"
        if isinstance(value, dict) and value:
            if in_list and not mark:
                self.mapping(value, indent + 2, first=" ")
            else:
                self.out.append(f"{mark}\n")
                self.mapping(value, indent + 2)
        elif isinstance(value, list) and value:
            self.out.append(f"{mark}\n")
            # The dashes of a list below a key need no indentation of their own.
            self._list(value, indent + 2 if in_list else indent)
        elif isinstance(value, str):
            self.out.append(f"{mark} {_text(value, indent + 2)}\n")
        else:
            self.out.append(f"{mark} {_scalar(value)}\n")

    def _name(self, digest: str) -> str:
        short = digest[:DIGEST]
        name = f"p{digest if f'p{short}' in self._anchors.values() else short}"
        self._anchors[digest] = name
        return name


def _key(key: str) -> str:
    return key if _is_plain(key) else _quoted(key)


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and text.lower() not in WORDS


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def _text(text: str, indent: int) -> str:
    if "\n" not in text or text[0] in " \t\n" or _NO_BLOCK.search(text):
        return text if _is_plain(text) else _quoted(text)
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    chomping = {0: "-", 1: ""}.get(ends, "+")
    margin = " " * indent
    lines = [margin + line if line else "" for line in body.split("\n")]
    return f"|{chomping}\n" + "\n".join(lines) + "\n" * max(0, ends - 1)


def _scalar(value: JsonData) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case dict():
            return "{}"
        case list():
            return "[]"
        case _:
            return str(value)


def _float(value: float) -> str:
    written = repr(value)
    special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
    if written in special:
        return special[written]
    # YAML 1.1 reads 1e+16 as a text: a number with an exponent needs a point.
    return written.replace("e", ".0e") if "e" in written and "." not in written else written
