"""vcrpy's own cassettes become ours: recorded by the real vcrpy, played without it."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
import vcr
from click.testing import CliRunner, Result
from openai import OpenAI

from replaykit import use_cassette
from replaykit.adapters import tapes
from replaykit.cli import main
from replaykit.errors import CassetteForeign
from tests.cassettes.web import Web


def ask(llm: str, site: str) -> list[Any]:
    with OpenAI(base_url=llm, api_key="sk-of-ours") as client:
        pieces = list(
            client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": "ünï"}], stream=True
            )
        )
    return [
        pieces,
        requests.get(f"{site}/gzip", timeout=5).json(),
        httpx2.get(f"{site}/gzip").json(),
        requests.post(f"{site}/echo", data=b"plain", timeout=5).json(),
        requests.get(f"{site}/gone", timeout=5).status_code,
    ]


def migrate(*args: object) -> Result:
    return CliRunner().invoke(main, ["cassette", "migrate", *map(str, args)])


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_cassette_that_vcrpy_recorded_plays_as_ours(tmp_path: Path, llm: str, site: Web, serializer: str) -> None:
    theirs, ours = tmp_path / "vcr", tmp_path / "ours.yaml"
    options = {"serializer": serializer, "match_on": ["method", "uri", "body"], "decode_compressed_response": True}
    with vcr.use_cassette(str(theirs), **options):
        recorded = ask(llm, site.url)
    done = migrate(theirs, "--out", ours)
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{ours}: 5 recordings\nNext: with use_cassette(")
    with use_cassette(ours, layers="http", fail_unused=True):
        assert ask("http://127.0.0.1:9/v1", "http://127.0.0.1:9") == recorded
    assert "sk-of-ours" not in ours.read_text("utf-8")
    assert "org-of-ours" not in ours.read_text("utf-8")


def test_compressed_answers_and_secrets_come_out_readable_and_redacted(tmp_path: Path, site: Web) -> None:
    theirs, ours = tmp_path / "vcr.yaml", tmp_path / "ours.yaml"
    with vcr.use_cassette(str(theirs)):
        httpx2.get(f"{site.url}/gzip")
        httpx2.get(f"{site.url}/secret")
    assert "!!binary" in theirs.read_text("utf-8")
    assert migrate(theirs, "--out", ours).exit_code == 0
    text = ours.read_text("utf-8")
    assert "ünïcode 🎉" in text
    assert "lovelace" not in text
    assert "s3cr3t" not in text
    first, second = tapes.load(ours).interactions
    assert first.recorded < second.recorded


def test_vcrpys_file_is_an_error_that_names_the_command(tmp_path: Path, site: Web) -> None:
    theirs = tmp_path / "vcr.yaml"
    with vcr.use_cassette(str(theirs)):
        httpx2.get(f"{site.url}/text")
    with pytest.raises(CassetteForeign, match=f"replaykit cassette migrate {theirs} --out "):
        use_cassette(theirs, layers="http").__enter__()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file is empty"),
        ("interactions:\n- request:\n    body: null\n    uri: 'http", "line 4: no YAML: "),
        ("interactions:\n- request:\n    method: GET\n", "line 4: the file is cut short: its last line, `version: 1`"),
        (
            "interactions:\n- request:\n    method: GET\n  response: {}\nversion: 1\n",
            "line 2: an interaction lacks 'headers'",
        ),
        ("interactions:\n- 1\nversion: 1\n", "line 2: an interaction has another form"),
        ('{"version": 1,\n "interactions": [\n{"request"', "line 3: no JSON: "),
        ("a: b\n", "line 1: it holds no list of interactions"),
    ],
)
def test_damaged_file_is_an_error_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "vcr.yaml").write_text(text, "utf-8")
    done = migrate(tmp_path / "vcr.yaml", "--out", tmp_path / "ours.yaml")
    assert done.exit_code == 2
    assert said in done.output
    assert not (tmp_path / "ours.yaml").exists()


def test_missing_file_and_one_that_is_there_already_are_errors(tmp_path: Path) -> None:
    assert "cannot be read" in migrate(tmp_path / "vcr.yaml", "--out", tmp_path / "ours.yaml").output
    (tmp_path / "ours.yaml").write_text("mine")
    assert "exists." in migrate(tmp_path / "vcr.yaml", "--out", tmp_path / "ours.yaml").output
