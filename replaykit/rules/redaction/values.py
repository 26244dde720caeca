"""JSON values are walked: strings, numbers, keys, JSON inside strings; what holds no secret stays the same object."""

import json
from typing import Any

from replaykit.rules.redaction.places import TEAM, Ledger, Link, parts_of, path_of
from replaykit.rules.redaction.texts import Texts
from replaykit.rules.secrets.detector import Shape
from replaykit.rules.secrets.names import STEMS, is_doubtful, is_phone, is_secret, normal
from replaykit.rules.secrets.numbers import is_card

_LEAST_CARD, _LEAST_PHONE, _MOST_PHONE = 10**12, 10**6, 10**15
_SHORTEST_JSON = 8
_DELETED = str.maketrans("", "", "-_ .")
_MOST_NAMES = 50_000


class Values:
    """Redacts JSON values under rules and a key."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._rules = texts.rules
        self._stems = tuple({*STEMS, *self._rules.names})
        self._names: dict[str, str] = {}
        self.walks_all = bool(self._rules.paths or self._rules.patterns)
        """Whether rules may meet any value, so that no text can be left unread."""

    def treatment(self, name: str) -> str:
        """Say how values under a name are treated: an empty string is as any other."""
        known = self._names.get(name)
        if known is None:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
            known = self._names[name] = self._treatment(normal(name))
        return known

    def _treatment(self, name: str) -> str:
        if name in self._rules.keep_names:
            return "kept"
        if name in self._rules.names:
            return TEAM
        if is_secret(name):
            return "cookie" if name.endswith(("cookie", "cookies", "cookie2")) else "named"
        if is_doubtful(name):
            return "doubtful"
        return "phone" if is_phone(name) else ""

    def may_hold_secrets(self, text: str) -> bool:
        """Say, quickly, whether JSON in this text may hold something to redact."""
        if self.walks_all:
            return True
        lowered = text.lower()
        # An escape may hide what is looked for.
        if "\\u" in lowered or "\\/" in lowered or self._texts.search.suspects(lowered):
            return True
        squeezed = lowered.translate(_DELETED)
        for stem in self._stems:  # noqa: SIM110 - a generator takes twice as long, and this reads every payload
            if stem in squeezed:
                return True
        return False

    def redact(self, value: Any, ledger: Ledger, link: Link, *, treated: str = "") -> Any:  # noqa: ANN401 - JSON
        """Return the value without its secrets: itself, where it holds none."""
        if treated == "kept":
            return value
        kind = type(value)
        if kind is dict:
            return self._mapping(value, ledger, link, treated)
        if kind is list:
            items = [self.redact(item, ledger, (link, at), treated=treated) for at, item in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if self._rules.paths and treated != TEAM and self.is_named_by_path(link):
            treated = TEAM
        if kind is str:
            return self.text(value, ledger, link, treated=treated)
        if kind is int or kind is float:
            return self._number(value, ledger, link, treated)
        return value

    def is_named_by_path(self, link: Link) -> bool:
        """Say whether one of the team's paths covers this place."""
        if not self._rules.paths:
            return False
        path = path_of(parts_of(link))
        return any(pattern.fullmatch(path) for pattern in self._rules.paths)

    def text(self, text: str, ledger: Ledger, link: Link, *, treated: str, same_length: bool = False) -> str:
        """Return a text without its secrets, treated as its name asks."""
        match treated:
            case "kept":
                return text
            case "named" | "rule":
                return self._texts.redact_named(text, ledger, link, kind=treated, same_length=same_length)
            case "cookie":
                return self._texts.redact_cookie(text, ledger, link, same_length=same_length)
            case "doubtful":
                return self._texts.redact_doubtful(text, ledger, link, same_length=same_length)
            case "phone":
                return self._texts.redact_phone(text, ledger, link, same_length=same_length)
            case _:
                if not same_length and len(text) >= _SHORTEST_JSON and text.lstrip()[:1] in {"{", "[", '"'}:
                    return self._embedded(text, ledger, link)
                return self._texts.redact(text, ledger, link, same_length=same_length)

    def key(self, key: str, ledger: Ledger, link: Link) -> str:
        """Return a key without its secrets."""
        return self._texts.redact(key, ledger, (link, "…")) if ledger.told or self._texts.found(key) else key

    def _mapping(self, value: dict[str, Any], ledger: Ledger, link: Link, treated: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        same = True
        for key, old in value.items():
            name = self.key(key, ledger, link)
            below = self.treatment(key)
            new = self.redact(old, ledger, (link, name), treated=treated if treated and below != "kept" else below)
            same = same and new is old and name is key
            result[name] = new
        return value if same else result

    def _number(self, value: float, ledger: Ledger, link: Link, treated: str) -> float:
        if treated == TEAM:
            return self._texts.redact_number(value, ledger, link, shape=Shape.NUMBER, kind=TEAM)
        if type(value) is not int:
            return value
        if treated == "phone" and _LEAST_PHONE <= value < _MOST_PHONE:
            return self._texts.redact_number(value, ledger, link, shape=Shape.PHONE, kind="phone")
        if value >= _LEAST_CARD and is_card(str(value)):
            return self._texts.redact_number(value, ledger, link, shape=Shape.CARD, kind="card")
        return value

    def _embedded(self, text: str, ledger: Ledger, link: Link) -> str:
        # Most texts that begin like JSON are none, and most JSON holds no secret.
        if not ledger.told and not self.may_hold_secrets(text):
            return text
        loaded = parsed(text)
        if loaded is None:
            return self._texts.redact(text, ledger, link)
        value, exact = loaded
        new = self.redact(value, ledger, link)
        return text if new is value and exact else written(new, like=text)


def parsed(text: str) -> tuple[Any, bool] | None:
    """Read JSON.

    Returns:
        The value, and whether it says all of the text: False where a key stands twice in one object. None where the
        text is no JSON, or nested deeper than can be walked.
    """
    exact = True

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal exact
        made = dict(pairs)
        exact = exact and len(made) == len(pairs)
        return made

    try:
        value = json.loads(text, object_pairs_hook=mapping)
    except (ValueError, RecursionError):
        return None
    return (value, exact) if _depth_is_walkable(value) else None


# Python's own limit is 1000 frames, of which the walk takes two a level.
DEEPEST = 150


def _depth_is_walkable(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return True
    return False


def written(value: object, *, like: str) -> str:
    """Write JSON, spaced and escaped as another text is."""
    spaced = '": ' in like or ", " in like
    separators = (", ", ": ") if spaced else (",", ":")
    text = json.dumps(value, ensure_ascii=like.isascii(), separators=separators)
    # Half of a surrogate pair can stand in JSON as an escape alone.
    return text if text.isascii() or _is_unicode(text) else json.dumps(value, separators=separators)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
