"""What code has put together of a secret and more is put together of its pseudonym, and hides no less."""

import base64
import json
import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from replaykit.adapters.vendor_tokens import detectors
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redact import Redactor
from replaykit.rules.redaction.rules import RedactionRules
from tests import secrets
from tests.secrets import ALNUM, Secret, payload_of
from tests.test_redact import redact, redactor, scheduled, values

REDACTOR = Redactor(RedactionRules(), Pseudonyms(b"a key of these tests"), detectors=detectors())
TOKEN, SECRET = "q7Zt-Xw9L.k4Vb8Nc1R", "wJalrXUtn9FEMI7K"
ANY = st.sampled_from(list(secrets.IN_TEXT)).flatmap(secrets.IN_TEXT.__getitem__)
WORDS = st.sampled_from(["digest", "Charge", "v2", "1", "attempt-3", "order/17/EU", "a_b.c"])
SEPARATORS = st.sampled_from("/:-_.+#|~")
DICE = st.randoms(use_true_random=False)
ENDINGS = st.lists(st.tuples(SEPARATORS, WORDS), min_size=1, max_size=3).map(
    lambda pairs: "".join(separator + word for separator, word in pairs)
)
# Random, as keys are, and with slashes as base64 has them.
RANDOM = secrets.body(ALNUM + "/+", 14, 40).map(lambda text: text[:4] + "7Q" + text[4:] + "q")


def redacted(texts: Sequence[str]) -> list[str]:
    """The texts as inputs of one activity, redacted; redacting them again changes nothing."""
    result = REDACTOR.redact(scheduled(*map(payload_of, texts)))
    again = REDACTOR.redact(result.document)
    assert not again.places, [place.kind for place in again.places]
    return values(result)


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {TOKEN}",
        f"password={TOKEN}",
        f"SecretAccessKey: {SECRET}/{SECRET[:8]}+{SECRET[1:]}",
        "sk_live_" + SECRET + SECRET,
        "use sk_live_" + SECRET + SECRET,
        "Basic " + base64.b64encode(b"ada:hunter2-x9").decode().rstrip("="),
        "Bearer 123456789012345",
    ],
)
@pytest.mark.parametrize("ending", ["/digest", "/digest/2", "-v1", "/ada@example.com"])
def test_a_token_that_code_adds_to_keeps_what_is_added(text: str, ending: str) -> None:
    for texts in ([text, text + ending], [text + ending, text]):
        new = dict(zip(texts, redacted(texts), strict=True))
        [mail] = redacted([ending])
        assert new[text] != text
        assert new[text + ending] == new[text] + mail


@pytest.mark.parametrize("sign", ["sk_live_", "bearer ", "api_key: ", "password: "])
def test_a_secret_is_found_at_once_behind_another(sign: str) -> None:
    [new] = redacted([f"{sign}{SECRET}8/{sign}9{SECRET}"])
    assert SECRET not in new


def test_basic_credentials_that_code_has_added_to_are_found() -> None:
    token = base64.b64encode(b"ada:hunter2-x9").decode().rstrip("=")
    [new] = redacted([f"Basic {token}/digest"])
    assert token not in new


def test_a_secret_that_begins_like_another_is_replaced_whole() -> None:
    first, second = redacted([f"Bearer {TOKEN}", f"Bearer {TOKEN}/{SECRET}"])
    assert SECRET not in second
    assert not second.startswith(first)


def test_a_token_added_to_a_token_is_two_tokens() -> None:
    one, two, both = redacted([f"Bearer {TOKEN}", f"Bearer {SECRET}", f"Bearer {TOKEN}/{SECRET}"])
    assert both == f"{one}/{two.removeprefix('Bearer ')}"


def test_what_was_added_to_is_added_to_again() -> None:
    texts = [f"Bearer {TOKEN}" + "/a" * times for times in range(60)]
    new = redacted(texts)
    assert new[:30] == [new[0] + "/a" * times for times in range(30)]
    assert not any(TOKEN in text for text in new)


