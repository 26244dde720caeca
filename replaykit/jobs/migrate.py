"""The migrate job: vcrpy's cassettes become one of ours."""

from collections.abc import Sequence
from pathlib import Path

from replaykit.adapters import tapes, vcr_files
from replaykit.adapters.cassette_redaction import built_in
from replaykit.errors import PathMissing
from replaykit.jobs.cassettes import in_order, refuse_existing
from replaykit.model.cassette import Cassette, Interaction


def migrate(paths: Sequence[Path], *, out: Path, force: bool) -> Cassette:
    """Make a cassette of those of vcrpy, without their secrets.

    Raises:
        PathMissing: One does not exist.
        CassetteError: One cannot be used, or `out` exists and `force` is not given.
    """
    refuse_existing(out, force=force)
    redact = built_in()
    interactions: list[Interaction] = []
    for path in paths:
        try:
            interactions.extend(vcr_files.read(path, redact=redact))
        except OSError as error:
            raise PathMissing(
                f"{path} cannot be read.",
                cause=error.strerror or type(error).__name__,
                fix="check the path: vcrpy writes its cassettes where vcr.use_cassette says",
            ) from None
    cassette = Cassette(in_order(interactions))
    tapes.save(out, cassette)
    return cassette
