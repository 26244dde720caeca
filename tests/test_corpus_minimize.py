"""A corpus becomes small and covers what it covered: nothing that only one history tells is ever lost."""

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from replaykit.adapters.corpus import find
from replaykit.adapters.pool import ReplayPool
from replaykit.adapters.project import load_config
from replaykit.config import Config
from replaykit.errors import CorpusChanged
from replaykit.jobs.corpus import Deleted, Planned, minimize
from replaykit.model.case import Case
from replaykit.model.corpus import Plan
from replaykit.model.shape import Feature
from replaykit.rules.shape import features
from tests.corpora import about, of_approval, shop, stored
from tests.project import Project, Result
from tests.stories import changed, line_of, source

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
APPROVAL = source("approval")
ADDED = changed(
    APPROVAL,
    "        draft = await",
    '        if topic == "weasels":\n            self.notes.append("again")\n        draft = await',
)


def minimized(project: Project, *options: str) -> Result:
    return project.run_cli("corpus", "minimize", "histories", "--format", "json", *options)


def alone(result: Result) -> dict[str, list[str]]:
    return {entry["path"].removeprefix("histories/"): entry["alone"] for entry in result.report["kept"]}


def names(entries: list[dict[str, Any]]) -> set[str]:
    return {entry["path"].removeprefix("histories/") for entry in entries}


def test_terminal_of_minimize(snapshot: Callable[[str], None]) -> None:
    result = shop().run_cli("corpus", "minimize", "histories")
    snapshot(f"{result.stdout}{result.stderr}[exit {result.code}]\n")


def test_terminal_of_minimize_apply(snapshot: Callable[[str], None]) -> None:
    result = shop().run_cli("corpus", "minimize", "histories", "--apply", env={"COLUMNS": "70"})
    snapshot(f"{result.stdout}{result.stderr}[exit {result.code}]\n")


def test_markdown_of_minimize(snapshot: Callable[[str], None]) -> None:
    snapshot(shop().run_cli("corpus", "minimize", "--format", "markdown", "histories").stdout)


def test_a_line_under_an_if_keeps_the_one_history_that_reaches_it() -> None:
    waiting = stored("approval-waiting")
    histories = {"otters": waiting, "same": waiting, "weasels": about(waiting, "weasels")}
    result = minimized(of_approval(ADDED, histories))
    asked, line = (line_of(ADDED, text) for text in ('topic == "weasels"', 'append("again")'))

    assert alone(result) == {
        "otters.json": [f"branch approval.py:{asked}→{line + 1}"],
        "weasels.json": [f"line approval.py:{line}"],
    }
    assert names(result.report["dropped"]) == {"same.json"}


@pytest.fixture(scope="module")
def planned() -> Result:
    """What would be deleted of the shop's corpus."""
    return minimized(shop())


@pytest.fixture(scope="module")
def applied() -> Result:
    """The shop's corpus, minimised."""
    return minimized(shop(), "--apply")


def test_nothing_is_deleted_without_apply(planned: Result) -> None:
    project, result = shop(), planned

    assert names(result.report["dropped"]) == {"approval-waiting-too.json", "order-2.json"}
    assert set(result.files) == set(project.files)
    assert result.report["applied"] is False


def test_apply_deletes_what_the_others_cover_and_nothing_else(planned: Result, applied: Result) -> None:
    project, result = shop(), applied
    assert alone(result) == alone(planned)

    gone = {"histories/approval-waiting-too.json", "histories/order-2.json"}
    assert set(result.files) == set(project.files) - gone
    assert result.code == 0
    again = minimized(Project(result.files), "--apply")
    assert set(again.files) == set(result.files)
    assert alone(again) == alone(result)


def test_what_cannot_be_read_or_replayed_is_kept_and_named() -> None:
    copies = {"tally": stored("tally"), "tally-too": stored("tally"), "empty": "", "cut": stored("tally")[:700]}
    result = minimized(of_approval(histories={"done": stored("approval-done"), **copies}), "--apply")

    unsure = {Path(e["path"]).stem: e["problem"]["slug"] for e in result.report["unsure"]}
    assert unsure == {
        "tally": "workflow-not-registered",
        "tally-too": "workflow-not-registered",
        "empty": "history-empty",
        "cut": "history-truncated",
    }
    assert result.report["dropped"] == []
    assert {f"histories/{name}.json" for name in copies} <= set(result.files)


def test_what_cannot_be_replayed_covers_nothing_for_others() -> None:
    hanging = changed(APPROVAL, "await workflow.wait_condition(lambda: bool(self.decision))", "while True: pass")
    result = minimized(
        of_approval(hanging, {name: stored("approval-waiting") for name in ("a", "b")}), "--deadline", "1", "-p", "2"
    )

    assert names(result.report["unsure"]) == {"a.json", "b.json"}
    assert result.code == 3


def test_drifting_histories_tell_as_much_as_clean_ones() -> None:
    result = minimized(of_approval(changed(APPROVAL, "Write about", "Write at length about")))

    assert {e["verdict"] for e in result.report["kept"]} == {"drifted"}
    assert names(result.report["kept"]) == {"approval-done.json", "approval-noted.json", "approval-waiting.json"}


def test_diverging_histories_have_a_shape_and_the_plan_says_that_they_reach_less() -> None:
    project = of_approval(changed(APPROVAL, "execute_activity(ask_model", "execute_activity(publish"))
    result = project.run_cli("corpus", "minimize", "histories")

    assert result.code == 0
    assert "Note:  3 histories diverge from the code" in result.stdout
    assert result.stdout.count("keep ") == 3


