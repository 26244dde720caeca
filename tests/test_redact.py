"""A redacted history: what of it is replaced, what stays, and what is told about it."""

import base64
import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from replaykit.adapters.vendor_tokens import detectors
from replaykit.config import Config
from replaykit.errors import ConfigInvalid
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redact import Redacted, Redactor
from replaykit.rules.redaction.rules import rules_from
from tests.secrets import bytes_payload, payload_of

Document: TypeAlias = dict[str, Any]

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.json"))
TOKEN = "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a"
EMAIL = "ada@example.com"
CARD = 4111111111111111


def redactor(**settings: tuple[str, ...]) -> Redactor:
    """A redactor with these rules of a team."""
    rules = rules_from(Config().with_options(**settings))
    return Redactor(rules, Pseudonyms(b"a key of these tests"), detectors=detectors())


def scheduled(*payloads: Document, **more: Any) -> Document:  # noqa: ANN401 - JSON
    """A history of one scheduled activity."""
    attributes = {"activityId": "1", "input": {"payloads": list(payloads)}, **more}
    event = {
        "eventId": "5",
        "eventType": "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED",
        "activityTaskScheduledEventAttributes": attributes,
    }
    return {"events": [event]}


def attributes(document: Document) -> Document:
    found: Document = document["events"][0]["activityTaskScheduledEventAttributes"]
    return found


def value(payload: Document) -> Any:  # noqa: ANN401 - JSON
    return json.loads(base64.b64decode(payload["data"]))


def values(redacted: Redacted) -> list[Any]:
    return [value(payload) for payload in attributes(redacted.document)["input"]["payloads"]]


