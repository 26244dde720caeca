"""The YAML that `to_yaml` writes is read several times as fast as by libyaml; all other YAML is left to that.

Each line is looked at once, and must have exactly the form in which it is written: a key or a dash at its indentation,
then a scalar, a block, an alias, or nothing where a structure follows. Whatever else a person made of a file is
`Unusual`: what that means is libyaml's to say.
"""

import re
from functools import cache

import orjson

from replaykit.adapters.yaml_text import LONGEST_KEY, NEVER_WRITTEN, PLAIN, WORDS
from replaykit.model.value import JsonData


class Unusual(Exception):
    """The text is not written as `to_yaml` writes."""


_KEY = rf'[A-Za-z_$][A-Za-z0-9_./$-]*(?=:[ \n])|"(?:[^"\\\n]|\\.)*"(?=:[ \n])|{PLAIN}(?=:[ \n])'
_LINE = re.compile(
    rf"(?P<margin> *)(?:(?P<dash>-)(?: (?P<item>{_KEY}):)?|(?P<key>{_KEY}):)"
    r"(?: &(?P<mark>p[0-9a-f]+))?(?: (?P<value>[^\n]+))?\n"
)
_PLAIN = re.compile(PLAIN)
_INT = re.compile(r"0|-?[1-9][0-9]{0,400}")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:e[+-][0-9]+)?")
_WORDS = {"null": None, "true": True, "false": False}
_NUMBERS = {".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
# PyYAML makes two characters of what JSON makes one.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NEVER = re.compile(NEVER_WRITTEN)


def from_yaml(text: str) -> JsonData:
    """Read a document.

    Raises:
        Unusual: It is not written as `to_yaml` writes, comments above it aside.
    """
    begin = 0
    while text.startswith("#", begin):
        begin = text.find("\n", begin) + 1 or len(text)
    if _NEVER.search(text) or not text.endswith("\n"):
        raise Unusual
    try:
        return _Reader(text, begin).document()
    except RecursionError:
        raise Unusual from None


@cache
def _end_of_block(margin: int) -> re.Pattern[str]:
    """Find the break before the first line that is neither empty nor indented by `margin`."""
    return re.compile(rf"\n(?!\n| {{{margin}}})")


class _Reader:
    """Goes through a text line by line; `_line` is the one that comes next, None at the end."""

    def __init__(self, text: str, begin: int) -> None:
        self._text = text
        self._anchors: dict[str, JsonData] = {}
        # Keys and scalars come again and again.
        self._keys: dict[str, str] = {}
        self._scalars: dict[str, JsonData] = {}
        self._line: re.Match[str] | None = None
        self._advance(begin)

    def document(self) -> JsonData:
        """Read all of it."""
        read = self._mapping(0, in_item=False)
        if self._line is not None:
            raise Unusual
        return read

    def _advance(self, position: int) -> None:
        self._line = _LINE.match(self._text, position)
        if self._line is None and position != len(self._text):
            raise Unusual

    def _mapping(self, indent: int, *, in_item: bool) -> dict[str, JsonData]:
        """Read the entries at an indentation; the first may stand behind a dash."""
        read: dict[str, JsonData] = {}
        while (line := self._line) is not None:
            margin, _dash, item, key, mark, value = line.groups()
            if in_item:
                key, in_item = item, False
            elif len(margin) < indent:
                break
            elif len(margin) > indent or key is None:
                raise Unusual
            known = self._keys.get(key)
            read[self._key(key) if known is None else known] = self._after(line, indent, mark, value)
        if not read:
            raise Unusual
        return read

    def _list(self, indent: int) -> list[JsonData]:
        """Read the items at an indentation, up to what has another, or is none."""
        read: list[JsonData] = []
        while (line := self._line) is not None:
            margin, dash, item, _key, mark, value = line.groups()
            if len(margin) < indent or (len(margin) == indent and not dash):
                break
            if len(margin) > indent:
                raise Unusual
            if item is not None:
                read.append(self._mapping(indent + 2, in_item=True))
            else:
                read.append(self._after(line, indent, mark, value, in_list=True))
        return read

    def _after(
        self, line: re.Match[str], indent: int, mark: str | None, value: str | None, *, in_list: bool = False
    ) -> JsonData:
        """Read what stands behind a key or a dash of this indentation."""
        read: JsonData
        if value is None:
            read = self._below(line, indent, in_list=in_list)
        elif value[0] == "|":
            read = self._block(line.end(), value, indent + 2)
        else:
            known = self._scalars.get(value, self)
            read = self._scalar(value) if known is self else known  # type: ignore[assignment] # self stands for none
            self._advance(line.end())
        if mark is not None:
            self._anchors[mark] = read
        return read

    def _below(self, line: re.Match[str], indent: int, *, in_list: bool) -> JsonData:
        self._advance(line.end())
        following = self._line
        if following is None:
            raise Unusual
        margin, dash = len(following["margin"]), following["dash"] is not None
        # The dashes of a list below a key have the indentation of the key.
        if margin != (indent if dash and not in_list else indent + 2):
            raise Unusual
        return self._list(margin) if dash else self._mapping(margin, in_item=False)

    def _block(self, begin: int, header: str, margin: int) -> str:
        """Read the lines of a block; the first is neither empty nor indented further."""
        text, spaces = self._text, " " * margin
        end = _end_of_block(margin).search(text, begin)
        if end is None or not text.startswith(spaces, begin) or text[begin + margin] in " \t\n":
            raise Unusual
        body = text[begin + margin : end.start()].replace(f"\n{spaces}", "\n")
        self._advance(end.end())
        match header:
            case "|-":
                return body.rstrip("\n")
            case "|":
                return body.rstrip("\n") + "\n"
            case "|+":
                return body + "\n"
            case _:
                raise Unusual

    def _scalar(self, value: str) -> JsonData:
        first = value[0]
        if first == '"':
            return _quoted(value)
        if first == "*":
            if value[1:] not in self._anchors:
                raise Unusual
            return self._anchors[value[1:]]
        if value == "{}":
            return {}
        if value == "[]":
            return []
        read = self._scalars[value] = _plain(value)
        return read

    def _key(self, key: str) -> str:
        if len(key) > LONGEST_KEY or key.lower() in WORDS:
            raise Unusual
        read = self._keys[key] = _quoted(key) if key[0] == '"' else key
        return read


def _plain(value: str) -> JsonData:
    if value in _WORDS:
        return _WORDS[value]
    if _PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    if _INT.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value):
        return float(value)
    if value in _NUMBERS:
        return _NUMBERS[value]
    raise Unusual


def _quoted(value: str) -> str:
    if _SURROGATE.search(value):
        raise Unusual
    try:
        read = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Unusual from None
    return str(read)
