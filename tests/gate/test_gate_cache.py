"""A cached verdict is what a replay would have said: whatever is edited, both ways of asking agree."""

import asyncio
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.adapters import seen_files
from replaykit.adapters.file_digests import Digests
from replaykit.adapters.gate_cache import GateCache
from replaykit.adapters.project import load_config
from replaykit.config import Config
from replaykit.jobs.gate import Reported, gate
from replaykit.jobs.gate_blind import Wish
from replaykit.model.finding import Unverified
from replaykit.model.gate import Blind, GateReport
from replaykit.model.passed import Passed, Traits
from replaykit.model.reached import Reached
from replaykit.model.step import StepKey, StepKind
from replaykit.model.witness import Read
from replaykit.rules.passed import from_json, to_json
from tests.corpora import stored
from tests.gate.repository import Repository
from tests.stories import changed, source, swapped
from tests.stories import settings as project_settings

pytestmark = pytest.mark.long

ORDER = changed(
    changed(
        source("order"),
        "from temporalio import activity, workflow\n",
        "from temporalio import activity, workflow\n\nimport goods\n",
    ),
    "args=[order, 4200]",
    "args=[goods.named(order), goods.CENTS]",
)
GOODS = """from pathlib import Path

CENTS = int(Path(__file__).with_name("cents.txt").read_text())


def named(order: str) -> str:
    return order
"""
FILES = {
    "pyproject.toml": project_settings("order", "greeting"),
    "order.py": ORDER,
    "goods.py": GOODS,
    "cents.txt": "4200\n",
    "greeting.py": source("greeting"),
    "histories/order-1.json": stored("order-1"),
    "histories/greeting.json": stored("greeting-unpatched"),
}
# Each file with what may become of it. The last two come into being: a package goes before a module of its name.
EDITS = (
    ("order.py", f"{ORDER}\n# A remark.\n"),
    ("order.py", swapped(ORDER, "execute_activity(charge", "execute_activity(reserve")),
    ("goods.py", changed(GOODS, "return order", 'return order + "!"')),
    ("goods.py", f"{GOODS}\n# A remark.\n"),
    ("cents.txt", "4300\n"),
    ("cents.txt", "4200"),
    ("greeting.py", changed(source("greeting"), "Greeting", "Salute").replace("Salute", "Greeting") + "\n# Old.\n"),
    ("order.py", ORDER),
    ("goods.py", GOODS),
    ("goods/__init__.py", GOODS.replace("with_name", "parent.with_name").replace("return order", "return order * 2")),
    ("pyproject.toml", project_settings("order", "greeting", accept=["activity:charge input[0]"])),
)


def report_of(repository: Repository, *, cache: bool) -> GateReport:
    config = load_config(repository.directory)

    async def last() -> GateReport:
        wish = Wish("main", cache=cache)
        reports = [
            event.report
            async for event in gate(config, config, ["histories"], wish, base=repository.directory)
            if isinstance(event, Reported)
        ]
        return reports[-1]

    return asyncio.run(last())


def said(report: GateReport) -> tuple[list[tuple[str, str]], Blind]:
    return [(verdict.case.shown, verdict.standing.value) for verdict in report.verdicts], report.blind