def test_without_workflows_the_shapes_decide_alone_and_it_says_so() -> None:
    files = {name: text for name, text in shop().files.items() if name.startswith("histories/")}
    result = Project(files).run_cli("corpus", "minimize", "histories")
    report = minimized(Project(files)).report

    assert (
        "Compared by shapes alone: no workflows are configured; lines and branches were not looked at." in result.stdout
    )
    assert report["covered"]["lines"] == 0
    assert names(report["dropped"]) == {"approval-waiting-too.json", "order-2.json"}
    assert names(report["unsure"]) == {"cut-short.json"}


def test_where_another_tracer_is_at_work_lines_do_not_count_as_unreached() -> None:
    tracing = "import sys\n\nsys.settrace(lambda *_: None)\n"
    path = os.pathsep.join([".", str(ROOT), os.environ.get("PYTHONPATH", "")])
    project = of_approval().with_file("sitecustomize.py", tracing)
    result = project.run_cli("corpus", "stats", "histories", "--format", "json", env={"PYTHONPATH": path})

    assert result.report["basis"] == "shapes alone: the workflow code was not measured"
    assert result.report["coverage"] is None
    assert result.report["verdicts"] == {"clean": 3}


@pytest.mark.parametrize(
    ("arguments", "code", "slug"),
    [
        ([], 2, "nothing-configured"),
        (["empty/"], 3, "no-histories"),
        (["histories", "-w", "nowhere"], 2, "workflows-unloadable"),
    ],
)
@pytest.mark.parametrize("command", ["minimize", "stats"])
def test_what_cannot_be_done_says_why(command: str, arguments: list[str], code: int, slug: str) -> None:
    result = of_approval().with_file("empty/", "").run_cli("corpus", command, *arguments)

    assert (result.code, result.stdout) == (code, "")
    assert result.stderr.endswith(f"Docs:  docs/errors.md#{slug}\n")


def test_a_path_that_is_not_there_is_named_and_leaves_nothing_to_do() -> None:
    result = of_approval().run_cli("corpus", "minimize", "nowhere", "--format", "json")

    assert result.code == 3
    assert [entry["problem"]["slug"] for entry in result.report["unsure"]] == ["path-missing"]


# The same in this process, where the features themselves can be compared.


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return corpus_in(tmp_path)


@pytest.fixture(scope="module")
def whole(config: Config, tmp_path_factory: pytest.TempPathFactory) -> frozenset[Feature]:
    """What the corpus covers while nothing is deleted."""
    return covered(config, corpus_in(tmp_path_factory.mktemp("whole")))


def corpus_in(directory: Path) -> Path:
    """Lay down real histories of several workflows, each twice, and a link to one that lies elsewhere."""
    for kind in ("OrderSaga", "VersionedDigest", "NightlyJobs"):
        for path in sorted((ROOT / "fixtures" / kind).glob("*.json")):
            for name in (path.name, f"copy-of-{path.name}"):
                target = directory / "corpus" / kind / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    elsewhere = directory / "elsewhere.json"
    shutil.copy(ROOT / "fixtures" / "OrderSaga" / "order-1001.json", elsewhere)
    (directory / "corpus" / "zz-link.json").symlink_to(elsewhere)
    return directory / "corpus"


@pytest.fixture(scope="module")
def config() -> Config:
    # The factory of this repository loads the SDKs of agents, of which the corpus has no run.
    return replace(load_config(ROOT), factory="", accept=(), processes=1)


def covered(config: Config, corpus: Path) -> frozenset[Feature]:
    """Replay a corpus and return all that it covers."""

    async def replay() -> frozenset[Feature]:
        found: frozenset[Feature] = frozenset()
        async with ReplayPool(config, measure=True) as pool:
            for case in find([str(corpus)], base=corpus):
                assert isinstance(case, Case)
                shape = (await pool.replay(case)).shape
                assert shape is not None
                found |= features(shape)
        return found

    return asyncio.run(replay())


def apply(
    config: Config, corpus: Path, *, most: int | None = None, meanwhile: Callable[[Plan], None] | None = None
) -> Plan:
    """Minimise a corpus; stop dead after `most` deletions, and do something between plan and deletions."""

    async def run() -> Plan:
        planned: Plan | None = None
        deleted = 0
        async for event in minimize(config, [str(corpus)], base=corpus, apply=True):
            if isinstance(event, Planned):
                planned = event.plan
                if meanwhile:
                    meanwhile(event.plan)
            deleted += isinstance(event, Deleted)
            if most is not None and deleted == most:
                break
        assert planned is not None
        return planned

    return asyncio.run(run())


def test_after_apply_the_corpus_covers_the_same_features(
    config: Config, corpus: Path, whole: frozenset[Feature]
) -> None:
    plan = apply(config, corpus)

    assert covered(config, corpus) == whole
    assert len(plan.dropped) > len(plan.kept)
    assert len(list(corpus.rglob("*.json"))) == len(plan.kept)
    # What a link leads to belongs to somebody else.
    assert (corpus.parent / "elsewhere.json").exists()


@pytest.mark.parametrize("most", [1, 7])
def test_stopped_in_the_middle_the_corpus_covers_no_less(
    config: Config, corpus: Path, whole: frozenset[Feature], most: int
) -> None:
    files = len(list(corpus.rglob("*.json")))
    apply(config, corpus, most=most)

    assert len(list(corpus.rglob("*.json"))) == files - most
    assert covered(config, corpus) == whole


def test_nothing_is_deleted_where_a_file_changed_meanwhile(config: Config, corpus: Path) -> None:
    files = sorted(corpus.rglob("*.json"))

    def rewrite(plan: Plan) -> None:
        (corpus / plan.kept[0].entry.path).write_text("{}", "utf-8")

    with pytest.raises(CorpusChanged, match="has changed while the corpus was surveyed"):
        apply(config, corpus, meanwhile=rewrite)
    assert sorted(corpus.rglob("*.json")) == files
