"""The cassette commands as a person runs them."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from replaykit.adapters import tapes
from replaykit.adapters.journal import JournalWriter
from replaykit.config import Config
from replaykit.jobs.from_history import from_history
from replaykit.model.cassette import Cassette
from replaykit.rules.tape_form import to_document
from tests.cassettes.test_files import SMALL, interaction
from tests.docs.pages import ROOT
from tests.project import Project

AGENT = (ROOT / "fixtures/Agent/agent-502.json").read_text("utf-8")
CANCELLED = (ROOT / "fixtures/AiPipeline/job-7705.json").read_text("utf-8")


def text(cassette: Cassette) -> str:
    return tapes.to_text(cassette, sidecars={})


def test_from_history_writes_every_answer_and_says_what_a_history_cannot_tell() -> None:
    project = Project({"agent.json": AGENT, "job.json": CANCELLED})
    made = project.run_cli("cassette", "from-history", "agent.json", "job.json", "-o", "c/out.yaml")
    assert made.code == 0, made.stderr
    assert made.stdout.splitlines() == [
        "c/out.yaml: 12 recordings of 2 histories",
        "  2 x activity calculate",
        "  1 x activity embed_documents",
        "  1 x activity fetch_documents",
        "  4 x activity plan",
        "  1 x activity search",
        "  3 x activity summarise",
        "Retried: 1 activity took several attempts; a history keeps the answer of the last one only.",
        "Left out: 1 activity gave no answer: cancelled, or the history ended first.",
        "Next: with use_cassette('c/out.yaml') as cassette: Worker(…, interceptors=[cassette])",
    ]
    assert "total: 12\n" in made.files["c/out.yaml"]


def test_every_history_of_the_corpus_becomes_a_cassette_with_each_of_its_answers(tmp_path: Path) -> None:
    answers = ("ACTIVITY_TASK_COMPLETED", "ACTIVITY_TASK_FAILED", "ACTIVITY_TASK_TIMED_OUT")
    kinds: Counter[str] = Counter()
    for file in sorted((ROOT / "fixtures").rglob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        found = [event["eventType"].removeprefix("EVENT_TYPE_") for event in document["events"]]
        markers = [event.get("markerRecordedEventAttributes", {}).get("markerName") for event in document["events"]]
        out = tmp_path / f"{file.stem}.yaml"
        made = asyncio.run(from_history(Config(), [file], out=out, declared=(), force=False))
        wanted = sum(kind in answers for kind in found) + markers.count("core_local_activity")
        assert len(made.cassette.interactions) == wanted, file
        assert tapes.load(out) == made.cassette
        kinds.update(found)
    assert all(kinds[kind] for kind in answers[:2])


def test_from_history_keeps_declarations_and_writes_over_nothing() -> None:
    project = Project({"agent.json": AGENT, "out.yaml": "mine\n"})
    arguments = ("cassette", "from-history", "agent.json", "--out", "out.yaml", "--volatile", "activity:* input[0].key")
    refused = project.run_cli(*arguments)
    assert (refused.code, refused.files["out.yaml"]) == (2, "mine\n")
    assert "out.yaml exists." in refused.stderr
    forced = project.run_cli(*arguments, "--force")
    assert forced.code == 0, forced.stderr
    assert 'volatile:\n- "activity:* input[0].key"\n' in forced.files["out.yaml"]


def test_from_history_writes_how_long_its_answers_are_good_and_check_holds_them_to_it() -> None:
    project = Project({"agent.json": AGENT, "pyproject.toml": '[tool.replaykit]\nexpiry = "error"\n'})
    arguments = ("cassette", "from-history", "agent.json", "--out", "out.yaml", "--expires")
    made = project.run_cli(*arguments, "1h")
    assert made.code == 0, made.stderr
    assert 'expires: "1h"\n' in made.files["out.yaml"]
    checked = project.with_file("out.yaml", made.files["out.yaml"]).run_cli("cassette", "check", "out.yaml")
    assert checked.code == 1
    assert "out.yaml holds 10 recordings older than 1h." in checked.stdout
    shown = project.with_file("out.yaml", made.files["out.yaml"]).run_cli("cassette", "show", "out.yaml")
    assert "\nexpires: 1h\n10 recordings" in shown.stdout
    refused = project.run_cli(*arguments, "soon")
    assert (refused.code, "out.yaml" in refused.files) == (2, False)
    assert "'soon' is no time for which recordings are good." in refused.stderr


@pytest.mark.parametrize(
    ("file", "code", "says"),
    [
        ("gone.json", 2, "gone.json is no file."),
        ("empty.json", 3, "history-empty"),
        ("agent.json", 2, "cannot be read"),
    ],
)
def test_from_history_says_what_it_cannot_use(file: str, code: int, says: str) -> None:
    project = Project({"agent.json": AGENT, "empty.json": ""})
    bad = ("--volatile", "key") if file == "agent.json" else ()
    result = project.run_cli("cassette", "from-history", file, "-o", "out.yaml", *bad)
    assert result.code == code
    assert says in result.stderr
    assert "out.yaml" not in result.files


def test_show_lists_what_was_asked_and_answered() -> None:
    shown = Project({"c.yaml": text(SMALL)}).run_cli("cassette", "show", "c.yaml")
    assert shown.code == 0, shown.stderr
    assert shown.stdout.splitlines() == [
        "#1  activity answer   2026-01-05T10:00:00.000000Z",
        '    asked   [{"n": 1, "text": "line one\\nline two"}]',
        '    said    "said 1"',
        "#2  activity refuse   2026",
        "    asked   []",
        "    failed  Refused: no",
        "#3  local activity count   2026-02",
        "    asked   (not recorded)",
        "    said    null",
        "volatile: pattern:uuid",
        "3 recordings",
    ]


def test_check_reads_each_file_and_fails_for_one_that_is_damaged() -> None:
    project = Project({"good.yaml": text(SMALL), "cut.yaml": text(SMALL)[:-5]})
    checked = project.run_cli("cassette", "check", "cut.yaml", "good.yaml")
    assert checked.code == 2
    assert checked.stdout == "good.yaml: 3 recordings\n"
    assert "cut.yaml is damaged, or no cassette." in checked.stderr


def test_check_finishes_a_killed_recording(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("journal")
    writer = JournalWriter(directory / "c.yaml", rules=(), replaces=None)
    writer.append(to_document(interaction(1)), order=1)
    writer.close()
    checked = Project({writer.path.name: writer.path.read_bytes()}).run_cli("cassette", "check", "c.yaml")
    assert (checked.code, checked.stdout) == (0, "c.yaml: 1 recording\n")
    assert list(checked.files) == ["c.yaml"]
    assert checked.files["c.yaml"] == text(Cassette((interaction(1),)))


def test_merge_keeps_the_order_of_asking_and_what_is_alike_once() -> None:
    one = Cassette((interaction(1, second=1), interaction(3, second=3)), ("pattern:uuid",))
    other = Cassette((interaction(1, second=1), interaction(2, second=2)), ("pattern:date",))
    project = Project({"one.yaml": text(one), "other.yaml": text(other)})
    merged = project.run_cli("cassette", "merge", "one.yaml", "other.yaml", "-o", "all.yaml")
    assert (merged.code, merged.stdout) == (0, "all.yaml: 3 recordings\n")
    together = Cassette(tuple(interaction(n, second=n) for n in (1, 2, 3)), ("pattern:uuid", "pattern:date"))
    assert merged.files["all.yaml"] == text(together)


def test_diff_names_other_answers_new_questions_and_gone_ones() -> None:
    old = text(Cassette((interaction(1), interaction(2), interaction(3))))
    new = text(Cassette((interaction(1), interaction(2), interaction(4)))).replace("said 2", "told 2")
    project = Project({"old.yaml": old, "new.yaml": new})
    differ = project.run_cli("cassette", "diff", "old.yaml", "new.yaml")
    assert differ.code == 1
    assert differ.stdout.splitlines() == [
        "answer  activity answer   #2 → #2",
        '          answer.result   "said 2" → "told 2"',
        "new     activity answer   #3",
        "          input[0].n   3 → 4",
        "gone    activity answer   #3",
        "1 answered otherwise, 1 new, 1 gone",
    ]
    same = project.run_cli("cassette", "diff", "old.yaml", "old.yaml")
    assert (same.code, same.stdout) == (0, "The cassettes ask and answer the same.\n")


def test_prune_takes_out_what_is_named_and_nothing_else() -> None:
    project = Project({"c.yaml": text(SMALL)})
    pruned = project.run_cli("cassette", "prune", "c.yaml", "-n", "1", "--name", "refuse")
    assert (pruned.code, pruned.stdout) == (0, "c.yaml: took out #1, #2, 1 recording left\n")
    assert pruned.files["c.yaml"] == text(Cassette(SMALL.interactions[2:], SMALL.volatile))
    nothing = project.run_cli("cassette", "prune", "c.yaml", "-n", "9")
    assert (nothing.code, nothing.files["c.yaml"]) == (2, text(SMALL))
    assert project.run_cli("cassette", "prune", "c.yaml").code == 2
