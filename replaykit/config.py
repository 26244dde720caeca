"""`[tool.replaykit]` and options become one frozen Config."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from replaykit.errors import ConfigInvalid


class DriftPolicy(StrEnum):
    """What a drifted history does to the exit code or the test."""

    FAIL = "fail"
    WARN = "warn"
    IGNORE = "ignore"


class ExpiryPolicy(StrEnum):
    """What recordings do that are older than their cassette allows."""

    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CodecAccess:
    """What lets replaykit into a codec server; it comes from options and the environment, and is never shown.

    Attributes:
        authorization: The Authorization header.
        headers: Further headers, name and value.
    """

    authorization: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a replay.

    Attributes:
        root: Directory of the pyproject.toml, or the working directory; relative paths count from here.
        histories: Files and directories of histories.
        workflows: Modules (`package.module`) or classes (`package.module:Class`).
        factory: `package.module:function` returning the keyword arguments of the team's Worker; or empty.
        data_converter: `package.module:object`, a DataConverter or what returns one; or empty.
        codec: `package.module:object`, a PayloadCodec or what returns one, in place of the converter's own; or empty.
        codec_endpoint: URL of a codec server in place of the converter's own codec, `{namespace}` replaced; or empty.
        codec_access: Credentials for the codec server; no key of `[tool.replaykit]`.
        python_path: Directories put in front of the module search path.
        sandbox: Whether workflows run in the SDK's sandbox.
        deadline: Seconds that one history may take before its process is killed.
        processes: Number of replay processes; 0 is one a core.
        accept: Drift that is accepted, each entry `[WORKFLOW_TYPE/]KIND:NAME PATH` (see rules/accept.py).
        scenarios: Files, directories with `chaos.py`, or `package.module:object`: what they declare holds for
            recorded runs of their workflows under chaos, too.
        every_prefix: Replay each history cut at every workflow task, too.
        seeds: Number of hash seeds (PYTHONHASHSEED 0, 1, …) that each history is replayed under.
        redact_paths: Places of histories that an export redacts (see rules/redaction/rules.py).
        redact_names: Names under which it redacts what they hold.
        redact_patterns: Regular expressions of what it redacts.
        redact_keep: Names, and regular expressions of secrets, that it leaves as they are.
        allow_hosts: Hosts that activities may reach past a cassette, `HOST` or `HOST:PORT`.
        expiry: What recordings do that are older than their cassette allows.
        drift: What drift does; None is each face's default (pytest: warn, command line: fail).
    """

    root: str = "."
    histories: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    factory: str = ""
    data_converter: str = ""
    codec: str = ""
    codec_endpoint: str = ""
    codec_access: CodecAccess = CodecAccess()
    python_path: tuple[str, ...] = (".",)
    sandbox: bool = True
    deadline: float = 30.0
    processes: int = 0
    drift: DriftPolicy | None = None
    accept: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    every_prefix: bool = False
    seeds: int = 1
    redact_paths: tuple[str, ...] = ()
    redact_names: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()
    redact_keep: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    expiry: ExpiryPolicy = ExpiryPolicy.WARN

    def with_options(self, **options: Any) -> "Config":  # noqa: ANN401 - checked field by field
        """Override settings with those options that were given (None and empty: not given).

        A codec that is given replaces a codec server that was set, and the other way round.

        Raises:
            ConfigInvalid: A value is out of range.
        """
        return _overridden(self, options, "an option")

    def with_environment(self, *, codec_endpoint: str, codec_access: CodecAccess) -> "Config":
        """Override settings with what the environment says of a codec server.

        Raises:
            ConfigInvalid: The endpoint is no URL of a codec server.
        """
        found = {"codec_endpoint": codec_endpoint, "codec_access": codec_access}
        return _overridden(self, found, "the environment")

    def absolute(self) -> "Config":
        """Return the same settings with python_path made absolute."""
        root = PurePath(self.root)
        return replace(self, python_path=tuple(str(root / path) for path in self.python_path))


KEYS = {f.name.replace("_", "-"): f.name for f in fields(Config) if f.name not in {"root", "codec_access"}}
_STRINGS = frozenset({"factory", "data_converter", "codec", "codec_endpoint"})
_LISTS = frozenset(
    {
        "histories",
        "workflows",
        "python_path",
        "accept",
        "scenarios",
        "redact_paths",
        "redact_names",
        "redact_patterns",
        "redact_keep",
        "allow_hosts",
    }
)


