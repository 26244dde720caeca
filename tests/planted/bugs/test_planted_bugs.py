"""Each planted bug is found with exactly its smallest plan; in its mended twin nothing is."""

from collections.abc import Iterator

import pytest

from tests.planted.bugs.case import PlantedBug, Twin
from tests.planted.bugs.sweeping import Server, opened
from tests.planted.bugs.table import BUGS, TWINS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with opened(tmp_path_factory.mktemp("planted-bugs")) as found:
        yield found


@pytest.mark.deep
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bug_is_found_with_its_smallest_plan(server: Server, bug: PlantedBug) -> None:
    report = server.swept(bug.scenario, pairs=bug.pairs, search=bug.search)
    found = {(finding.violation, finding.result.plan) for finding in report.findings}
    assert (bug.violation, bug.plan) in found, "\n".join(f"{f.violation}: {f.result.plan}" for f in report.findings)


@pytest.mark.deep
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_nothing_is_found_in_the_mended_twin(server: Server, twin: Twin) -> None:
    report = server.swept(twin.scenario, pairs=False, search=0.0)
    # What does not come again three times came of a slow machine.
    steady = [finding for finding in report.findings if not finding.flaky]
    assert not steady, "\n".join(f"{f.violation}: {f.what}; {f.result.plan}" for f in steady)


def test_names_of_cases_tell_them_apart() -> None:
    names = [case.name for case in (*BUGS, *TWINS)]
    assert len(set(names)) == len(names)
