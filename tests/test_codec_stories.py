"""Encrypted histories replay and are inspected with the codec, decoded ones without it, and both in one corpus."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes

from examples.encrypted.codec import INSECURE_DEVELOPMENT_KEYS, EncryptionCodec, keys_of
from examples.encrypted.codec_server import CodecServer
from replaykit.adapters.codecs import Decoder
from replaykit.adapters.corpus import text_of
from replaykit.adapters.decode import decoded
from replaykit.adapters.fetch import Fetched
from tests.codecs import SECRET, run_sealed
from tests.project import Project, Result
from tests.recording import Server
from tests.serving import running
from tests.stories import changed, judgement, project, settings, source

pytestmark = pytest.mark.long

CONVERTER = DataConverter(
    payload_codec=EncryptionCodec(keys_of(INSECURE_DEVELOPMENT_KEYS)),
    failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
)
CODEC = "examples.encrypted.codec:EncryptionCodec"
TOKEN = "Bearer t0ken-of-the-test"  # noqa: S105 - made up here


@dataclass(frozen=True, slots=True)
class Files:
    """One run as history files of both kinds."""

    encoded: str
    decoded: str


@pytest.fixture(scope="module")
def files(server: Server) -> Files:
    held = run_sealed(server, CONVERTER)

    async def opened(_client: object) -> WorkflowHistory:
        return (await decoded(held, Decoder(CONVERTER, "the codec"))).history

    return Files(_text(held, held.history), _noted(_text(held, server.run(opened)), "decoded"))


def _text(held: Fetched, history: WorkflowHistory) -> str:
    return text_of(json.loads(history.to_json()), held.identity)


def _noted(text: str, payloads: str) -> str:
    document = json.loads(text)
    document["replaykit"]["payloads"] = payloads
    return json.dumps(document)


def corpus(histories: Mapping[str, str], code: str | None = None, **more: object) -> Project:
    return project({"sealed": code or source("sealed")}, histories, **more)


@pytest.fixture(scope="module")
def codec_server() -> Iterator[str]:
    with CodecServer(EncryptionCodec(), token=TOKEN.removeprefix("Bearer ")) as server, running(server):
        yield server.url


def clean(result: Result, count: int = 1) -> None:
    assert result.code == 0, result.stdout + result.stderr
    assert f"{count} clean, 0 drifted, 0 diverged, 0 inconclusive" in result.stdout


def test_a_decoded_fixture_replays_where_no_codec_can_be_imported(files: Files) -> None:
    clean(corpus({"run": files.decoded}, codec="nowhere.codec:Codec").run_cli("replay", "histories"))


def test_an_encrypted_fixture_replays_with_the_codec_of_the_settings(files: Files) -> None:
    clean(corpus({"run": files.encoded}, codec=CODEC).run_cli("replay", "histories"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--codec", CODEC],
        ["--data-converter", "examples.encrypted.codec:data_converter"],
        ["--codec", CODEC, "--data-converter", "examples.encrypted.codec:data_converter"],
    ],
)
def test_an_encrypted_fixture_replays_with_the_codec_of_the_options(files: Files, arguments: list[str]) -> None:
    clean(corpus({"run": files.encoded}).run_cli("replay", "histories", *arguments))


def test_a_factorys_data_converter_decodes_too(files: Files) -> None:
    factory = (
        "from examples.encrypted.codec import data_converter\nfrom sealed import Sealed, SealedChild\n\n\n"
        "def arguments():\n"
        "    return {'workflows': [Sealed, SealedChild], 'data_converter': data_converter()}\n"
    )
    story = corpus({"run": files.encoded, "plain": files.decoded}, factory="worker:arguments")
    clean(story.with_file("worker.py", factory).run_cli("replay", "histories"), 2)


SEVERAL_WORKERS = (
    "from examples.encrypted.codec import data_converter\nfrom sealed import Sealed, SealedChild\n"
    "from tally import Tally\n\n\n"
    "def arguments():\n"
    "    sealed = {'workflows': [Sealed, SealedChild], 'data_converter': data_converter()}\n"
    "    return [sealed, {'workflows': [Tally]}]\n"
)


def test_each_of_several_workers_has_its_own_data_converter(files: Files, recorded: Mapping[str, str]) -> None:
    """The workers of a project need not agree on a converter, as the plugins of two agent SDKs do not."""
    histories = {"run": files.encoded, "tally": recorded["tally"], "order": recorded["order-1"]}
    modules = {"order": source("order"), "sealed": source("sealed"), "tally": source("tally")}
    story = project(modules, histories).with_file("worker.py", SEVERAL_WORKERS)
    settings_of_both = settings("order", factory="worker:arguments")
    story = story.with_file("pyproject.toml", settings_of_both)
    clean(story.run_cli("replay", "histories"), 3)
    shown = story.run_cli("inspect", "histories/run.json")
    assert SECRET in shown.stdout
    # The last worker's converter has no codec: the first worker's alone made the history readable.
    swapped = SEVERAL_WORKERS.replace(
        "[sealed, {'workflows': [Tally]}]", "[{'workflows': [Tally, *sealed['workflows']]}]"
    )
    result = story.with_file("worker.py", swapped).run_cli("replay", "histories", "--format", "json")
    assert judgement(result, "run")["verdict"] == "inconclusive"


def test_a_corpus_of_both_kinds_replays_in_one_run(files: Files) -> None:
    both = {"decoded": files.decoded, "encoded": files.encoded, "kept": _noted(files.encoded, "encoded")}
    clean(corpus(both, codec=CODEC).run_cli("replay", "histories", "--every-prefix"), 3)


def test_a_change_drifts_alike_in_both_kinds(files: Files) -> None:
    code = changed(source("sealed"), "args=[text, 2]", "args=[text, 3]")
    both = {"decoded": files.decoded, "encoded": files.encoded}
    result = corpus(both, code, codec=CODEC).run_cli("replay", "histories", "--format", "json")
    assert result.code == 1
    one, other = judgement(result, "decoded"), judgement(result, "encoded")
    assert one["verdict"] == "drifted"
    assert one["drifts"] == other["drifts"]


def test_an_encrypted_fixture_replays_with_a_codec_server(files: Files, codec_server: str) -> None:
    story = corpus({"run": files.encoded})
    clean(story.run_cli("replay", "histories", "--codec-endpoint", codec_server, "--codec-auth", TOKEN))
    clean(
        story.run_cli(
            "replay", "histories", "--codec-endpoint", codec_server, "--codec-header", f"Authorization={TOKEN}"
        )
    )
    environment = {"TEMPORAL_CODEC_ENDPOINT": codec_server, "TEMPORAL_CODEC_AUTH": TOKEN}
    clean(story.run_cli("replay", "histories", env=environment))


def test_a_wrong_token_makes_a_history_inconclusive_and_is_shown_nowhere(files: Files, codec_server: str) -> None:
    result = corpus({"run": files.encoded, "plain": files.decoded}).run_cli(
        "replay", "histories", "--codec-endpoint", codec_server, "--codec-auth", "Bearer wr0ng"
    )
    assert result.code == 3
    assert "1 clean, 0 drifted, 0 diverged, 1 inconclusive" in result.stdout
    assert "refuses access with status 401" in result.stdout
    assert "docs/errors.md#codec-server-failed" in result.stdout
    assert f"Reproduce with:  replaykit replay histories/run.json --codec-endpoint {codec_server} -v" in result.stdout
    assert "wr0ng" not in result.stdout + result.stderr


def test_a_payload_that_the_codec_server_cannot_read_is_found(files: Files, codec_server: str) -> None:
    document = json.loads(files.encoded)
    spoilt = next(event for event in document["events"] if "activityTaskCompletedEventAttributes" in event)
    [payload] = spoilt["activityTaskCompletedEventAttributes"]["result"]["payloads"]
    payload["metadata"]["encryption-key-id"] = "bG9zdA=="
    result = corpus({"run": json.dumps(document)}).run_cli(
        "replay", "histories", "--codec-endpoint", codec_server, "--codec-auth", TOKEN
    )
    assert result.code == 3
    assert f"result of activity seal #1 (event {spoilt['eventId']}) in sealed-" in result.stdout
    assert f"the codec server at {codec_server}: it cannot read it (status 400)" in result.stdout
    assert "its key lost" in result.stdout


def test_an_encrypted_fixture_without_a_codec_says_what_is_missing(files: Files) -> None:
    result = corpus({"run": files.encoded}).run_cli("replay", "histories")
    assert result.code == 3
    assert "encoding 'binary/encrypted', and no configured data converter reads it" in result.stdout
    assert 'codec = "module:object"' in result.stdout
    assert SECRET not in result.stdout + result.stderr


def test_a_missing_key_is_inconclusive_and_names_codec_step_and_field(files: Files) -> None:
    environment = {"LAB_PAYLOAD_KEYS": "other=" + "QUJD" * 10 + "QUI="}
    result = corpus({"run": files.encoded}, codec=CODEC).run_cli("replay", "histories", env=environment)
    assert result.code == 3
    assert "input[0] of WorkflowExecutionStarted (event 1) in sealed-" in result.stdout
    assert f"the codec {CODEC}: it raised UnknownKeyError" in result.stdout
    assert "QUJD" not in result.stdout + result.stderr


def test_a_codec_that_cannot_be_imported_is_inconclusive_for_encrypted_histories_alone(files: Files) -> None:
    both = {"decoded": files.decoded, "encoded": files.encoded}
    result = corpus(both, codec="nowhere.codec:Codec").run_cli("replay", "histories")
    assert result.code == 3
    assert "1 clean, 0 drifted, 0 diverged, 1 inconclusive" in result.stdout
    assert "The codec nowhere.codec:Codec cannot be loaded." in result.stdout
    assert "ModuleNotFoundError: No module named 'nowhere'" in result.stdout


NO_CODECS = {
    "number": ("value = 7\n", "it is or returns int"),
    "nothing": ("def value():\n    return None\n", "it is or returns NoneType"),
    "raising": ("def value():\n    raise ValueError('the key is hunter2')\n", "ValueError"),
    "keyless": ("import os\nvalue = os.environ['NO_SUCH_KEY']\n", "KeyError: 'NO_SUCH_KEY'"),
    "lacking": ("other = 1\n", "module 'lacking' has no attribute 'value'"),
}
# One process for all of the command lines: it is what they print that is looked at.
EACH_IN_TURN = """
import contextlib, io, json
from replaykit.cli import main

