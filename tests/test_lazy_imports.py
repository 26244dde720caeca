"""What loads no Temporal: it costs most of a second, and whoever does not replay should not pay."""

import pytest

from tests.project import Project

LOADED = "import sys; print(sorted(name for name in sys.modules if name.split('.')[0] == 'temporalio'))"


def loaded_by(code: str) -> str:
    result = Project().run_python(f"{code}\n{LOADED}")
    assert result.code == 0, result.stderr
    return result.stdout.splitlines()[-1]


def test_import_replaykit_loads_no_temporalio() -> None:
    assert loaded_by("import replaykit") == "[]"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["-h"], ["unknown-command"]]
    + [[command, "--help"] for command in ("export", "replay", "gate", "corpus", "cassette", "patches")]
    + [["shadow", command, "--help"] for command in ("start", "worker", "follow", "stop")],
)
def test_help_loads_no_temporalio(arguments: list[str]) -> None:
    argv = ["replaykit", *arguments]
    assert (
        loaded_by(
            "import sys\nfrom replaykit.cli import main\n"
            f"sys.argv = {argv!r}\n"
            "try:\n    main()\nexcept SystemExit:\n    pass"
        )
        == "[]"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "0"],
        ["--follow", "cousins"],
        ["order-1", "--stratify"],
        ["--since", "someday"],
        ["--codec-header", "none"],
        ["--sample", "nan"],
        ["--since", ""],
        ["--codec-auth", " "],
        ["--config-file", "nowhere.toml"],
        ["--query", "a = 'b'"],
    ],
)
def test_an_export_that_cannot_be_as_it_is_asked_for_says_so_before_temporalio_is_loaded(arguments: list[str]) -> None:
    argv = ["replaykit", "export", *arguments]
    # The last asks for nothing wrong, but a key of its project's settings is unknown.
    wrong = "[tool.replaykit]\nworkflow = []\n" if "--query" in arguments else ""
    code = (
        "import os, sys\nfrom replaykit.cli import main\n"
        f"sys.argv = {argv!r}\nopen('pyproject.toml', 'w').write({wrong!r})\n"
        # Whoever has used a client leaves at once, without an exception.
        "def leave(code): raise SystemExit(code)\nos._exit = leave\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 2, end"
    )
    assert loaded_by(code) == "[]"


def test_cassettes_are_read_and_changed_without_temporalio() -> None:
    assert loaded_by("import replaykit.jobs.cassettes, replaykit.cli.cassette.show, replaykit.adapters.player") == "[]"


def test_the_process_that_hands_histories_out_loads_no_temporalio() -> None:
    assert (
        loaded_by("import replaykit.jobs.corpus, replaykit.jobs.replay, replaykit.cli.replay, replaykit.report.finding")
        == "[]"
    )


@pytest.mark.parametrize(
    "module", ["replaykit.adapters.replay_process", "replaykit.cli.export", "replaykit.cli.inspect"]
)
def test_what_few_runs_need_is_loaded_by_those_alone(module: str) -> None:
    """Comparing values that differ, a codec server, and the forms of vendors' tokens: half of what Temporal costs."""
    heavy = {"deepdiff", "numpy", "urllib3", "requests", "detect_secrets"}
    result = Project().run_python(f"import sys, {module}\nprint(sorted({heavy} & set(sys.modules)))")
    assert (result.code, result.stdout) == (0, "[]\n"), result.stderr


def test_a_pytest_run_without_the_option_loads_no_temporalio() -> None:
    test = (
        "import sys\n\n\ndef test_it():\n"
        "    assert 'replaykit.pytest_plugin' in sys.modules\n"
        "    assert 'temporalio' not in sys.modules\n"
    )
    result = Project({"test_it.py": test}).run_pytest("-q")
    assert result.code == 0, result.stdout


def test_the_check_itself_sees_temporalio_where_it_is_loaded() -> None:
    assert "temporalio.worker" in loaded_by("import temporalio.worker")


def test_an_export_without_a_factory_loads_no_worker_of_the_sdk() -> None:
    """A worker with its sandbox takes a fifth of a second, and an export that replays does so in other processes."""
    code = (
        "import replaykit.jobs.export\nfrom replaykit.adapters.codecs import decoder_of\n"
        "from replaykit.config import Config\ndecoder_of(Config(), namespace='shop')"
    )
    assert "'temporalio.client'" in loaded_by(code)
    assert "'temporalio.worker'" not in loaded_by(code)
