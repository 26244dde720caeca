"""The patch sites of the code as it stands, and of a revision that it is compared with."""

from collections.abc import Sequence
from pathlib import Path

from replaykit.config import Config
from replaykit.jobs.patch_sources import sources
from replaykit.model.patches import Sites
from replaykit.rules.patch_sites import sites_of


def versions(config: Config, named: Sequence[str], base: str, *, here: Path) -> tuple[Sites, Sites | None]:
    """Read the sites of the code, and of its base where there is one; the arguments are those of `sources`.

    Raises:
        ReplaykitError: As `sources`.
    """
    head, before = sources(config, named, base, here=here)
    return sites_of(head), None if before is None else sites_of(before)