def test_a_word_that_a_name_calls_a_secret_is_none_that_another_begins_with() -> None:
    _, longer = redact({"password": "correct"}, {"password": "correct-horse-battery"})
    assert "horse" not in json.dumps(longer)


def test_under_a_name_too_the_known_secret_alone_is_replaced() -> None:
    one, two = redact({"authorization": f"Bearer {TOKEN}"}, {"api_key": f"{TOKEN}/digest"})
    assert two["api_key"] == one["authorization"].removeprefix("Bearer ") + "/digest"


def test_what_a_team_s_rule_names_is_replaced_whole_all_the_same() -> None:
    token, note, pattern = redact(
        f"Bearer {TOKEN}",
        {"note": f"{TOKEN}/digest"},
        f"ref {TOKEN}/final",
        redact_names=("note",),
        redact_patterns=(r"ref (\S+)",),
    )
    assert "digest" not in note["note"]
    assert "final" not in pattern
    assert TOKEN not in json.dumps([token, note, pattern])


def test_a_team_s_pattern_hides_what_a_known_secret_stands_in() -> None:
    new = redact("ada@example.com", "ada@example.com of Ada", redact_patterns=("example.com of Ada",))
    assert "Ada" not in new[1]


def test_a_known_secret_that_stays_leaves_what_follows_it() -> None:
    document = scheduled(payload_of(f"Bearer {TOKEN}"), payload_of(f"Bearer {TOKEN}/digest"))
    [place, _] = redactor().redact(document).places
    kept = redactor().redact(document, keep=frozenset({place.secret}))
    assert values(kept) == [f"Bearer {TOKEN}", f"Bearer {TOKEN}/digest"]


def put_together(secret: Secret, other: Secret, ending: str, dice: random.Random) -> None:
    # What has a name before it could be a longer text under the first one's name.
    assume(other.text == other.hidden)
    together = (secret.text + ending, f"{secret.text}/{other.text}", f"see {secret.text} {ending}")
    texts = [secret.text, other.text, *together]
    dice.shuffle(texts)
    new = dict(zip(texts, redacted(texts), strict=True))
    first, second = new[secret.text], new[other.text]
    assert [new[text] for text in together] == [first + ending, f"{first}/{second}", f"see {first} {ending}"]


def stays_hidden(secret: Secret, separator: str, rest: str, more: list[Secret]) -> None:
    # The letters up to the first digit would be one more domain of the address, and read like a word.
    assume((secret.kind, separator) != ("e-mail", "."))
    longer = f"{secret.text}{separator}{rest}"
    [alone] = redacted([longer])
    hidden = [part for part in rest.replace("+", "/").split("/") if len(part) > 4 and part not in alone]
    assume(hidden)
    for texts in ([secret.text, longer], [longer, secret.text, *(one.text for one in more)]):
        written = json.dumps(redacted(texts))
        assert secret.hidden not in written
        assert not [part for part in hidden if part in written]


@settings(suppress_health_check=list(HealthCheck))
@given(ANY, ANY, ENDINGS, DICE)
def test_pseudonyms_are_put_together_as_their_secrets_were(
    secret: Secret, other: Secret, ending: str, dice: random.Random
) -> None:
    put_together(secret, other, ending, dice)


@settings(suppress_health_check=list(HealthCheck))
@given(ANY, SEPARATORS, RANDOM, st.lists(ANY, max_size=2))
def test_what_is_hidden_stays_hidden_whatever_else_is_known(
    secret: Secret, separator: str, rest: str, more: list[Secret]
) -> None:
    stays_hidden(secret, separator, rest, more)


@pytest.mark.deep
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(ANY, ANY, ENDINGS, DICE)
def test_pseudonyms_of_ten_thousand_are_put_together_as_their_secrets_were(
    secret: Secret, other: Secret, ending: str, dice: random.Random
) -> None:
    put_together(secret, other, ending, dice)


@pytest.mark.deep
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(ANY, SEPARATORS, RANDOM, st.lists(ANY, max_size=2))
def test_what_is_hidden_stays_hidden_in_ten_thousand_cases(
    secret: Secret, separator: str, rest: str, more: list[Secret]
) -> None:
    stays_hidden(secret, separator, rest, more)