found = []
for arguments in json.loads(ARGUMENTS):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            main(arguments)
        except SystemExit as ended:
            found.append([ended.code, said.getvalue()])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def refused(files: Files) -> Mapping[tuple[str, str], tuple[int, str]]:
    """What `inspect` says to each of what is no codec, under either key: exit code and stderr."""
    modules = {f"{name}.py": code for name, (code, _) in NO_CODECS.items()}
    asked = [(key, name) for key in ("codec", "data-converter") for name in NO_CODECS]
    lines = [["inspect", "histories/run.json", f"--{key}", f"{name}:value"] for key, name in asked]
    code = f"ARGUMENTS = {json.dumps(json.dumps(lines))}\n{EACH_IN_TURN}"
    result = corpus({"run": files.encoded}).with_files(modules).run_python(code)
    assert result.code == 0, result.stderr
    return {one: tuple(found) for one, found in zip(asked, result.report, strict=True)}


@pytest.mark.parametrize("name", NO_CODECS)
@pytest.mark.parametrize("key", ["codec", "data-converter"])
def test_what_is_no_codec_is_told_without_what_its_code_says(
    refused: Mapping[tuple[str, str], tuple[int, str]], key: str, name: str
) -> None:
    code, stderr = refused[key, name]
    assert code == 2
    assert NO_CODECS[name][1] in stderr
    assert "docs/errors.md#codec-unloadable" in stderr
    assert "hunter2" not in stderr


