"""Made-up secrets of every kind, put together at run time, and the places of a history to plant them in."""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st
from temporalio.api.history.v1 import HistoryEvent

Document: TypeAlias = dict[str, Any]
Put: TypeAlias = Callable[[Any], None]

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
JSON_PLAIN = base64.b64encode(b"json/plain").decode()


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret: `text` as it stands somewhere, `hidden` the part of it that must not be found again."""

    kind: str
    text: str
    hidden: str


def body(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    """Text as random as keys are: Hypothesis' own is full of zeros, and of words out of the code under test."""

    def made(seed: int) -> str:
        source = random.Random(seed)  # noqa: S311 - no real secret
        return "".join(source.choices(alphabet, k=source.randint(least, most or least)))

    return st.integers(0, 2**32).map(made)


def _whole(kind: str, text: st.SearchStrategy[str]) -> st.SearchStrategy[Secret]:
    return text.map(lambda made: Secret(kind, made, made))


def _prefixed(kind: str, *prefixes: str, alphabet: str = ALNUM, length: int = 24) -> st.SearchStrategy[Secret]:
    # A random key has a digit, whatever Hypothesis shrinks it to.
    made = st.builds(
        lambda prefix, text: prefix + text[:10] + "7" + text[10:],
        st.sampled_from(prefixes),
        body(alphabet, length, length + 20),
    )
    return _whole(kind, made)


def luhn_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def _numbered(parts: tuple[str, int], rest: str) -> str:
    prefix, length = parts
    start = (prefix + rest)[: length - 1]
    return start + luhn_digit(start)


