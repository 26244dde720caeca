"""The job that makes a cassette of the answers in histories."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters import tapes
from replaykit.adapters.codecs import converters_of
from replaykit.adapters.from_history import extract
from replaykit.adapters.history_file import read_document
from replaykit.adapters.opened import Opener
from replaykit.config import Config
from replaykit.jobs.cassettes import in_order, no_file, refuse_existing
from replaykit.model.cassette import Cassette, Interaction
from replaykit.rules import volatile
from replaykit.rules.expiry import parse as parse_limit


@dataclass(frozen=True, slots=True)
class Made:
    """What became of histories: a cassette, and what they could not tell."""

    out: Path
    cassette: Cassette
    histories: int
    unanswered: int
    retried: int


async def from_history(
    config: Config, files: Sequence[Path], *, out: Path, declared: Sequence[str], force: bool, expires: str = ""
) -> Made:
    """Make a cassette of all activity answers in histories.

    Raises:
        CassetteError: The cassette exists and `force` is not given, or cannot be written.
        PathMissing: A file does not exist.
        HistoryError: A file is no usable history.
        ConfigInvalid: A declaration of what is volatile, or for how long answers are good, cannot be read.
        WorkflowsUnloadable: The configured factory fails.
        CodecUnloadable: The configured data converter or codec cannot be loaded.
        CodecServerFailed: The configured codec server does not decode the payloads.
    """
    volatile.parse(declared)
    if expires:
        parse_limit(expires)
    refuse_existing(out, force=force)
    opener = Opener(config, converters_of(config))
    interactions: list[Interaction] = []
    unanswered = retried = 0
    for file in files:
        if not file.is_file():
            raise no_file(file)
        _, history = await opener.open(read_document(file), file)
        found = extract(history.events)
        interactions.extend(found.interactions)
        unanswered += found.unanswered
        retried += found.retried
    cassette = Cassette(in_order(interactions), tuple(declared), expires=expires)
    tapes.save(out, cassette)
    return Made(out, cassette, len(files), unanswered, retried)
