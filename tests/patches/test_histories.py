"""Histories tell of patches alike, read for that alone or through the shape that a replay gives."""

import asyncio
from pathlib import Path

import pytest

from replaykit.adapters.codecs import converters_of
from replaykit.adapters.history_file import read_document
from replaykit.adapters.opened import Opener
from replaykit.adapters.patch_histories import read_patch_run
from replaykit.adapters.stamps import stamps_of
from replaykit.config import Config
from replaykit.errors import HistoryError
from replaykit.model.case import Case
from replaykit.model.patches import Behavior, Mark
from replaykit.rules.patch_runs import patch_run
from replaykit.rules.shape import shape_of
from tests.project import ROOT

DIGESTS = sorted((ROOT / "fixtures" / "VersionedDigest").glob("*.json"))


@pytest.mark.parametrize("file", DIGESTS, ids=lambda file: file.stem)
def test_a_history_reads_as_its_shape_does(file: Path) -> None:
    history, parsed = asyncio.run(
        Opener(Config(), converters_of(Config())).open(read_document(file, shown="shown"), file)
    )
    shape = shape_of(history, stamps_of(parsed.events, history.status))

    run = read_patch_run(Case(str(file), "shown"))

    assert run == patch_run(history.identity, shape, source="shown")
    assert (
        run.marks
        == {"1": (), "2": (Mark("check-tone", deprecated=False),), "3": (Mark("check-tone", deprecated=True),)}[
            file.stem[len("digest-")]
        ]
    )
    assert (run.open, run.begun, run.behavior) == (file.stem.endswith("2"), True, Behavior.UNVERSIONED)


def test_payloads_that_nobody_can_decode_do_not_matter() -> None:
    files = sorted((ROOT / "fixtures").rglob("*.json"))
    runs = [read_patch_run(Case(str(file), file.name)) for file in files]
    assert len(runs) == len(files)


def test_a_file_that_is_no_history_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}", "utf-8")
    with pytest.raises(HistoryError):
        read_patch_run(Case(str(tmp_path / "x.json"), "x.json"))
