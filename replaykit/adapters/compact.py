"""The journals of all processes are merged into the cassette, so that a kill at any moment loses and repeats nothing.

One process merges at a time, under a lock. The new cassette's text is made first; each journal is renamed to carry the
text's digest; the text takes the cassette's place; the journals go. A journal that carries the digest of the present
cassette is therefore merged already, and one that carries another digest is not.
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from replaykit.adapters import tapes
from replaykit.adapters.journal import SUFFIX, Journal, journals_of, read
from replaykit.errors import CassetteMissing
from replaykit.model.cassette import Cassette, Interaction

MERGED = ".merged-"
STALE = 60.0


def digest_of(cassette: Path) -> str | None:
    """Return the digest of a cassette's file, or nothing where there is none."""
    try:
        return hashlib.sha256(cassette.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def load(path: Path, *, shown: str | None = None) -> Cassette:
    """Read a cassette and what journals hold that is not merged into it yet.

    Args:
        path: The cassette.
        shown: How an error names one that is not there; its path where nothing is given.

    Raises:
        CassetteMissing: There is neither.
        CassetteError: One of the files cannot be used.
    """
    with _locked(path, exclusive=False):
        cassette = _base(path)
        journals = [read(journal) for journal in _unmerged(path)]
    if cassette is None and not journals:
        raise missing(shown or str(path))
    if cassette is not None and not journals:
        return cassette
    return _joined(cassette or Cassette(), journals, digest=digest_of(path))


def missing(shown: str) -> CassetteMissing:
    """Make the error about a cassette that is not there."""
    return CassetteMissing(
        f"There is no cassette {shown}.",
        cause="the file does not exist, and mode none records nothing",
        fix=f"record it: pytest --cassette-mode=once   or   replaykit cassette from-history FILE --out {shown}",
    )


def compact(path: Path) -> bool:
    """Merge the journals that nobody writes any more into the cassette.

    Returns:
        Whether there was anything to merge.

    Raises:
        CassetteError: One of the files cannot be used; then all of them stay as they are.
    """
    if not journals_of(path):
        return False
    with _locked(path, exclusive=True), contextlib.ExitStack() as held:
        # Before the cassette changes: then a journal's mark would tell no more that it is merged.
        _sweep(path)
        unmerged = [journal for journal in _unmerged(path) if _take(journal, held)]
        if unmerged:
            digest = digest_of(path)
            merged = _joined(_base(path) or Cassette(), [read(journal) for journal in unmerged], digest=digest)
            text = tapes.to_text(merged, sidecars={})
            mark = MERGED + hashlib.sha256(text.encode()).hexdigest()
            marked = [journal.rename(journal.with_name(_unmarked(journal) + mark + SUFFIX)) for journal in unmerged]
            tapes.save(path, merged)
            for journal in marked:
                journal.unlink()
        return bool(unmerged)


def _joined(cassette: Cassette, journals: Iterable[Journal], *, digest: str | None) -> Cassette:
    """Put recordings in the order in which they were asked for; those asked at one moment stay as they are."""
    kept: list[Interaction] = list(cassette.interactions)
    rules = dict.fromkeys(cassette.volatile)
    expires = cassette.expires
    heard: list[Interaction] = []
    for journal in journals:
        if journal.replaces is not None and journal.replaces == digest:
            kept = []
        rules.update(dict.fromkeys(journal.volatile))
        expires = journal.expires or expires
        heard.extend(journal.interactions)
    return Cassette(tuple(sorted([*kept, *heard], key=lambda interaction: interaction.recorded)), tuple(rules), expires)


def _base(path: Path) -> Cassette | None:
    try:
        return tapes.load(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise tapes.corrupt(path, 1, error.strerror or type(error).__name__) from None


def _unmerged(path: Path) -> Iterator[Path]:
    """Yield the journals that the cassette does not hold; one that it holds was left by a kill."""
    done = f"{MERGED}{digest_of(path)}{SUFFIX}"
    for journal in journals_of(path):
        if not journal.name.endswith(done):
            yield journal


def _sweep(path: Path) -> None:
    """Remove what a kill left: journals that the cassette holds, files not written to their end within a minute."""
    done = f"{MERGED}{digest_of(path)}{SUFFIX}"
    # A test's name in the file's may have brackets, so no glob.
    for left in (file for file in path.parent.iterdir() if file.name.startswith(f".{path.name}.")):
        half_written = left.name.endswith((".new", ".tmp")) and time.time() - left.stat().st_mtime > STALE
        if half_written or left.name.endswith(done):
            left.unlink(missing_ok=True)


def _unmarked(journal: Path) -> str:
    return journal.name.removesuffix(SUFFIX).partition(MERGED)[0]


def _take(journal: Path, held: contextlib.ExitStack) -> bool:
    """Get the lock of a journal whose writer is gone, until the merge is done."""
    file = os.open(journal, os.O_RDONLY | os.O_CLOEXEC)
    held.callback(os.close, file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _locked(path: Path, *, exclusive: bool) -> Iterator[None]:
    """Keep merges apart, and readers from a merge half done: by a lock on the directory, which leaves no file."""
    try:
        directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise tapes.unwritable(path, error) from None
    try:
        fcntl.flock(directory, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(directory)
