"""Paths and URLs become files: what is found, what is shown of it, and what is said where it cannot be had."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pytest
from backports import zstd

from replaykit.adapters.history_sources import FromFile, fetched_from
from replaykit.adapters.locations import safe
from replaykit.model.source import Counts, Unread
from tests.history_files import cli, documents, legacy

ONE, OTHER, THIRD = documents()[:3]


def found(*locations: str, base: Path = Path("/")) -> tuple[list[str], list[Unread]]:
    events = list(fetched_from(locations, base=base))
    return (
        [event.source for event in events if isinstance(event, FromFile)],
        [event for event in events if isinstance(event, Unread)],
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, content in {
        "b/hourly": legacy([ONE]),
        "a/one.json": cli(OTHER),
        ".hidden/two.json": cli(THIRD),
        "a/.three.json": cli(THIRD),
    }.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_bytes(content)
    return tmp_path / "tree"


EXPECTED = ["a/one.json", "b/hourly (item 1)"]


def test_a_file_url_reads_a_directory_as_a_path_does(tree: Path) -> None:
    url = tree.as_uri()
    assert found(url) == ([f"{url}/{name}" for name in EXPECTED], [])
    assert found(f"{url}/a/one.json") == ([f"{url}/a/one.json"], [])
    assert found(f"{url}/") == ([f"{url}/{name}" for name in EXPECTED], [])


def test_memory_is_read_below_a_directory(tree: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(tree), "/tree-of-tests", recursive=True)
    names, bad = found("memory://tree-of-tests")
    assert bad == []
    assert names == [f"memory://tree-of-tests/{name}" for name in EXPECTED]


def test_a_zip_is_read_whole_or_one_file_of_it(tree: Path) -> None:
    archive = tree.parent / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(tree.rglob("*")):
            packed.write(path, path.relative_to(tree))
    chain = f"::{archive.as_uri()}"
    assert found(f"zip://{chain}") == (
        [f"zip://a/one.json{chain}", f"zip://b/hourly{chain} (item 1)"],
        [],
    )
    assert found(f"zip://b/hourly{chain}") == ([f"zip://b/hourly{chain} (item 1)"], [])


def test_two_archives_with_equal_names_in_them_are_two(tmp_path: Path) -> None:
    for name, content in {"a.zip": legacy([ONE]), "b.zip": legacy([OTHER])}.items():
        with zipfile.ZipFile(tmp_path / name, "w") as packed:
            packed.writestr("hourly", content)
    names, bad = found(*(f"zip://::{(tmp_path / name).as_uri()}" for name in ("a.zip", "b.zip")))
    assert (len(names), bad) == (2, [])


def test_a_path_that_no_file_can_have_is_refused_and_the_others_are_read(tree: Path) -> None:
    names, [bad] = found("x" * 5000, "a", base=tree)
    assert names == ["a/one.json"]
    assert (bad.problem.slug, bad.problem.cause) == ("history-unreadable", "File name too long")


def test_a_link_is_known_by_its_own_name(tree: Path) -> None:
    (tree / "a/link").symlink_to(tree / "b/hourly")
    events = list(fetched_from(["a", "b"], base=tree))
    assert [event.source for event in events if isinstance(event, FromFile)] == ["a/link (item 1)", "a/one.json"]
    assert events[-1] == Counts(files=2, histories=2)


def test_the_same_file_by_path_and_by_url_is_opened_once(tree: Path) -> None:
    events = list(fetched_from(["a", "a/one.json", f"{tree.as_uri()}/a"], base=tree))
    assert events[-1] == Counts(files=1, histories=1)


@pytest.mark.parametrize(
    ("url", "slug", "cause"),
    [
        ("memory://nowhere/at-all", "path-missing", "no file or directory"),
        ("file:///nowhere/at/all", "path-missing", "no file or directory"),
        ("carrierpigeon://coop/1", "source-unreadable", "fsspec knows no protocol carrierpigeon://"),
        ("zip://::file:///nowhere.zip", "source-unreadable", "No such file or directory"),
        ("zip://::memory://not-a.zip", "source-unreadable", "bad zip file"),
    ],
)
def test_a_url_that_cannot_be_read_is_said_to_be_so(url: str, slug: str, cause: str) -> None:
    fsspec.filesystem("memory").pipe("/not-a.zip", b"not a zip")
    names, [bad] = found(url)
    assert names == []
    assert bad.source == url
    assert (bad.problem.slug, cause in bad.problem.cause) == (slug, True), bad.problem


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://AKIA17:se/cr@et@bucket/a/b.json", "s3://***@bucket/a/b.json"),
        ("s3://bucket/ada@example.com/b.json", "s3://bucket/ada@example.com/b.json"),
        ("ftp://ada@host/b.json", "ftp://***@host/b.json"),
        ("https://host/b.json?X-Amz-Signature=abc&x=://y", "https://host/b.json?***"),
        ("zip://a.json::https://ada:pw@host/b.zip?sig=abc", "zip://a.json::https://***@host/b.zip?***"),
        ("histories/a@b:c.json", "histories/a@b:c.json"),
    ],
)
def test_what_may_be_secret_in_a_url_is_not_shown(url: str, shown: str) -> None:
    assert safe(url) == shown


def test_no_message_repeats_the_credentials_of_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody's real store is asked, and no machine of Amazon's for a role.
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    secrets = ("hunter2", "s3cr3t", "signed17")
    urls = [
        "carrierpigeon://ada:hunter2@coop/x?sig=signed17",
        "s3://AKIA:hunter2@bucket/x?sig=signed17",
        "ftp://ada:hunter2@127.0.0.1:9/x?sig=signed17",
        "zip://x::file://ada:s3cr3t@nowhere.zip?sig=signed17",
        "memory://ada:hunter2@nowhere/x?sig=signed17",
    ]
    names, bad = found(*urls)
    assert names == []
    assert len(bad) == len(urls)
    for unread in bad:
        text = unread.source + unread.problem.render()
        assert not any(secret in text for secret in secrets), text


class _Store(BaseHTTPRequestHandler):
    """A store of one file: whole at /whole, broken off at /broken, and refused elsewhere."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        content = legacy([ONE, OTHER])
        if not self.path.startswith(("/whole", "/broken")):
            self.send_error(403)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content if self.path.startswith("/whole") else content[:-20])
        self.close_connection = self.path.startswith("/broken")

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Say nothing: pytest shows what matters."""


@pytest.fixture
def store() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Store) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_signed_link_is_read_and_its_signature_not_shown(store: str) -> None:
    assert found(f"http://{store}/whole?sig=signed17") == (
        [f"http://{store}/whole?*** (item 1)", f"http://{store}/whole?*** (item 2)"],
        [],
    )


@pytest.mark.parametrize("path", ["broken", "refused"])
def test_a_store_that_refuses_or_breaks_off_costs_its_file_and_shows_no_signature(
    path: str, store: str, tmp_path: Path
) -> None:
    (tmp_path / "good.json").write_bytes(cli(THIRD))
    names, [bad] = found(f"http://{store}/{path}?sig=signed17", "good.json", base=tmp_path)
    assert names[-1] == "good.json"
    assert bad.problem.slug == "source-unreadable"
    assert "signed17" not in bad.source + bad.problem.render()


BLOCKED = """
import sys
from pathlib import Path
for name in {names!r}:
    sys.modules[name] = None
