"""Recordings older than their cassette allows are named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from replaykit import CassetteExpired, CassetteExpiryWarning, use_cassette
from replaykit.adapters import compact, tapes
from replaykit.cli import main
from replaykit.errors import CassetteCorrupt, ConfigInvalid
from replaykit.jobs.cassettes import merge, prune
from replaykit.model.cassette import Cassette, Content, Interaction, Layer
from replaykit.rules.expiry import expired, parse, problem_of
from tests.cassettes.asking import Ask, Oracle, ask_all
from tests.project import Project
from tests.recording import Server

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def recording(recorded: str, *, name: str = "plan", declared: str = "") -> Interaction:
    return Interaction(Layer.ACTIVITY, name, (), Content("binary/null"), recorded, declared=declared)


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def cassette(*ages: float, expires: str = "90d") -> Cassette:
    return Cassette(tuple(recording(ago(days)) for days in sorted(ages, reverse=True)), expires=expires)


def test_recordings_older_than_the_limit_are_named_the_oldest_first() -> None:
    held = Cassette(
        (
            recording("2026-05-30T12:00:00.000000Z"),
            recording("2026-01-05T10:00:00.000000Z", name="charge"),
            recording("2026-02-01T10:00:00.000000Z", declared="timed_out()"),
            recording("2026-02-28T10:00:00.000000Z"),
            recording("2026-03-03T12:00:00.000000Z"),
            recording("last summer"),
        )
    )
    problem = problem_of(expired(held, "90d", now=NOW), "90d", shown="c.yaml")
    assert str(problem).splitlines() == [
        "c.yaml holds 3 recordings older than 90d.",
        "Cause: #6 activity plan, of a time that cannot be read",
        "       #2 activity charge, of 2026-01-05, 147 days ago",
        "       #4 activity plan, of 2026-02-28, 93 days ago",
        "Fix:   record anew: pytest --cassette-mode=all   or give them more time in the file: expires: …",
        "Docs:  docs/errors.md#cassette-expired",
    ]


def test_time_without_a_zone_is_that_of_utc() -> None:
    held = Cassette((recording("2026-06-01T10:59:59"), recording("2026-06-01T11:00:01")))
    assert [found.number for found in expired(held, "1h", now=NOW)] == [1]


@pytest.mark.parametrize(
    ("recorded", "ago"),
    [
        ("2026-06-01T10:30:00Z", "1 hour ago"),
        ("2026-06-01T02:30:00Z", "9 hours ago"),
        ("2026-05-31T02:30:00Z", "1 day ago"),
        ("2026-05-30T12:00:00Z", "2 days ago"),
    ],
)
def test_age_is_said_in_days_or_else_in_hours(recorded: str, ago: str) -> None:
    held = Cassette((recording(recorded),))
    assert f", {ago}\n" in str(problem_of(expired(held, "1h", now=NOW), "1h", shown="c.yaml"))


def test_many_old_recordings_are_cut_short() -> None:
    held = Cassette(tuple(recording("2026-01-05T10:00:00.000000Z") for _ in range(7)))
    assert str(problem_of(expired(held, "1w", now=NOW), "1w", shown="c")).count("activity plan") == 5
    assert "and 2 more" in str(problem_of(expired(held, "1w", now=NOW), "1w", shown="c"))


@pytest.mark.parametrize(
    ("limit", "wanted"), [("12h", timedelta(hours=12)), ("90d", timedelta(90)), ("2w", timedelta(14))]
)
def test_limit_is_a_number_of_hours_days_or_weeks(limit: str, wanted: timedelta) -> None:
    assert parse(limit) == wanted


@pytest.mark.parametrize("limit", ["", "90", "d", "0d", "-1d", "1.5d", "90 days", "9999999d"])
def test_another_limit_is_an_error(limit: str) -> None:
    with pytest.raises(ConfigInvalid, match="is no time for which recordings are good"):
        parse(limit)


def test_who_plays_old_recordings_is_warned_or_kept_from_it(tmp_path: Path) -> None:
    tapes.save(tmp_path / "c.yaml", cassette(100, 1))
    with (
        pytest.warns(CassetteExpiryWarning, match="holds 1 recording older than 90d"),
        use_cassette(tmp_path / "c.yaml"),
    ):
        pass
    with (
        pytest.raises(CassetteExpired, match=r"#1 activity plan, of .*, 100 days ago"),
        use_cassette(tmp_path / "c.yaml", expiry="error"),
    ):
        pass
    with use_cassette(tmp_path / "c.yaml", expires="200d", expiry="error"):
        pass
    with use_cassette(tmp_path / "c.yaml", mode="all", expiry="error"):
        pass
    with (
        pytest.raises(ConfigInvalid, match="'soon' is no time for which recordings are good"),
        use_cassette(tmp_path / "new.yaml", mode="once", expires="soon"),
    ):
        pass
    with (
        pytest.raises(ConfigInvalid, match="they can warn or error"),
        use_cassette(tmp_path / "c.yaml", expiry="shout"),
    ):
        pass


def test_limit_is_written_into_the_cassette_with_what_is_recorded_and_stays(server: Server, tmp_path: Path) -> None:
    for mode, expires in (("once", "90d"), ("all", ""), ("new_episodes", "26w")):
        with use_cassette(tmp_path / "c.yaml", mode=mode, expires=expires) as used:
            server.run(lambda client, used=used, mode=mode: ask_all(client, Oracle(), used, [Ask(mode)]))  # type: ignore[misc]  # defaults
        assert compact.load(tmp_path / "c.yaml").expires == (expires or "90d")


def test_merging_keeps_the_strictest_limit_and_pruning_the_one_there_is(tmp_path: Path) -> None:
    tapes.save(tmp_path / "one.yaml", cassette(1, 2, expires="26w"))
    tapes.save(tmp_path / "two.yaml", cassette(3, expires="30d"))
    tapes.save(tmp_path / "three.yaml", cassette(4, expires=""))
    files = [tmp_path / f"{name}.yaml" for name in ("one", "two", "three")]
    assert merge(files, out=tmp_path / "all.yaml", force=False).expires == "30d"
    prune(tmp_path / "all.yaml", [1], names=())
    assert compact.load(tmp_path / "all.yaml").expires == "30d"


def test_limit_that_somebody_wrote_wrongly_into_the_cassette_is_an_error(tmp_path: Path) -> None:
    tapes.save(tmp_path / "c.yaml", cassette(1))
    text = (tmp_path / "c.yaml").read_text("utf-8").replace('"90d"', "soon")
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    with pytest.raises(CassetteCorrupt, match="`expires`: it is a number of hours, days or weeks"):
        tapes.load(tmp_path / "c.yaml")


@pytest.mark.parametrize(("policy", "code"), [("warn", 0), ("error", 1)])
def test_check_names_old_recordings_and_fails_for_them_where_they_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str, code: int
) -> None:
    tapes.save(tmp_path / "old.yaml", cassette(100))
    tapes.save(tmp_path / "young.yaml", cassette(10))
    (tmp_path / "pyproject.toml").write_text(f'[tool.replaykit]\nexpiry = "{policy}"\n')
    monkeypatch.chdir(tmp_path)
    checked = CliRunner().invoke(main, ["cassette", "check", "old.yaml", "young.yaml"])
    assert checked.exit_code == code
    assert checked.output.splitlines()[:2] == ["old.yaml: 1 recording", "old.yaml holds 1 recording older than 90d."]
    assert checked.output.splitlines()[-1] == "young.yaml: 1 recording"


@pytest.mark.long
def test_pytest_warns_of_old_recordings_or_fails_their_test() -> None:
    test = """
import pytest


@pytest.mark.cassette("c.yaml")
def test_by_the_file(cassette):
    pass


@pytest.mark.cassette("c.yaml", expires="300d")
def test_by_the_marker(cassette):
    pass
"""
    text = tapes.to_text(cassette(100), sidecars={})
    project = Project({"c.yaml": text, "test_own.py": test})
    warned = project.run_pytest()
    assert warned.code == 0, warned.stdout
    assert warned.stdout.count("CassetteExpiryWarning: c.yaml holds 1 recording older than 90d.") == 1
    failed = project.with_file("pyproject.toml", '[tool.replaykit]\nexpiry = "error"\n').run_pytest()
    assert "1 passed, 1 error" in failed.stdout
    assert "CassetteExpired: c.yaml holds 1 recording older than 90d." in failed.stdout
