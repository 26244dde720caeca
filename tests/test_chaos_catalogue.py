"""The catalogue of faults: each has a name of its own."""

from collections import Counter

from replaykit.rules.chaos.catalogue import ALL


def test_every_fault_has_a_name_that_no_other_has() -> None:
    names = Counter(kind.name for kind in ALL)
    assert [name for name, count in names.items() if count > 1] == []
