"""The token forms that detect-secrets keeps for further vendors become detectors of ours."""

import importlib
import logging
import re
import warnings
from collections.abc import Iterator

from replaykit.rules.secrets.detector import Detector, Finder, Shape, Span
from replaykit.rules.secrets.search import DETECTORS

KIND = "vendor-token"

# Each with literals of which its tokens hold one. Left out are patterns that our own detectors cover, those without a
# literal to look for (Discord, Twilio), those that take quadratic time on hostile text (npm, Cloudant, IBM, SoftLayer),
# and Artifactory's second, which matches words in capitals.
_PLUGINS = (
    ("artifactory", "ArtifactoryDetector", slice(1), ("akc",)),
    ("azure_storage_key", "AzureStorageKeyDetector", slice(None), ("accountkey=",)),
    ("gitlab_token", "GitLabTokenDetector", slice(1, 2), ("gr1348941",)),
    ("mailchimp", "MailchimpDetector", slice(None), ("-us",)),
    ("pypi_token", "PypiTokenDetector", slice(None), ("pypi-",)),
    ("sendgrid", "SendGridDetector", slice(None), ("sg.",)),
    ("square_oauth", "SquareOAuthDetector", slice(None), ("sq0csp-",)),
    ("telegram_token", "TelegramBotTokenDetector", slice(None), (":aa",)),
)
# What a match may hold around the token, and what of the token tells its vendor.
_BEFORE = re.compile(r"(?:AccountKey=|[\s=:\"])*")
_PREFIX = re.compile(r"GR1348941|pypi-|SG\.|sq0csp-|AKC")
_AFTER = re.compile(r"[A-Za-z0-9_=-]*")


def detectors() -> tuple[Detector, ...]:
    """Return the built-in detectors, and those for the tokens of further vendors."""
    further = (
        Detector(KIND, Shape.TOKEN, anchors, _finder(pattern))
        for module, plugin, chosen, anchors in _PLUGINS
        for pattern in _patterns(module, plugin)[chosen]
    )
    return (*DETECTORS, *further)


def _patterns(module: str, plugin: str) -> list[re.Pattern[str]]:
    # detect-secrets takes a third of a second, and a client for HTTP with it: only who redacts pays for that.
    shows = warnings.showwarning
    found: list[re.Pattern[str]] = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), plugin).denylist
    if warnings.showwarning is not shows:
        # It sends the warnings of the whole process to a log when it is loaded; pytest, for one, then hears of none.
        logging.captureWarnings(False)  # noqa: FBT003 - the standard library's one parameter
    return found


def _finder(pattern: re.Pattern[str]) -> Finder:
    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            end = match.start() + len(match[0].rstrip('\r\n\t "'))
            start = match.start() + len(_before(match[0]))
            prefix = _PREFIX.match(text, start, end)
            after = _AFTER.match(text, end)
            yield Span(start, prefix.end() if prefix else start, after.end() if after else end)

    return find


def _before(matched: str) -> str:
    before = _BEFORE.match(matched)
    return before[0] if before else ""