def from_toml(text: str, *, root: str, source: str) -> Config:
    """Read the `[tool.replaykit]` table out of a pyproject.toml.

    Raises:
        ConfigInvalid: The file is no TOML, or a key is unknown or has a value of the wrong type.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(
            f"{source} is no valid TOML.", cause=str(error), fix="mend the file at the place named"
        ) from None
    tool = document.get("tool", {})
    table = tool.get("replaykit", {}) if isinstance(tool, Mapping) else {}
    if not isinstance(table, Mapping):
        raise ConfigInvalid(
            f"[tool.replaykit] in {source} is no table.",
            cause=f"it is a {type(table).__name__}",
            fix="write it as a table: [tool.replaykit]",
        )
    settings = {}
    for key, value in table.items():
        name = KEYS.get(key)
        if name is None:
            raise ConfigInvalid(
                f"[tool.replaykit] in {source} has an unknown key: {key}.",
                cause="the keys are " + ", ".join(sorted(KEYS)),
                fix="correct or remove the key",
            )
        settings[name] = _value(name, key, value, source)
    return _checked(Config(root=root, **settings), f"[tool.replaykit] in {source}")


def _overridden(config: Config, options: Mapping[str, Any], source: str) -> Config:
    given = {key: value for key, value in options.items() if value not in (None, (), "")}
    for one, other in (("codec", "codec_endpoint"), ("codec_endpoint", "codec")):
        if one in given:
            given.setdefault(other, "")
    return _checked(replace(config, **given), source)


def _value(name: str, key: str, value: object, source: str) -> Any:  # noqa: ANN401 - one of Config's field types
    wanted, found = _typed(name, value)
    if found is not None:
        return found
    raise ConfigInvalid(
        f"[tool.replaykit] {key} in {source} has a value of the wrong type.",
        cause=f"it wants {wanted}, not {value!r:.60}",
        fix=f"see the reference of settings: docs/reference/configuration.md#{key}",
    )


def _typed(name: str, value: object) -> tuple[str, object]:
    if name in _LISTS:
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return "a list of strings", tuple(value) if good and isinstance(value, list) else None
    if name == "drift":
        wanted = "one of " + ", ".join(policy.value for policy in DriftPolicy)
        known = isinstance(value, str) and value in {policy.value for policy in DriftPolicy}
        return wanted, DriftPolicy(str(value)) if known else None
    if name == "expiry":
        known = isinstance(value, str) and value in {policy.value for policy in ExpiryPolicy}
        return "one of " + ", ".join(ExpiryPolicy), ExpiryPolicy(str(value)) if known else None
    if name in {"sandbox", "every_prefix"}:
        return "true or false", value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return "a string" if name in _STRINGS else "a number", None
    if name == "deadline":
        return "a number of seconds", float(value) if isinstance(value, (int, float)) else None
    if name in {"processes", "seeds"}:
        return "a whole number", value if isinstance(value, int) else None
    return "a string", value if isinstance(value, str) else None


def _checked(config: Config, source: str) -> Config:
    if not 0 < config.deadline < math.inf:
        raise ConfigInvalid(
            f"The deadline of {source} is {config.deadline:g} seconds.",
            cause="a history needs some time: the deadline must be above 0, and finite",
            fix="leave it out for the default of 30 seconds",
        )
    if config.processes < 0:
        raise ConfigInvalid(
            f"The number of processes of {source} is {config.processes}.",
            cause="it must be 0 (one a core) or more",
            fix="leave it out for one process a core",
        )
    if config.seeds < 1:
        raise ConfigInvalid(
            f"The number of seeds of {source} is {config.seeds}.",
            cause="each history is replayed under at least one",
            fix="leave it out for one seed",
        )
    if config.factory and ":" not in config.factory:
        raise ConfigInvalid(
            f"The factory of {source} names no function: {config.factory}.",
            cause="a factory is written module:function",
            fix=f'factory = "{config.factory}:FUNCTION"',
        )
    _check_codec(config, source)
    return config


def _check_codec(config: Config, source: str) -> None:
    for key, name in (("data-converter", config.data_converter), ("codec", config.codec)):
        if name and ":" not in name:
            raise ConfigInvalid(
                f"The {key} of {source} names no object: {name}.",
                cause=f"a {key} is written module:object",
                fix=f'{key} = "{name}:OBJECT"',
            )
    if config.codec and config.codec_endpoint:
        raise ConfigInvalid(
            f"Both codec and codec-endpoint of {source} are set.",
            cause="payloads go through one of them: a codec in this process, or a codec server",
            fix="leave one of them out",
        )
    if config.codec_endpoint:
        _check_endpoint(config.codec_endpoint, source)


def _check_endpoint(endpoint: str, source: str) -> None:
    """Refuse what is no URL, and what would carry a secret into messages; the URL itself is not repeated."""
    try:
        url = urlsplit(endpoint)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigInvalid(
            f"The codec-endpoint of {source} is no URL of a codec server.",
            cause="it wants http:// or https://, a host and perhaps a path",
            fix='codec-endpoint = "https://codec.example.com/{namespace}"',
        )
    if url.username or url.password or url.query or url.fragment:
        raise ConfigInvalid(
            f"The codec-endpoint of {source} holds more than scheme, host and path.",
            cause="credentials in a URL end up in logs, and /decode is appended to its path",
            fix="leave them out; set TEMPORAL_CODEC_AUTH to the Authorization header",
        )
