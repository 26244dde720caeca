"""The team's own rules of redaction, beside the detectors: by path, by name, by pattern, and what stays."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from replaykit.config import Config
from replaykit.errors import ConfigInvalid
from replaykit.rules.paths import covering
from replaykit.rules.secrets.names import normal


@dataclass(frozen=True, slots=True)
class RedactionRules:
    """What a team redacts beside the built-in kinds.

    Attributes:
        paths: What stands at these places, and below, is redacted.
        names: What stands under these names (in their normal form) is redacted.
        patterns: What these match is redacted; their first group alone, where they have one.
        keep_patterns: A secret that one of these matches whole stays.
        keep_names: What stands under these names (in their normal form) stays.
        digest: Names these rules: equal for equal rules.
    """

    paths: tuple[re.Pattern[str], ...] = ()
    names: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()
    keep_patterns: tuple[re.Pattern[str], ...] = ()
    keep_names: frozenset[str] = frozenset()
    digest: str = "built-in"


_NAME = re.compile(r"[\w .-]+")


def rules_from(config: Config) -> RedactionRules:
    """Read the redaction rules of the settings.

    Raises:
        ConfigInvalid: An entry is no regular expression.
    """
    lists = (config.redact_paths, config.redact_names, config.redact_patterns, config.redact_keep)
    if not any(lists):
        return RedactionRules()
    return RedactionRules(
        paths=tuple(covering(path) for path in config.redact_paths),
        names=frozenset(normal(name) for name in config.redact_names),
        patterns=_compiled("redact-patterns", config.redact_patterns),
        keep_patterns=_compiled("redact-keep", config.redact_keep),
        keep_names=frozenset(normal(entry) for entry in config.redact_keep if _NAME.fullmatch(entry)),
        digest=hashlib.sha256(json.dumps(lists).encode()).hexdigest()[:12],
    )


def _compiled(key: str, entries: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(key, entry) for entry in entries)


def _pattern(key: str, entry: str) -> re.Pattern[str]:
    try:
        return re.compile(entry)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigInvalid(
            f"The entry {entry!r} of {key} is no regular expression.",
            cause=str(error) or type(error).__name__,
            fix=f"see the reference of settings: docs/reference/configuration.md#{key}",
        ) from None