def cached_and_replayed_say_the_same_after(edits: Sequence[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        repository = Repository.of(Path(name), FILES)
        assert all(standing == "passed" for _, standing in said(report_of(repository, cache=True))[0])
        for file, text in edits:
            repository.write({file: text})
            assert said(report_of(repository, cache=True)) == said(report_of(repository, cache=False))


def test_after_edits_of_code_and_data_the_cache_says_what_replays_say() -> None:
    cached_and_replayed_say_the_same_after([EDITS[4], EDITS[9]])


@pytest.mark.deep
@given(st.lists(st.sampled_from(EDITS), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_whatever_is_edited_the_cache_says_what_replays_say(edits: list[tuple[str, str]]) -> None:
    cached_and_replayed_say_the_same_after(edits)


def test_what_one_history_makes_the_code_remember_counts_for_the_next(tmp_path: Path) -> None:
    remembering = "import functools\nfrom pathlib import Path\n\n\n@functools.cache\ndef cents() -> int:\n"
    reading = '    return int(Path(__file__).with_name("cents.txt").read_text())\n'
    order = changed(
        changed(source("order"), "\nfrom temporalio import", "\nimport goods\nfrom temporalio import"),
        "args=[order, 4200]",
        "args=[order, goods.cents()]",
    )
    files = {
        "pyproject.toml": project_settings("order", sandbox=False),
        "order.py": order,
        "goods.py": remembering + reading,
        "cents.txt": "4200\n",
        "histories/order-1.json": stored("order-1"),
        "histories/order-2.json": stored("order-1"),
    }
    repository = Repository.of(tmp_path, files)
    first, second = report_of(repository, cache=True), report_of(repository, cache=True)
    repository.write({"cents.txt": "4300\n"})
    third = report_of(repository, cache=True)

    assert [report.effort.cached for report in (first, second, third)] == [0, 2, 0]
    assert {standing for _, standing in said(third)[0]} == {"drifted"}


def test_a_history_exchanged_in_place_is_judged_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Even files written a moment ago are taken for settled.
    monkeypatch.setattr(seen_files, "_SETTLED_AFTER", 0)
    repository = Repository.of(tmp_path, FILES)
    path = repository.directory / "histories/order-1.json"
    before = path.stat()
    first, second = report_of(repository, cache=True), report_of(repository, cache=True)
    path.write_text(changed(path.read_text("utf-8"), '"charge"', '"chargf"'), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    third = report_of(repository, cache=True)

    assert [report.effort.cached for report in (first, second, third)] == [0, 2, 1]
    assert [standing for _, standing in said(third)[0]] == ["passed", "intrinsic"]


def test_a_gate_that_knows_all_loads_no_sdk_and_checks_nothing_out(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, FILES)
    traced, imported = tmp_path / "git.txt", tmp_path / "imports.txt"
    script = f"python -X importtime -m replaykit gate --base main histories 2>{imported}"
    known = []
    for _ in range(2):
        traced.unlink(missing_ok=True)
        result = repository.bash(script, GIT_TRACE=str(traced))
        assert result.code == 0
        known.append(
            ("worktree" in traced.read_text(), "temporalio" in imported.read_text(), "head 2" in result.stdout)
        )

    assert known == [(False, False, True), (False, False, False)]


def test_a_gate_that_knows_all_loads_nothing_that_compares_judges_or_starts_processes(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, FILES)
    imported = tmp_path / "imports.txt"
    codes = [
        repository.bash(f"python -X importtime -m replaykit gate --base main histories --format json 2>{imported}").code
        for _ in range(2)
    ]
    loaded = {line.rpartition("|")[2].strip() for line in imported.read_text().splitlines()}

    assert codes == [0, 0]
    assert "replaykit.jobs.gate" in loaded
    assert not loaded & {
        "replaykit.rules.gate",
        "replaykit.rules.diff",
        "replaykit.model.patches",
        "replaykit.adapters.pool",
    }


NAMES = st.sampled_from(["order.py", "goods.py", "words/__init__.py", "cents.txt"])
TREES = st.dictionaries(NAMES, st.sampled_from(["a", "b", ""]), max_size=4)
PASSED = Passed(
    Traits("Order", 1.5, ("politer",), Reached((("order.py", ((1, 2), (-1, 3))),))),
    3,
    (Unverified(StepKey(StepKind.LOCAL_ACTIVITY, "label", 1), "input", "none"), Unverified(None, "id", "guessed")),
    "5eed",
)


def written(root: Path, tree: Mapping[str, str]) -> Path:
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    root.mkdir(exist_ok=True)
    return root


@given(TREES, TREES, st.sets(NAMES))
def test_an_entry_holds_only_while_nothing_that_was_read_has_changed(
    before: dict[str, str], after: dict[str, str], read: set[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        old, new = written(Path(name) / "old", before), written(Path(name) / "new", after)
        cache = GateCache(Path(name), on=True)
        asked = cache.asked("c0de", "order-1.json", Config(root=str(old), python_path=(str(old),)), "order")
        reads = [Read(tuple(str(old / file) for file in read), (str(old),))]
        cache.keep(asked, PASSED, reads, Digests(old))
        found = cache.look_up(asked, Digests(new))

    same = all(before.get(file) == after.get(file) for file in read)
    modules = [{file.split("/")[0] for file in tree if file != "cents.txt"} for tree in (before, after)]
    assert (found == PASSED) == (
        same and modules[0] == modules[1] and all(file in before for file in read if file.endswith(".py"))
    )


def test_another_history_another_setting_and_another_group_are_other_entries(tmp_path: Path) -> None:
    cache = GateCache(tmp_path, on=True)
    config = Config(root=str(tmp_path), python_path=(str(tmp_path),), workflows=("order",))
    asked = cache.asked("c0de", "order-1.json", config, "order")
    others = [
        cache.asked("0ther", "order-1.json", config, "order"),
        cache.asked("c0de", "order-2.json", config, "order"),
        cache.asked("c0de", "order-1.json", config.with_options(accept=("timer: duration",)), "order"),
        cache.asked("c0de", "order-1.json", config, ""),
    ]
    elsewhere = Config(root="/srv/base", python_path=("/srv/base",), workflows=("order",))

    assert len({asked.key, *(other.key for other in others)}) == 5
    assert cache.asked("c0de", "order-1.json", elsewhere, "order").key == asked.key


def test_what_hangs_on_more_than_files_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "order.py").write_text("FAST = Path('fast').exists()\n")
    cache, code = GateCache(tmp_path, on=True), Digests(tmp_path)
    asked = cache.asked("c0de", "order-1.json", Config(root=str(tmp_path), python_path=()), "")
    cache.keep(asked, PASSED, [Read((str(tmp_path / "order.py"),))], code)
    cache.keep(asked, PASSED, [Read(doubts=("it starts a program",))], code)

    assert cache.look_up(asked, code) is None


def test_what_is_kept_reads_back_whole() -> None:
    assert from_json(to_json(PASSED)) == PASSED


def test_a_spoilt_entry_is_no_entry(tmp_path: Path) -> None:
    cache, code = GateCache(tmp_path, on=True), Digests(tmp_path)
    asked = cache.asked("c0de", "order-1.json", Config(root=str(tmp_path), python_path=()), "")
    cache.keep(asked, PASSED, [Read()], code)
    cache.close()
    [file] = (tmp_path / ".replaykit/gate").iterdir()
    whole = file.read_bytes()
    assert GateCache(tmp_path, on=True).look_up(asked, code) == PASSED
    spoilt = [whole[:-20], b"", whole[:70], whole.replace(b'"steps":3', b'"steps":4'), b"\xff" + whole[1:]]

    for content in spoilt:
        file.write_bytes(content)
        assert GateCache(tmp_path, on=True).look_up(asked, code) is None