from replaykit.adapters.history_sources import fetched_from
for event in fetched_from(sys.argv[1:], base=Path.cwd()):
    print(getattr(event, "problem", event))
"""


def _without(names: list[str], *locations: str) -> str:
    code = BLOCKED.format(names=names)
    return subprocess.run([sys.executable, "-c", code, *locations], check=True, capture_output=True, text=True).stdout


def test_without_the_extra_urls_and_zstd_say_what_to_install_and_all_else_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json.zst").write_bytes(zstd.compress(cli(ONE)))
    (tmp_path / "b").write_bytes(legacy([OTHER]))
    said = _without(["fsspec", "backports.zstd", "compression.zstd"], "memory://x", str(tmp_path))
    assert said.count("slug='extra-missing'") == 2
    assert said.count("pip install 'temporal-replaykit[files]'") == 2
    assert "histories=1" in said


def test_the_package_of_a_store_is_named_where_it_is_missing() -> None:
    said = _without(["s3fs"], "s3://bucket/x", "zip://::s3://bucket/x.zip")
    assert said.count("slug='extra-missing'") == 2
    assert said.count("fix='pip install s3fs'") == 2


def test_reading_files_loads_fsspec_for_urls_only(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(legacy([OTHER]))
    code = BLOCKED.format(names=[]) + "print([name for name in ('fsspec', 'backports.zstd') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code, tmp_path], check=True, capture_output=True, text=True).stdout
    assert shown.splitlines()[-1] == "[]"