def test_inspect_shows_both_kinds_alike(files: Files) -> None:
    both = corpus({"decoded": files.decoded, "encoded": files.encoded})
    shown = both.run_cli("inspect", "histories/decoded.json")
    assert shown.code == 0, shown.stderr
    assert SECRET in shown.stdout
    assert both.run_cli("inspect", "histories/encoded.json", "--codec", CODEC).stdout == shown.stdout
    sealed = both.run_cli("inspect", "histories/encoded.json")
    assert sealed.code == 0, sealed.stderr
    assert SECRET not in sealed.stdout


def test_pytest_replays_both_kinds(files: Files) -> None:
    both = corpus({"decoded": files.decoded, "encoded": files.encoded})
    result = both.run_pytest("--replay-histories", "histories", "--replay-codec", CODEC, "histories")
    assert result.code == 0, result.stdout
    assert "2 histories replayed: 2 clean" in result.stdout


def test_pytest_asks_a_codec_server(files: Files, codec_server: str) -> None:
    result = corpus({"encoded": files.encoded}).run_pytest(
        *("--replay-histories", "histories", "--replay-codec-endpoint", codec_server, "histories"),
        env={"TEMPORAL_CODEC_AUTH": TOKEN},
    )
    assert result.code == 0, result.stdout
    assert "1 clean" in result.stdout
