"""The file of findings: what two runs found is in it, what nobody asks for any more leaves it."""

from pathlib import Path

import pytest

from replaykit.adapters import gate_pack
from replaykit.adapters.gate_pack import MOST, Pack


def loaded(file: Path) -> Pack:
    pack = Pack(file)
    pack.load()
    return pack


def test_what_another_run_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    file = tmp_path / ".replaykit/gate/passed.cache"
    one, other = loaded(file), loaded(file)
    one.keep("order-1", one.share({"files": {"order.py": "1"}}), {"steps": 1})
    other.keep("order-1", other.share({"files": {"order.py": "2"}}), {"steps": 2})
    other.entitle("c0de", "Order")
    one.save()
    other.save()
    found = loaded(file)

    assert [form for _, form in found.of("order-1")] == [{"steps": 2}, {"steps": 1}]
    assert {found.parts[code]["files"]["order.py"] for code, _ in found.of("order-1")} == {"1", "2"}
    assert found.titles == {"c0de": "Order"}


def test_of_each_key_the_newest_versions_are_kept_with_their_parts_alone(tmp_path: Path) -> None:
    pack = Pack(tmp_path / "gate/passed.cache")
    for number in range(MOST + 3):
        pack.keep("order-1", pack.share({"version": number}), {"reached": pack.share(["order.py", number])})
    pack.save()
    found = loaded(pack.file)

    assert [found.parts[code]["version"] for code, _ in found.of("order-1")] == list(range(MOST + 2, 2, -1))
    assert len(found.parts) == 2 * MOST


def test_what_is_asked_for_stays_and_the_rest_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_pack, "SPARE", 5)
    first = Pack(tmp_path / "gate/passed.cache")
    for number in range(20):
        first.keep(f"old-{number}", first.share({}), {})
    first.save()
    second = loaded(first.file)
    second.of("old-19")
    second.keep("new", second.share({}), {})
    second.save()

    kept = loaded(first.file).found
    assert {"old-19", "new"} <= kept.keys()
    assert len(kept) == 2 + 6


def test_a_run_that_found_nothing_new_writes_nothing(tmp_path: Path) -> None:
    pack = Pack(tmp_path / "gate/passed.cache")
    pack.of("order-1")
    pack.save()

    assert not pack.file.exists()