CARD_NUMBERS = st.builds(
    _numbered,
    st.sampled_from(
        [("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("3528", 16), ("62", 19)]
    ),
    body(string.digits, 18),
)


def _grouped(number: str, separator: str) -> str:
    sizes = (4, 6, 5) if len(number) == 15 else (4, 4, 4, 4, 3)
    groups, at = [], 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    return separator.join(group for group in groups if group)


CARDS = _whole("card", st.builds(_grouped, CARD_NUMBERS, st.sampled_from(["", " ", "-"])))


def _b64url(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


JWTS = _whole(
    "jwt",
    st.builds(
        lambda sub, signature: ".".join([_b64url({"alg": "HS256", "typ": "JWT"}), _b64url({"sub": sub}), signature]),
        body(ALNUM, 8, 20),
        body(ALNUM + "-_", 43),
    ),
)


def _pem(words: str, text: str) -> Secret:
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return Secret("private-key", f"-----BEGIN {words}-----\n{lines}\n-----END {words}-----\n", lines)


PEMS = st.builds(
    _pem,
    st.sampled_from(["PRIVATE " + "KEY", "RSA PRIVATE " + "KEY", "OPENSSH PRIVATE " + "KEY"]),
    body(ALNUM + "+/", 130, 300),
)
PASSWORDS = body(ALNUM + "!$%^*()_-+.~", 8, 20)
CONNECTIONS = st.builds(
    lambda scheme, user, password, host: Secret(
        "connection-string", f"{scheme}://{user}:{password}@{host}/main", password
    ),
    st.sampled_from(["postgres", "postgresql+asyncpg", "redis", "amqps", "mongodb+srv", "https", "mysql"]),
    st.sampled_from(["", "app", "svc-7"]),
    PASSWORDS,
    st.sampled_from(["db", "db.internal:5432", "10.0.0.7", "db.example.com"]),
)
EMAILS = _whole(
    "e-mail",
    st.builds(
        lambda first, last, domain: f"{first}{last}@{domain}",
        body(ALNUM, 1, 8),
        st.sampled_from(["", ".lovelace", "+orders", "_x", "-y"]),
        st.sampled_from(["example.com", "mail.example.co.uk", "acme.io", "bücher.example.de", "x.org"]),
    ),
)
PHONES = _whole(
    "phone",
    st.builds(
        lambda form, middle, last: form.format(middle, last, last[:2], last[2:]),
        st.sampled_from(
            [
                "+1415{0}{1}",
                "+1 (415) {0}-{1}",
                "+44 20 79{2} {1}",
                "+49 1512 {0}{1}",
                "+33 6 12 {2} {3} 78",
                "00491512{0}{1}",
                "(415) {0}-{1}",
                "415-{0}-{1}",
                "415.{0}.{1}",
            ]
        ),
        st.integers(200, 998).map(str),
        st.integers(1000, 9999).map(str),
    ),
)
BEARERS = st.builds(
    lambda scheme, token: Secret("bearer-token", f"{scheme} {token}", token),
    st.sampled_from(["Bearer", "bearer"]),
    body(ALNUM, 12, 40).map(lambda text: text[:5] + "7" + text[5:]),
)
BASICS = st.builds(
    lambda user, password: base64.b64encode(f"{user}:{password}".encode()).decode(), body(ALNUM, 3, 8), PASSWORDS
).map(lambda token: Secret("basic-credentials", f"Basic {token}", token))
COOKIES = st.builds(
    lambda header, value: Secret("cookie", f"{header}: theme=dark; sid={value}; Path=/", value),
    st.sampled_from(["Cookie", "Set-Cookie", "cookie"]),
    body(ALNUM, 12, 40),
)
ASSIGNED = st.builds(
    lambda name, operator, value: Secret("named", f"{name}{operator}{value}", value),
    st.sampled_from(["password", "api_key", "CLIENT_SECRET", "access-token"]),
    st.sampled_from(["=", ": ", " = "]),
    body(ALNUM, 8, 20).map(lambda text: text[:3] + "7" + text[3:]),
)
AWS_SECRETS = body(ALNUM + "/+", 40).map(lambda text: Secret("aws-secret-key", f"SecretAccessKey: {text}", text))

IN_TEXT: dict[str, st.SearchStrategy[Secret]] = {
    "anthropic-key": _prefixed("anthropic-key", "sk-ant-api03-", alphabet=ALNUM + "-_", length=60),
    "openai-key": _prefixed("openai-key", "sk-", "sk-proj-", "sk-svcacct-", "sess-", length=40),
    "aws-access-key": _prefixed(
        "aws-access-key", "AKIA", "ASIA", alphabet=string.ascii_uppercase + "234567", length=15
    ),
    "aws-secret-key": AWS_SECRETS,
    "github-token": _prefixed("github-token", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", length=35),
    "google-key": _prefixed("google-key", "AI" + "za", alphabet=ALNUM + "-_", length=34),
    "slack-token": _prefixed("slack-token", "xoxb-123456789012-", "xoxp-1-"),
    "stripe-key": _prefixed("stripe-key", "sk_live_", "rk_live_", "sk_test_", "whsec_"),
    "jwt": JWTS,
    "private-key": PEMS,
    "vendor-token": _prefixed("vendor-token", "hf_", "npm_", "glpat-", length=36),
    "card": CARDS,
    "phone": PHONES,
    "e-mail": EMAILS,
    "connection-string": CONNECTIONS,
    "bearer-token": BEARERS,
    "basic-credentials": BASICS,
    "cookie": COOKIES,
    "named": ASSIGNED,
}
"""Secrets that their own form, or the words beside them, give away."""

NAMES = st.sampled_from(
    [
        "Authorization",
        "password",
        "x-api-key",
        "client_secret",
        "OPENAI_API_KEY",
        "accessToken",
        "private-key",
        "Cookie",
    ]
)
NAMED = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cf"]), min_size=10, max_size=30
).filter(lambda text: len(set(text)) > 4 and "=" not in text and "redacted" not in text.lower())
HOSTS = body(string.ascii_lowercase + string.digits + "-", 8, 20).map(lambda text: f"h{text}7.local")

# What may stand beside a secret: anything, once something has ended the word.
_ENDS = st.sampled_from(list(" \n\t\"'()<>[]{},;:|=!?*#&"))
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


@st.composite
def surrounded(draw: st.DrawFn, secret: Secret) -> str:
    """The secret alone, or inside some text."""
    if draw(st.booleans()):
        return secret.text
    before, after = draw(_TEXT), draw(_TEXT)
    return (before + draw(_ENDS) if before else "") + secret.text + (draw(_ENDS) + after if after else "")


@dataclass(frozen=True, slots=True)
class Place:
    """A place to plant in: `how` says of which kind, `put` plants."""

    how: str
    put: Put


def places(document: Document) -> Iterator[Place]:
    """Yield every place of a history that can hold a secret: all but numbers, enums, times and encodings."""
    for event in document["events"]:
        yield from _of_message(event, HistoryEvent.DESCRIPTOR)
    note = document.get("replaykit", {})
    for key in note:
        yield Place("text", _putter(note, key))


def _putter(node: Any, key: Any) -> Put:  # noqa: ANN401 - JSON
    def put(value: Any) -> None:  # noqa: ANN401 - JSON
        node[key] = value

    return put


def payload_of(value: object) -> Document:
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return {"metadata": {"encoding": JSON_PLAIN}, "data": base64.b64encode(data).decode()}


def bytes_payload(encoding: str, data: bytes) -> Document:
    return {
        "metadata": {"encoding": base64.b64encode(encoding.encode()).decode()},
        "data": base64.b64encode(data).decode(),
    }


def _of_message(node: Document, descriptor: Descriptor) -> Iterator[Place]:
    for field in descriptor.fields:
        name = field.json_name
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            yield from _of_map(node, name, kind)
        elif kind is not None and kind.full_name == "temporal.api.common.v1.Payload":
            holders: list[tuple[Any, Any]] = (
                [(node[name], at) for at in range(len(node.get(name, [])))] if _is_list(field) else [(node, name)]
            )
            for holder, key in holders:
                yield Place("payload", _putter(holder, key))
                if holder is not node or name in node:
                    yield from _of_payload(holder[key], _putter(holder, key))
        elif name not in node:
            if (
                field.type == FieldDescriptor.TYPE_STRING
                and not _is_list(field)
                and descriptor.name.endswith("Attributes")
            ):
                yield Place("identity" if name == "identity" else "text", _putter(node, name))
        elif kind is not None and kind.file.package.startswith("temporal"):
            for child in node[name] if isinstance(node[name], list) else [node[name]]:
                yield from _of_message(child, kind)
        elif field.type == FieldDescriptor.TYPE_STRING:
            if _is_list(field):
                yield from (Place("text", _putter(node[name], at)) for at in range(len(node[name])))
            else:
                yield Place("identity" if name == "identity" else "text", _putter(node, name))


def _is_list(field: FieldDescriptor) -> bool:
    repeated: bool = field.is_repeated
    return repeated


def _of_map(node: Document, name: str, entry: Descriptor) -> Iterator[Place]:
    value = entry.fields_by_name["value"]
    there = node.get(name, {})

    def added(make: Callable[[], Any]) -> Put:
        return lambda key: node.setdefault(name, {}).__setitem__(key, make())

    if value.type == FieldDescriptor.TYPE_STRING:
        yield Place("key", added(lambda: "value"))
        yield Place("named text", lambda pair: node.setdefault(name, {}).__setitem__(*pair))
        yield from (Place("text", _putter(there, key)) for key in there)
    elif value.message_type is not None and value.message_type.name == "Payload":
        yield Place("key", added(lambda: payload_of("value")))
        yield Place("named payload", lambda pair: node.setdefault(name, {}).__setitem__(*pair))
        for key in there:
            yield Place("payload", _putter(there, key))
            yield from _of_payload(there[key], _putter(there, key))
    elif value.message_type is not None and value.message_type.name == "Payloads":
        yield Place("key", added(lambda: {"payloads": [payload_of("value")]}))
        for key in there:
            yield from _of_message(there[key], value.message_type)


def _of_payload(payload: Document, put: Put) -> Iterator[Place]:
    metadata = payload.get("metadata", {})
    yield Place("metadata", lambda text: metadata.__setitem__("note", base64.b64encode(text.encode()).decode()))
    if metadata.get("encoding") != JSON_PLAIN:
        return
    value = json.loads(base64.b64decode(payload["data"]))

    def rewrite(change: Callable[[], Any]) -> None:
        put(payload_of(change()))

    yield from _of_json(value, rewrite, lambda new: put(payload_of(new)))


def _of_json(root: Any, rewrite: Callable[[Callable[[], Any]], None], replace: Put) -> Iterator[Place]:  # noqa: ANN401
    def put_at(node: Any, key: Any) -> Put:  # noqa: ANN401 - JSON
        def change(new: Any) -> Any:  # noqa: ANN401 - JSON
            node[key] = new
            return root

        return lambda new: rewrite(lambda: change(new))

    def walk(node: Any, put: Put) -> Iterator[Place]:  # noqa: ANN401 - JSON
        yield Place("json", put)
        if isinstance(node, dict):
            yield Place("json key", lambda text: put_at(node, text)(1))
            yield Place("json named", lambda pair: put_at(node, pair[0])(pair[1]))
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in list(pairs)[:4]:
            yield from walk(child, put_at(node, key))

    yield from walk(root, replace)