def redact(*inputs: Any, **settings: tuple[str, ...]) -> list[Any]:  # noqa: ANN401 - JSON
    """The inputs of an activity, redacted."""
    return values(redactor(**settings).redact(scheduled(*map(payload_of, inputs))))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_history_without_secrets_stays_the_same_to_the_byte(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    result = redactor().redact(document)
    kept = {place.event_id for place in result.places}
    for old, new in zip(document["events"], result.document["events"], strict=True):
        assert (old == new) == (int(old["eventId"]) not in kept)


def test_a_secret_has_one_pseudonym_wherever_it_stands() -> None:
    failure = {"message": f"refused {TOKEN}", "stackTrace": f"line\n  call('{TOKEN}')", "cause": {"message": TOKEN}}
    document = scheduled(
        payload_of({"token": TOKEN, TOKEN: [f"Bearer {TOKEN}", json.dumps({"x": TOKEN})]}),
        bytes_payload("binary/plain", f"text {TOKEN}".encode()),
        header={"fields": {"authorization": payload_of(f"Bearer {TOKEN}")}},
        failure=failure,
        nexusHeader={"x-token": TOKEN},
    )
    document["replaykit"] = {"workflowId": f"job-{TOKEN}"}
    result = redactor().redact(document)
    new = values_of(result)
    text = json.dumps(result.document) + json.dumps(new)
    pseudonym = new["token"]
    assert pseudonym.startswith("ghp_REDACTED")
    assert TOKEN not in text
    assert new == {"token": pseudonym, pseudonym: [f"Bearer {pseudonym}", json.dumps({"x": pseudonym})]}
    said = attributes(result.document)
    assert said["failure"]["message"] == f"refused {pseudonym}"
    assert said["failure"]["cause"]["message"] == pseudonym
    assert said["nexusHeader"]["x-token"] == pseudonym
    assert value(said["header"]["fields"]["authorization"]) == f"Bearer {pseudonym}"
    assert base64.b64decode(said["input"]["payloads"][1]["data"]) == f"text {pseudonym}".encode()
    assert result.document["replaykit"]["workflowId"] == f"job-{pseudonym}"
    assert len({place.secret for place in result.places}) == 1
    assert result.counts == {"github-token": len(result.places)}


def values_of(redacted: Redacted) -> Any:  # noqa: ANN401 - JSON
    return value(attributes(redacted.document)["input"]["payloads"][0])


def test_the_document_given_stays_and_parts_without_secrets_are_shared() -> None:
    document = scheduled(payload_of(EMAIL), payload_of("nothing"))
    before = copy.deepcopy(document)
    result = redactor().redact(document)
    assert document == before
    assert attributes(result.document)["input"]["payloads"][1] is attributes(document)["input"]["payloads"][1]


def test_numbers_stay_numbers() -> None:
    [[card, count, ratio, flag]] = redact([CARD, 50, 0.1, True])
    assert isinstance(card, int)
    assert card != CARD
    assert len(str(card)) == 16
    assert (count, ratio, flag) == (50, 0.1, True)


def test_json_is_written_as_it_was() -> None:
    spaced = bytes_payload("json/plain", b'{"a": "ada@example.com", "b": 1.50, "c": "\\u00fc"}')
    plain = bytes_payload("json/plain", '{"a":"ada@example.com","c":"ü"}'.encode())
    first, second = (
        base64.b64decode(payload["data"]).decode()
        for payload in attributes(redactor().redact(scheduled(spaced, plain)).document)["input"]["payloads"]
    )
    assert first.endswith('", "b": 1.5, "c": "\\u00fc"}')
    assert second.endswith('","c":"ü"}')


def test_a_key_that_stands_twice_hides_nothing() -> None:
    payload = bytes_payload("json/plain", b'{"a": "ada@example.com", "a": 1}')
    assert values(redactor().redact(scheduled(payload))) == [{"a": 1}]


def test_json_nested_too_deeply_to_walk_is_searched_all_the_same() -> None:
    deep = b"[" * 3000 + f'"{TOKEN}"'.encode() + b"]" * 3000
    result = redactor().redact(scheduled(bytes_payload("json/plain", deep)))
    assert TOKEN.encode() not in base64.b64decode(attributes(result.document)["input"]["payloads"][0]["data"])


def test_encrypted_bytes_stay_as_they_are() -> None:
    encrypted = bytes_payload("binary/encrypted", bytes(range(256)) * 20)
    result = redactor().redact(scheduled(encrypted))
    assert attributes(result.document)["input"]["payloads"] == [encrypted]
    assert result.places == ()


def test_a_message_of_protocol_buffers_keeps_its_lengths() -> None:
    message = b"\x0a\x0f" + EMAIL.encode() + b"\x12\x28" + TOKEN.encode() + b"\x18\xff\x01"
    result = redactor().redact(scheduled(bytes_payload("binary/protobuf", message)))
    new = base64.b64decode(attributes(result.document)["input"]["payloads"][0]["data"])
    assert len(new) == len(message)
    assert (new[:2], new[17:19], new[-3:]) == (message[:2], message[17:19], message[-3:])
    assert EMAIL.encode() not in new
    assert TOKEN.encode() not in new


def test_names_tell_secrets_that_nothing_else_tells() -> None:
    secret = "tangerine dream 7"  # noqa: S105 - made up
    [new] = redact(
        {
            "password": secret,
            "clientSecret": [secret],
            "credentials": {"a": secret},
            "max_tokens": 50,
            "password_set": True,
            "secret": None,
            "text": '{"api_key": "tangerine dream 8"}',
        }
    )
    assert new["password"] == new["clientSecret"][0] == new["credentials"]["a"] != secret
    assert (new["max_tokens"], new["password_set"], new["secret"]) == (50, True, None)
    assert json.loads(new["text"])["api_key"].startswith("redacted")


def test_a_secret_that_its_name_tells_is_replaced_in_other_texts_too() -> None:
    [new, message] = redact({"password": "hunter2-x9"}, "login with hunter2-x9 failed")
    assert message == f"login with {new['password']} failed"


def test_a_word_that_a_name_calls_a_secret_stays_in_other_texts() -> None:
    assert redact({"secret": "production"}, "production")[1] == "production"


def test_a_cookie_keeps_the_names_in_it() -> None:
    document = scheduled(header={"fields": {"Cookie": payload_of("sid=Zt7Qm2Xw9Lk4; theme=Vb8Nc1Rd5Hf3")}})
    new = value(attributes(redactor().redact(document).document)["header"]["fields"]["Cookie"])
    assert [part.partition("=")[0] for part in new.split("; ")] == ["sid", "theme"]
    assert "Zt7Qm2Xw9Lk4" not in new


def test_digits_under_a_phone_s_name_are_a_phone_number() -> None:
    [new] = redact({"phone": "030 901820", "mobile": 4155552671, "count": 4155552671})
    assert new["phone"].startswith("999 ")
    assert str(new["mobile"]).startswith("999")
    assert new["count"] == 4155552671


@pytest.mark.parametrize(
    ("identity", "kept"),
    [("4711@build-7.corp.local", "4711@"), ("temporal-cli:ada@laptop", "temporal-cli:"), ("7@host@orders", "7@")],
)
def test_the_host_of_an_identity_is_replaced(identity: str, kept: str) -> None:
    result = redactor().redact(scheduled(identity=identity))
    new = attributes(result.document)["identity"]
    assert new.startswith(kept)
    assert ".invalid" in new
    assert not {"build-7", "laptop", "host", "ada"} & set(new.replace("@", ".").replace(":", ".").split("."))
    assert not any(place.visible for place in result.places)
    assert all(place.path == "identity" for place in result.places)


def test_an_identity_that_names_no_host_stays() -> None:
    assert attributes(redactor().redact(scheduled(identity="orders-worker")).document)["identity"] == "orders-worker"


def test_a_sticky_queue_s_name_has_the_host_s_pseudonym() -> None:
    queue = {"kind": "TASK_QUEUE_KIND_STICKY", "name": "17@build-7-0123456789abcdef0123456789abcdef", "normalName": "q"}
    said = attributes(redactor().redact(scheduled(identity="17@build-7", taskQueue=queue)).document)
    assert said["taskQueue"]["name"] == f"{said['identity']}-0123456789abcdef0123456789abcdef"


def test_an_id_made_of_a_secret_is_made_of_its_pseudonym() -> None:
    result = redactor().redact(scheduled(payload_of(EMAIL), activityId=f"order-{EMAIL}"))
    assert attributes(result.document)["activityId"] == f"order-{values_of(result)}"


def test_structure_is_no_secret() -> None:
    document = scheduled(scheduledEventId="4111111111111111", startToCloseTimeout="4111111111s")
    document["events"][0] |= {"taskId": "4111111111111111", "version": "4111111111111111"}
    assert redactor().redact(document).document == document
    headers = {"taskId": "4111111111111111"}
    assert attributes(redactor().redact(scheduled(nexusHeader=headers)).document)["nexusHeader"] != headers


def test_places_say_where_and_never_what() -> None:
    failure = {"message": f"no mail to {EMAIL}", "cause": {"message": EMAIL}}
    document = scheduled(
        payload_of({"customer": {"e-mail": EMAIL}}),
        payload_of([EMAIL]),
        header={"fields": {"x-user": payload_of(EMAIL)}},
        failure=failure,
        requestId=EMAIL,
    )
    document["events"][0]["userMetadata"] = {"summary": payload_of(f"for {EMAIL}")}
    result = redactor().redact(document)
    assert {(p.path, p.visible) for p in result.places} == {
        ("input[0].customer['e-mail']", True),
        ("input[1][0]", True),
        ("header['x-user']", True),
        ("failure.message", True),
        ("failure.cause.message", True),
        ("requestId", False),
        ("summary", True),
    }
    assert {(p.event_id, p.event, p.kind) for p in result.places} == {(5, "ActivityTaskScheduled", "e-mail")}
    assert EMAIL not in repr(result)


def test_a_path_shows_no_key_that_is_a_secret() -> None:
    result = redactor().redact(scheduled(payload_of({EMAIL: {"again": EMAIL}})))
    assert len(result.places) == 2
    assert EMAIL not in repr(result.places)


def test_a_secret_can_be_kept_by_its_fingerprint() -> None:
    document = scheduled(payload_of([EMAIL, TOKEN]))
    one = redactor()
    everything = one.redact(document)
    [mail] = {place.secret for place in everything.places if place.kind == "e-mail"}
    kept = one.redact(document, keep=frozenset({mail}))
    assert values(kept) == [[EMAIL, values(everything)[0][1]]]
    assert {place.kind for place in kept.places} == {"github-token"}
    assert one.redact(document).document == everything.document, "what was kept once is remembered"


RULES: list[tuple[Mapping[str, tuple[str, ...]], object, object]] = [
    (
        {"redact_paths": ("input[0].customer.name",)},
        {"customer": {"name": "Ada", "id": "7"}},
        {"customer": {"id": "7"}},
    ),
    ({"redact_paths": ("input.customer",)}, {"customer": {"name": "Ada"}, "id": 7}, {"id": 7}),
    ({"redact_paths": ("*.street",)}, {"to": {"street": "Main", "no": 7}}, {"to": {"no": 7}}),
    ({"redact_names": ("tax-id",)}, {"a": {"taxId": "Ada", "b": 1}}, {"a": {"b": 1}}),
    ({"redact_patterns": ("Ada",)}, {"name": "Ada", "b": "Bob"}, {"b": "Bob"}),
]


@pytest.mark.parametrize(("rules", "given", "left"), RULES)
def test_a_team_s_rules_redact_what_they_name(
    rules: Mapping[str, tuple[str, ...]], given: dict[str, Any], left: dict[str, Any]
) -> None:
    [new] = redact(given, **rules)
    assert redact(given) == [given]

    def same(old: Any, new: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(old, dict):
            return new
        pairs = {key: same(old[key], new[key]) for key in old if isinstance(old[key], dict) or old[key] == new[key]}
        return {key: kept for key, kept in pairs.items() if kept != {}}

    assert same(given, new) == left
    assert "Ada" not in json.dumps(new)


def test_a_pattern_s_group_is_the_secret() -> None:
    [new] = redact("account=12345678 of Ada", redact_patterns=("account=([0-9]+)",))
    assert new.startswith("account=")
    assert new.endswith(" of Ada")
    assert "12345678" not in new


def test_numbers_that_a_team_names_keep_type_and_length() -> None:
    [new] = redact({"salary": 52000, "bonus": -0.25, "id": 7}, redact_names=("salary", "bonus"))
    assert isinstance(new["salary"], int)
    assert isinstance(new["bonus"], float)
    assert new["salary"] != 52000
    assert 10_000 <= new["salary"] <= 99_999
    assert -1 < new["bonus"] < 0
    assert new["id"] == 7


def test_what_a_team_keeps_stays() -> None:
    given = {"sender": "shop@example.com", "customer": EMAIL, "api_key": "an id of theirs 7"}
    [new] = redact(given, redact_keep=(r"shop@example\.com", "api-key"))
    assert (new["sender"], new["api_key"]) == ("shop@example.com", "an id of theirs 7")
    assert new["customer"] != EMAIL


@pytest.mark.parametrize("key", ["redact_patterns", "redact_keep"])
def test_an_entry_that_is_no_regular_expression_is_an_error(key: str) -> None:
    with pytest.raises(ConfigInvalid, match=key.replace("_", "-")):
        redactor(**{key: ("(",)})


def test_rules_and_key_are_named_by_what_they_are() -> None:
    one, same, other = redactor(), redactor(), redactor(redact_names=("iban",))
    assert one.rules == same.rules != other.rules
    assert one.redact({"events": []}).rules == one.rules
    assert one.redact({"events": []}).key_id == one.key_id == Pseudonyms(b"a key of these tests").key_id
