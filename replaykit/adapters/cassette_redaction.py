"""Secrets stay out of cassettes: what questions and answers hold of them is redacted as an export redacts it."""

from collections.abc import Callable

from replaykit.adapters.vendor_tokens import detectors
from replaykit.model.value import JsonData
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redact import Redactor
from replaykit.rules.redaction.rules import RedactionRules

# The same everywhere: a question has to meet its recording on every machine, and a key that travelled with the cassette
# would keep a guess from being tried no better.
_KEY = b"replaykit cassettes: known to all"


def built_in() -> Callable[[JsonData], JsonData]:
    """Return a function that gets JSON and returns it with pseudonyms in place of secrets, the same for the same."""
    redactor = Redactor(RedactionRules(), Pseudonyms(_KEY), detectors=detectors())

    def redact(value: JsonData) -> JsonData:
        redacted: JsonData = redactor.redact({"value": value}).document["value"]
        return redacted

    return redact
