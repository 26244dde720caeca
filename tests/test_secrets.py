"""Each kind of secret is found where it stands, whole, and nothing else is taken for one."""

import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.adapters.vendor_tokens import detectors
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redact import KINDS, Redactor
from replaykit.rules.redaction.places import TEAM
from replaykit.rules.redaction.rules import RedactionRules
from replaykit.rules.secrets.names import STEMS, is_doubtful, is_phone, is_secret, normal
from replaykit.rules.secrets.numbers import is_card, luhn
from replaykit.rules.secrets.search import Search
from tests.secrets import IN_TEXT, Secret, surrounded

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.json"))
SEARCH = Search(detectors())
UUID = "01a20799-3552-7623-976a-1bd5a8dfa341"


def found(text: str) -> list[tuple[str, str]]:
    """The secrets of a text, with their kinds."""
    return [
        (one.kind, text[one.start : one.end]) for one in SEARCH.find(text, is_pseudonym=lambda _text, _shape: False)
    ]


def a(*parts: str) -> str:
    """Put a secret together, so that no scanner takes this file for a leak."""
    return "".join(parts)


SECRETS = [
    ("openai-key", a("sk-", "proj-", "Zt7Qm2Xw9Lk4Vb8Nc1Rd5Hf3")),
    ("openai-key", a("sess-", "Zt7Qm2Xw9Lk4Vb8Nc1Rd5Hf3Zt7Qm2Xw9Lk4Vb8N")),
    ("anthropic-key", a("sk-", "ant-api03-", "Zt7Qm2Xw9Lk4Vb8Nc1Rd5Hf3-_aA")),
    ("aws-access-key", a("AK", "IA", "Q3EGRIVKTIHNWQWE")),
    ("github-token", a("gh", "p_", "16C7e42F292c6912E7710c838347Ae178B4a")),
    ("github-token", a("github", "_pat_", "11AAAAAAA0aBcDeFgHiJkL_0123456789")),
    ("google-key", a("AI", "za", "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe")),
    ("slack-token", a("xo", "xb-", "263594206564-2343594206574-FGqddMF8t08v8N7Oq4i57vs1")),
    ("stripe-key", a("sk", "_live_", "4eC39HqLyjWDarjtT1zdp7dc")),
    ("vendor-token", a("SG", ".", "ngeVfQFYQlKU0ufo8x5d1A", ".TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr")),
    ("vendor-token", a("gl", "pat-", "Zt7Qm2Xw9Lk4Vb8Nc1Rd")),
    ("vendor-token", a("hf", "_", "ZtQmXwLkVbNcRdHfZtQmXwLkVbNcRdHfZt")),
    ("jwt", a("ey", "JhbGciOiJIUzI1NiJ9", ".ey", "JzdWIiOiIxMjM0In0", ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P")),
    ("card", "4111111111111111"),
    ("card", "4111 1111 1111 1111"),
    ("card", "3782-822463-10005"),
    ("phone", "+1 (415) 555-2671"),
    ("phone", "+4915123456789"),
    ("phone", "415-555-2671"),
    ("phone", "0044 20 7946 0958"),
    ("e-mail", "ada.lovelace+orders@mail.example.co.uk"),
    ("e-mail", "ada%40example.com"),
]


@pytest.mark.parametrize(("kind", "secret"), SECRETS, ids=[f"{kind}-{at}" for at, (kind, _) in enumerate(SECRETS)])
def test_a_secret_is_found_whole_alone_and_in_text(kind: str, secret: str) -> None:
    assert found(secret) == [(kind, secret)]
    for text in ("see {} there", "key={}&x=1", '"{}"', "order-{}", "%3D{}", "line\\n{}\\nline", "({})", "é{}"):
        inside = found(text.format(secret))
        assert [(kind, secret)] == inside or (kind == "e-mail" and secret in inside[0][1]), text


CONTEXTS = [
    ("connection-string", "postgres://app:{}@db.example.com/main"),
    ("connection-string", "redis://:{}@h:6379"),
    ("connection-string", "mongodb+srv://u:{}@c.example.net,d.example.net/x?y=z"),
    ("bearer-token", "Authorization: Bearer {}"),
    ("bearer-token", "curl -H 'authorization: bearer {}'"),
    ("cookie", "Cookie: sid={}"),
    ("cookie", "Set-Cookie: sid={}; Path=/; HttpOnly"),
    ("named", "password={}"),
    ("named", '{{"password": "{}"}} is no JSON'),
    ("named", "{{'api_key': '{}'}}"),
    ("named", "Server=db;Uid=app;Pwd={};"),
    ("named", '\\"client_secret\\": \\"{}\\"'),
]


@pytest.mark.parametrize(("kind", "text"), CONTEXTS)
def test_a_secret_is_found_by_what_stands_beside_it(kind: str, text: str) -> None:
    assert found(text.format("s3cr3t-Value")) == [(kind, "s3cr3t-Value")]


def test_a_password_with_the_signs_of_a_url_is_found() -> None:
    assert found("postgres://app:p@ss:w0rd@db/main") == [("connection-string", "p@ss:w0rd")]
    assert found("postgres://app:pa/ss?w0rd@db/main") == [("connection-string", "pa/ss?w0rd")]


def test_basic_credentials_are_found_and_prose_is_not() -> None:
    assert found("Basic " + a("dXNlcjpw", "YXNzd29yZA==")) == [("basic-credentials", "dXNlcjpwYXNzd29yZA==")]
    assert found("Basic authentication is needed") == []


def test_a_private_key_is_found_with_all_its_lines() -> None:
    lines = "\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7\n"
    text = a("-----BEGIN RSA PRI", "VATE KEY-----") + lines + a("-----END RSA PRI", "VATE KEY-----")
    [one] = SEARCH.find(f"key: {text} end", is_pseudonym=lambda _text, _shape: False)
    assert (one.kind, f"key: {text} end"[one.body : one.end]) == ("private-key", lines)


def test_an_aws_secret_key_is_found_where_it_is_named() -> None:
    key = a("wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY")
    assert found(f"aws_secret_access_key = {key}") == [("aws-secret-key", key)]
    assert found(f"sha1: {'0a' * 20}") == []


INNOCENT = [
    UUID,
    f"run {UUID} of 2026-11-23T08:50:10.898402487Z",
    "2026-11-23 08:50:10",
    "7aad3f5d1c771e48866acb9edb1e3598",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "1795423810898402487",
    "1795423810898",
    "1795423810",
    "175928847299117063",
    "1234567890123456",
    "order-1001",
    "192.168.100.200:7233",
    "task-0123456789abcdef01234567",
    "sk-cube-grid-container-of-the-page",
    "risk-assessment-of-the-portfolio-2026",
    "the bearer representative of the company",
    "https://example.com:8443/a/b?c=d",
    "pip install temporalio==1.35.0",
    "lodash@4.17.21 and @types/node@18.2.0",
    "password: required",
    "client = connect(api_key=settings.api_key)",
    "max_tokens: 50, total_tokens=1234567",
    "cookie: none",
    "10.5281/zenodo.1234567",
    "basic_string and Basic training",
    "0000000000000000",
    "€ 1 234 567 890,00",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert found(text) == []


def test_the_fixtures_hold_one_e_mail_address_and_nothing_else() -> None:
    redactor = Redactor(RedactionRules(), Pseudonyms(b"k" * 32), detectors=detectors())
    places = [p for path in FIXTURES for p in redactor.redact(json.loads(path.read_text("utf-8"))).places]
    assert {(place.kind, place.path, place.visible) for place in places} == {("e-mail", "input[0].customer", True)}
    assert len({place.secret for place in places}) == 1


@given(
    st.sampled_from(sorted(IN_TEXT))
    .flatmap(IN_TEXT.__getitem__)
    .flatmap(lambda s: st.tuples(st.just(s), surrounded(s)))
)
def test_a_secret_in_text_lies_within_what_is_found(case: tuple[Secret, str]) -> None:
    secret, text = case
    at = text.rindex(secret.hidden)
    spans = [(one.start, one.end) for one in SEARCH.find(text, is_pseudonym=lambda _text, _shape: False)]
    assert any(start < at + len(secret.hidden) and at < end for start, end in spans)
    assert spans == sorted(spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans)), "secrets overlap"


@given(st.text(st.sampled_from("0123456789"), min_size=12, max_size=18))
def test_each_number_has_one_check_digit(digits: str) -> None:
    assert sum(luhn(digits + str(check)) == 0 for check in range(10)) == 1


def test_a_card_has_an_issuer_a_length_and_a_check_digit() -> None:
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert not is_card("9000000000000001")
    assert not is_card("41111111111111")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "x-api-key", "X_API_KEY", "apiKey", "OPENAI_API_KEY", "password", "db_password", "Set-Cookie",
        "proxy-authorization", "clientSecret", "refresh-token", "PRIVATE_KEY", "aws_secret_access_key", "credentials",
    ],
)  # fmt: skip
def test_names_of_secrets_are_known_however_they_are_written(name: str) -> None:
    assert is_secret(normal(name))


