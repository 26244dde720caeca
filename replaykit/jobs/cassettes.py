"""The cassette jobs: cassettes are made from histories, checked, merged, compared and pruned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters import compact, tapes
from replaykit.adapters.from_history import extract
from replaykit.adapters.history import identity_of, parse
from replaykit.adapters.history_file import read_document
from replaykit.adapters.journal import journals_of
from replaykit.adapters.workflows import data_converter
from replaykit.config import Config
from replaykit.errors import CassetteExists, PathMissing
from replaykit.model.cassette import Cassette, Interaction
from replaykit.rules import volatile
from replaykit.rules.compare import Comparison, compare


@dataclass(frozen=True, slots=True)
class Made:
    """What became of histories: a cassette, and what they could not tell."""

    out: Path
    cassette: Cassette
    histories: int
    unanswered: int
    retried: int


async def from_history(
    config: Config, files: Sequence[Path], *, out: Path, declared: Sequence[str], force: bool
) -> Made:
    """Make a cassette of all activity answers in histories.

    Raises:
        CassetteError: The cassette exists and `force` is not given, or cannot be written.
        PathMissing: A file does not exist.
        HistoryError: A file is no usable history.
        ConfigInvalid: A declaration of what is volatile cannot be read.
        WorkflowsUnloadable: The configured factory, which has the data converter, fails.
    """
    volatile.parse(declared)
    _refuse_existing(out, force=force)
    converter = data_converter(config)
    interactions: list[Interaction] = []
    unanswered = retried = 0
    for file in files:
        if not file.is_file():
            raise _no_file(file)
        document = read_document(file)
        identity, _ = identity_of(document, file)
        found = await extract(parse(document, identity.workflow_id, file).events, converter)
        interactions.extend(found.interactions)
        unanswered += found.unanswered
        retried += found.retried
    cassette = Cassette(_in_order(interactions), tuple(declared))
    tapes.save(out, cassette)
    return Made(out, cassette, len(files), unanswered, retried)


def read(path: Path) -> Cassette:
    """Read a cassette with what is not merged into it yet.

    Raises:
        PathMissing: It does not exist.
        CassetteError: It cannot be used.
    """
    if not path.is_file() and not journals_of(path):
        raise _no_file(path)
    return compact.load(path)


def check(path: Path) -> tuple[Cassette, int]:
    """Read a cassette, and merge what recordings left beside it.

    Returns:
        The cassette, and the number of journals whose writers still record.

    Raises:
        PathMissing: It does not exist.
        CassetteError: It cannot be used.
    """
    cassette = read(path)
    compact.compact(path)
    return cassette, len(journals_of(path))


def merge(paths: Sequence[Path], *, out: Path, force: bool) -> Cassette:
    """Merge cassettes into one; an interaction that several hold alike is kept once.

    Raises:
        PathMissing: One does not exist.
        CassetteError: One cannot be used, or `out` exists and `force` is not given.
    """
    _refuse_existing(out, force=force)
    cassettes = [read(path) for path in paths]
    together: list[Interaction] = []
    for cassette in cassettes:
        together.extend(interaction for interaction in cassette.interactions if interaction not in together)
    rules = dict.fromkeys(rule for cassette in cassettes for rule in cassette.volatile)
    merged = Cassette(_in_order(together), tuple(rules))
    tapes.save(out, merged)
    return merged


def diff(old: Path, new: Path) -> Comparison:
    """Compare two cassettes by what was asked.

    Raises:
        PathMissing: One does not exist.
        CassetteError: One cannot be used.
    """
    return compare(read(old), read(new))


def prune(path: Path, numbers: Iterable[int], *, names: Iterable[str]) -> tuple[Cassette, tuple[int, ...]]:
    """Take interactions out of a cassette.

    Args:
        path: The cassette.
        numbers: Their numbers, from 1, as `show` prints them.
        names: Names of activities all of whose recordings go.

    Returns:
        The cassette as it is now, and the numbers that went.

    Raises:
        PathMissing: It does not exist.
        CassetteError: It cannot be used or written.
    """
    cassette = read(path)
    gone, named = set(numbers), set(names)
    going = tuple(
        number
        for number, interaction in enumerate(cassette.interactions, start=1)
        if number in gone or interaction.name in named
    )
    if not going:
        return cassette, ()
    compact.compact(path)
    kept = tuple(i for number, i in enumerate(cassette.interactions, start=1) if number not in going)
    pruned = Cassette(kept, cassette.volatile)
    tapes.save(path, pruned)
    return pruned, going


def _in_order(interactions: Iterable[Interaction]) -> tuple[Interaction, ...]:
    return tuple(sorted(interactions, key=lambda interaction: interaction.recorded))


def _refuse_existing(out: Path, *, force: bool) -> None:
    if out.exists() and not force:
        raise CassetteExists(
            f"{out} exists.",
            cause="a cassette is not written over another unless you say so",
            fix="choose another file: --out FILE   or say so: --force",
        )


def _no_file(path: Path) -> PathMissing:
    return PathMissing(
        f"{path} is no file.",
        cause="no file has this path",
        fix="check the path; cassettes come from: pytest --cassette-mode=once   histories from: replaykit export ID",
    )
