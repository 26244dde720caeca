"""The cassette jobs: cassettes are read, checked, merged, compared and pruned."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from replaykit.adapters import compact, prices, tapes
from replaykit.adapters.journal import journals_of
from replaykit.errors import CassetteExists, CassetteExpired, PathMissing
from replaykit.model.cassette import Cassette, Interaction
from replaykit.rules import expiry
from replaykit.rules.compare import Comparison, compare
from replaykit.rules.llm_faults.fault import LlmFault
from replaykit.rules.llm_faults.placing import with_fault
from replaykit.rules.usage import Bill, bill_of, counted_once


def read(path: Path) -> Cassette:
    """Read a cassette with what is not merged into it yet.

    Raises:
        PathMissing: It does not exist.
        CassetteError: It cannot be used.
    """
    if not path.is_file() and not journals_of(path):
        raise no_file(path)
    return compact.load(path)


def bill(cassette: Cassette) -> tuple[Bill, bool]:
    """Add up what a cassette's answers of models cost; the second value says whether there was a price list."""
    return bill_of(counted_once(cassette.interactions), prices.price_of), prices.is_installed()


def age_problem(cassette: Cassette, shown: str) -> CassetteExpired | None:
    """Say which recordings are older than their cassette allows, if any are."""
    old = expiry.expired(cassette, cassette.expires, now=datetime.now(UTC)) if cassette.expires else ()
    return expiry.problem_of(old, cassette.expires, shown=shown) if old else None


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
    refuse_existing(out, force=force)
    cassettes = [read(path) for path in paths]
    together: list[Interaction] = []
    for cassette in cassettes:
        together.extend(interaction for interaction in cassette.interactions if interaction not in together)
    rules = dict.fromkeys(rule for cassette in cassettes for rule in cassette.volatile)
    # The strictest of them: what one cassette holds is not good for longer because of another.
    limits = [cassette.expires for cassette in cassettes if cassette.expires]
    merged = Cassette(in_order(together), tuple(rules), min(limits, key=expiry.parse, default=""))
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
    pruned = replace(cassette, interactions=kept)
    tapes.save(path, pruned)
    return pruned, going


def strike(path: Path, fault: LlmFault, *, number: int, times: int, instead: bool, out: Path, force: bool) -> Cassette:
    """Put a fault into a cassette, or into a copy of it.

    Raises:
        PathMissing: The cassette does not exist.
        CassetteError: It cannot be used, the fault cannot happen there, or another `out` exists.
    """
    cassette = with_fault(read(path), fault, number=number, times=times, instead=instead)
    if out == path:
        compact.compact(path)
    else:
        refuse_existing(out, force=force)
    tapes.save(out, cassette)
    return cassette


def in_order(interactions: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """Sort interactions by the time of asking, as every cassette is."""
    return tuple(sorted(interactions, key=lambda interaction: interaction.recorded))


def refuse_existing(out: Path, *, force: bool) -> None:
    """Keep a cassette from being written over another.

    Raises:
        CassetteExists: `out` exists, and `force` is not given.
    """
    if out.exists() and not force:
        raise CassetteExists(
            f"{out} exists.",
            cause="a cassette is not written over another unless you say so",
            fix="choose another file: --out FILE   or say so: --force",
        )


def no_file(path: Path) -> PathMissing:
    """Make the error about a file that is not there."""
    return PathMissing(
        f"{path} is no file.",
        cause="no file has this path",
        fix="check the path; cassettes come from: pytest --cassette-mode=once   histories from: replaykit export ID",
    )
