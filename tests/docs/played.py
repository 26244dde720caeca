"""The tutorial and the examples of errors, played on a real server in a temporary directory."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from replaykit.adapters.connect import no_permission
from replaykit.adapters.discard import Look, discard
from replaykit.adapters.examples import copy_examples
from replaykit.adapters.git import uncheckable
from replaykit.adapters.locations import package_missing
from replaykit.adapters.redaction_key import VARIABLE, load_pseudonyms
from replaykit.adapters.refusals import server_busy
from replaykit.adapters.replay_worker import PATIENCE, _silent
from replaykit.adapters.store_refusals import unreadable
from replaykit.errors import CorpusChanged, RedactionKeyInvalid
from replaykit.jobs.checking import _matters
from replaykit.jobs.unchanged import Changed
from replaykit.model.case import Case, Judgement
from replaykit.model.step import StepKey, StepKind
from replaykit.model.verdict import Clean, Diverged
from replaykit.rules.judge import _stopped_short
from replaykit.rules.redaction.places import Place
from tests.docs.pages import DOCS, ROOT, Block, blocks
from tests.docs.situations import prepare
from tests.docs.terminal import Shown, Terminal

TUTORIAL = DOCS / "tutorial.md"
CASSETTES = DOCS / "tutorial-cassettes.md"
CHAOS = DOCS / "tutorial-chaos.md"
GATE = DOCS / "gate.md"
ERRORS = DOCS / "errors.md"
AT_A_TIME = 3


@dataclass(frozen=True, slots=True)
class Played:
    """Each console block of the tutorial with its real output, and the terminal it was played in, still running."""

    tutorial: tuple[Shown, ...]
    terminal: Terminal


@contextlib.contextmanager
def played() -> Iterator[Played]:
    """Follow the tutorial, then prepare the examples of errors beside what it left."""
    with tempfile.TemporaryDirectory(prefix="tutorial-", ignore_cleanup_errors=True) as name:
        directory = Path(name).resolve()
        with Terminal(directory) as terminal:
            shown = tuple(terminal.follow(TUTORIAL.read_text("utf-8")))
            prepare(directory)
            yield Played(shown, terminal)


def played_cassettes() -> tuple[Shown, ...]:
    """Follow the tutorial of cassettes, in a directory and on a server of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="cassettes-", ignore_cleanup_errors=True) as name,
        Terminal(Path(name).resolve()) as terminal,
    ):
        return tuple(terminal.follow(CASSETTES.read_text("utf-8")))


def played_gate() -> tuple[Shown, ...]:
    """Follow the story of pull requests, in a repository and on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="gate-", ignore_cleanup_errors=True) as name:
        directory = Path(name).resolve() / "shop"
        directory.mkdir()
        with Terminal(directory) as terminal:
            return tuple(terminal.follow(GATE.read_text("utf-8")))


def played_chaos() -> tuple[Shown, ...]:
    """Follow the tutorial of chaos, beside copies of the example and of its histories."""
    with (
        tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name,
        Terminal(Path(name).resolve()) as terminal,
    ):
        copy_examples(terminal.directory, "order_saga")
        shutil.copytree(ROOT / "fixtures" / "OrderSaga", terminal.directory / "fixtures" / "OrderSaga")
        project = '[tool.replaykit]\nworkflows = ["examples.order_saga.workflows"]\n'
        (terminal.directory / "pyproject.toml").write_text(project, "utf-8")
        return tuple(terminal.follow(CHAOS.read_text("utf-8")))


def example(block: Block, terminal: Terminal) -> Shown:
    """Bring about the error that a block of docs/errors.md shows."""
    if block.language == "console":
        return terminal.show(block)
    # The Docs line of a block that was filled in ends with the slug; a fresh block is the slug alone.
    slug = block.text.strip().splitlines()[-1].rpartition("#")[2]
    return Shown(block, f"{UNPROVOKED[slug]()}\n")


def play_examples(terminal: Terminal) -> list[Shown]:
    """Bring about every error of docs/errors.md, some at a time."""
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        return list(threads.map(lambda block: example(block, terminal), examples()))


def examples() -> tuple[Block, ...]:
    """List the blocks of docs/errors.md."""
    return tuple(blocks(ERRORS.read_text("utf-8")))


def _no_permission() -> str:
    return str(no_permission("payments.a1b2c.tmprl.cloud:7233", "payments.a1b2c"))


def _core_silent() -> str:
    return _silent(PATIENCE).render()


def _cut_short() -> str:
    history, outcome = SimpleNamespace(tasks=(3, 8)), SimpleNamespace(reached=1)
    return _stopped_short(cast("Any", history), cast("Any", outcome)).problem.render()


def _source_unreadable() -> str:
    return str(unreadable("s3://shop-histories/temporal-workflow-history", PermissionError()))


def _extra_missing() -> str:
    return str(package_missing("s3://shop-histories/temporal-workflow-history"))


def _server_busy() -> str:
    said = "RESOURCE_EXHAUSTED: namespace rate limit exceeded"
    return str(server_busy("payments.a1b2c.tmprl.cloud:7233", "the history of order-17", said))


def _redaction_matters() -> str:
    case = Case("order-17.json", "fixtures/Order/order-17.json")
    booked = SimpleNamespace(number=1, recorded=[SimpleNamespace(key=StepKey(StepKind.ACTIVITY, "book", 1))])
    before, after = (Judgement(case, verdict, 0.0) for verdict in (Clean(steps=1), Diverged(cast("Any", booked))))
    place = Place(1, "WorkflowExecutionStarted", "input[0].customer", "e-mail", "a secret", visible=True)
    return str(_matters(case, [place], Changed(before, after, (place.secret,))))


def _corpus_changed() -> str:
    looks = {"fixtures/Order/order-17.json": Look(size=1, changed=1)}
    try:
        list(discard([], looks, base=Path("/nowhere")))
    except CorpusChanged as error:
        return str(error)
    raise AssertionError(looks)


def _base_uncheckable() -> str:
    return str(
        uncheckable("3f1c0a9b2d4e", "fatal: could not create directory of '.git/worktrees/tree': Permission denied")
    )


def _short_key() -> str:
    try:
        load_pseudonyms(Path("unused"), {VARIABLE: "short"})
    except RedactionKeyInvalid as error:
        return str(error)
    raise AssertionError


# No dev server refuses credentials or asks to slow down, no store is at hand, nobody else writes to the corpus, the
# tutorial's code goes by no secret, and the others are not known to happen, or not from here: their texts come from
# their makers.
UNPROVOKED: Mapping[str, Callable[[], str]] = {
    "no-permission": _no_permission,
    "source-unreadable": _source_unreadable,
    "extra-missing": _extra_missing,
    "redaction-matters": _redaction_matters,
    "server-busy": _server_busy,
    "corpus-changed": _corpus_changed,
    "base-uncheckable": _base_uncheckable,
    "redaction-key-invalid": _short_key,
    "core-silent": _core_silent,
    "replay-stopped-short": _cut_short,
}