@pytest.mark.parametrize("name", ["max_tokens", "key", "author", "tokenizer", "secretary", "passenger", "name", "keys"])
def test_other_names_are_not(name: str) -> None:
    assert not is_secret(normal(name))


def test_each_name_of_a_secret_holds_a_stem_that_lets_its_payload_be_read() -> None:
    names = [
        "authorization", "cookie", "cookie2", "password", "passwd", "passphrase", "pwd", "secret", "apikey",
        "accesstoken", "credential", "connectionstring", "token", "auth", "jwt", "session", "sessionid", "sid", "pass",
        "dsn", "otp", "bearer", "phone", "mobile", "telephone", "msisdn", "cellphone", "whatsapp", "fax", "tel", "cell",
        "mobilenumber",
    ]  # fmt: skip
    for name in names:
        assert is_secret(name) or is_doubtful(name) or is_phone(name), name
        assert any(stem in name for stem in STEMS), name


def test_every_kind_that_is_found_in_text_has_made_up_secrets_to_test_with() -> None:
    assert {*IN_TEXT, "host", TEAM} == set(KINDS)


HOSTILE = [
    "a", "@", "a@", "a@a.", "1", "1 ", "1-", "-ey", "eyJaaaaaaaaaa.", "a.", "://a:", "://a:@", "postgres://a:b", "sk-",
    "AKIA", "-----BEGIN PRIVATE KEY-----", "cookie: a=b; ", "cookie", "bearer ", "basic aaaaaa ", "password=",
    'password: "', " ", "secret key ", "+1", "+1415555", "(415) 555-", "\\", "%40", "abcdef0123456789", f"{UUID} ", '"',
    "a-us1", "1234567890:aa", "akc ", "SG.aaaa", "ada@example.com ", "4111111111111111 ", "+14155552671 ", "\n",
    "bearer abc7/", "basic aaaa/", "aaaa/",
]  # fmt: skip
ANCHORS = "glpat- sk- @ :// cookie secret bearer basic password eyj -----begin private key-----"


def seconds(text: str) -> float:
    """The least processor time that a search takes."""

    def once() -> float:
        began = time.process_time()
        SEARCH.find(text, is_pseudonym=lambda _text, _shape: False)
        return time.process_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_the_length_of_hostile_text_and_no_faster(unit: str) -> None:
    def text(length: int) -> str:
        return ANCHORS + unit * (length // len(unit))

    # Quadratic time would take 64 times as long.
    assert seconds(text(32_000)) < 25 * max(seconds(text(4_000)), 0.0005)


def test_a_megabyte_is_searched_whole() -> None:
    secret = a("gh", "p_", "16C7e42F292c6912E7710c838347Ae178B4a")
    assert found("x " * 500_000 + secret) == [("github-token", secret)]
