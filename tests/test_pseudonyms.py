"""A pseudonym is of its secret's shape, the same each time, keyed, and no secret itself."""

import base64
import json
import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.adapters.vendor_tokens import detectors
from replaykit.rules.pseudonyms import Pseudonyms, is_pseudonym
from replaykit.rules.secrets.detector import Shape
from replaykit.rules.secrets.numbers import is_card, luhn
from replaykit.rules.secrets.search import Search
from tests.secrets import IN_TEXT, Secret

KEY = b"a key of these tests"
ONE = Pseudonyms(KEY)
SEARCH = Search(detectors())
ANY = st.sampled_from(sorted(IN_TEXT)).flatmap(IN_TEXT.__getitem__)


def replaced(text: str, pseudonyms: Pseudonyms = ONE) -> str:
    """The text with a pseudonym for each secret."""
    for one in reversed(SEARCH.find(text, is_pseudonym=lambda t, s: is_pseudonym(t, shape=s))):
        text = text[: one.body] + pseudonyms.of(text[one.body : one.end], shape=one.shape) + text[one.end :]
    return text


@given(ANY)
def test_a_pseudonym_is_the_same_each_time_and_no_secret_again(secret: Secret) -> None:
    once = replaced(secret.text)
    assert secret.hidden not in once
    assert once == replaced(secret.text, Pseudonyms(KEY))
    assert replaced(once) == once


@given(ANY, ANY)
def test_different_secrets_have_different_pseudonyms(one: Secret, other: Secret) -> None:
    assert (replaced(one.text) == replaced(other.text)) == (one.text == other.text)


@given(ANY)
def test_another_key_gives_another_pseudonym(secret: Secret) -> None:
    assert replaced(secret.text) != replaced(secret.text, Pseudonyms(b"another key of them"))


@given(
    st.sampled_from(["openai-key", "github-token", "slack-token", "stripe-key", "google-key"]).flatmap(
        IN_TEXT.__getitem__
    )
)
def test_a_token_keeps_prefix_length_and_the_classes_of_its_characters(secret: Secret) -> None:
    new = replaced(secret.text)
    assert len(new) == len(secret.text)
    assert new[:3] == secret.text[:3]
    assert re.sub("[A-Za-z0-9]", "x", new) == re.sub("[A-Za-z0-9]", "x", secret.text)
    assert "redacted" in new.lower().replace("-", "").replace("_", "")


def test_a_hexadecimal_token_stays_hexadecimal() -> None:
    new = ONE.of("0123456789abcdef0123456789abcdef", shape=Shape.TOKEN)
    assert re.fullmatch("[0-9a-f]{32}", new)
    assert is_pseudonym(new, shape=Shape.TOKEN)
    assert re.fullmatch("[0-9A-F]{32}", ONE.of("0123456789ABCDEF0123456789ABCDEF", shape=Shape.OPAQUE))


def test_digits_stay_digits() -> None:
    new = ONE.of("123456789012345678", shape=Shape.OPAQUE)
    assert re.fullmatch("[0-9]{18}", new)
    assert is_pseudonym(new, shape=Shape.OPAQUE)


def test_what_is_too_short_to_be_known_again_grows() -> None:
    assert len(ONE.of("1234", shape=Shape.OPAQUE)) == 16
    assert len(ONE.of("hunter2", shape=Shape.OPAQUE)) == 16


def test_an_address_goes_to_a_domain_that_nobody_has_and_colleagues_stay_colleagues() -> None:
    ada, bob = (ONE.of(f"{name}@example.com", shape=Shape.EMAIL) for name in ("ada.lovelace", "bob"))
    assert re.fullmatch(r"[a-z0-9]{3}\.[a-z0-9]{8}@[a-z0-9]{8}\.invalid", ada)
    assert ada.partition("@")[2] == bob.partition("@")[2]
    upper = ONE.of("Ada.Lovelace@Example.com", shape=Shape.EMAIL)
    assert upper != ada
    assert upper.lower() == ada


@given(IN_TEXT["card"])
def test_a_card_s_number_is_valid_of_no_issuer_and_grouped_as_it_was(secret: Secret) -> None:
    new = replaced(secret.text)
    digits = re.sub("[ -]", "", new)
    assert re.sub("[0-9]", "0", new) == re.sub("[0-9]", "0", secret.text)
    assert luhn(digits) == 0
    assert not is_card(digits)
    assert digits == ONE.of(re.sub("[ -]", "", secret.text), shape=Shape.CARD)


@given(IN_TEXT["phone"])
def test_a_phone_number_is_written_as_it_was_and_cannot_be_called(secret: Secret) -> None:
    new = replaced(secret.text)
    assert re.sub("[0-9]", "0", new) == re.sub("[0-9]", "0", secret.text)
    with pytest.raises(phonenumbers.NumberParseException):
        assert not phonenumbers.is_possible_number(phonenumbers.parse(new.replace("00", "+", 1), None))


@given(IN_TEXT["jwt"])
def test_a_jwt_stays_one_whose_parts_decode(secret: Secret) -> None:
    header, claims, signature = replaced(secret.text).split(".")
    decoded = [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (header, claims)]
    assert decoded[0] == {"alg": "none", "typ": "REDACTED"}
    assert list(decoded[1]) == ["sub"]
    assert len(signature) == len(secret.text.split(".")[2])


@given(st.text(min_size=1), st.sampled_from(Shape))
def test_a_pseudonym_can_have_exactly_the_length_of_its_secret(secret: str, shape: Shape) -> None:
    if shape in {Shape.CARD, Shape.PHONE, Shape.NUMBER, Shape.JWT}:
        return
    assert len(ONE.of_same_length(secret, shape=shape).encode()) == len(secret.encode())


def test_neither_key_nor_secret_shows_in_what_names_them() -> None:
    assert re.fullmatch("[0-9a-f]{16}", ONE.key_id)
    assert Pseudonyms(KEY).key_id == ONE.key_id != Pseudonyms(b"another key of them").key_id
    assert re.fullmatch("[0-9a-f]{16}", ONE.fingerprint("secret"))
    assert KEY.decode() not in repr(ONE)
