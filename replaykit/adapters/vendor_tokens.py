"""The token forms that detect-secrets keeps for further vendors become detectors of ours."""

import re
from collections.abc import Iterable, Iterator

from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector

from replaykit.rules.secrets.detector import Detector, Finder, Shape, Span
from replaykit.rules.secrets.search import DETECTORS

KIND = "vendor-token"

# Each with literals of which its tokens hold one. Left out are patterns that our own detectors cover, those without a
# literal to look for (Discord, Twilio), those that take quadratic time on hostile text (npm, Cloudant, IBM, SoftLayer),
# and Artifactory's second, which matches words in capitals.
_PLUGINS: tuple[tuple[Iterable[re.Pattern[str]], tuple[str, ...]], ...] = (
    (ArtifactoryDetector.denylist[:1], ("akc",)),
    (AzureStorageKeyDetector.denylist, ("accountkey=",)),
    (GitLabTokenDetector.denylist[1:2], ("gr1348941",)),
    (MailchimpDetector.denylist, ("-us",)),
    (PypiTokenDetector.denylist, ("pypi-",)),
    (SendGridDetector.denylist, ("sg.",)),
    (SquareOAuthDetector.denylist, ("sq0csp-",)),
    (TelegramBotTokenDetector.denylist, (":aa",)),
)
# What a match may hold around the token, and what of the token tells its vendor.
_BEFORE = re.compile(r"(?:AccountKey=|[\s=:\"])*")
_PREFIX = re.compile(r"GR1348941|pypi-|SG\.|sq0csp-|AKC")
_AFTER = re.compile(r"[A-Za-z0-9_=-]*")


def detectors() -> tuple[Detector, ...]:
    """Return the built-in detectors, and those for the tokens of further vendors."""
    further = (
        Detector(KIND, Shape.TOKEN, anchors, _finder(pattern)) for patterns, anchors in _PLUGINS for pattern in patterns
    )
    return (*DETECTORS, *further)


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
