"""A gate writes its report into files, beside what it says: whole, from the top of the repository, or with an error."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from replaykit.adapters.report_files import write
from replaykit.errors import ReportUnwritable
from tests.gate.repository import Repository
from tests.gate.test_gate_html import missing
from tests.gate.test_gate_stories import ORDER, SWAPPED, of_order
from tests.project import Project
from tests.stories import line_of

pytestmark = pytest.mark.long


def test_each_form_tells_the_same_from_the_top_of_the_repository(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, {f"shops/one/{name}": text for name, text in of_order().items()})
    repository.write({"shops/one/order.py": SWAPPED})
    files = ("--junit", "out/gate.xml", "--sarif", "out/gate.sarif", "--summary", "gate.md", "--html", "out/gate.html")
    result = repository.gate(*files, "--annotations", within="shops/one")

    line = line_of(SWAPPED, "execute_activity(reserve")
    assert result.code == 1
    text, _, annotations = result.stdout.partition("\nNext:  ")
    assert "Blocked: Base replays it" in text
    [_, ended, error, warning] = annotations.splitlines()
    begun = text.partition("\n")[0]
    assert begun.replace("stop-commands::", "") + "::" == ended, "what runs are named is no command"
    assert len(ended) > 40
    assert error.startswith(f"::error file=shops/one/order.py,line={line},title=replaykit gate%2C blocked%3A Order::")
    assert warning.startswith(f"::warning file=shops/one/order.py,line={line + 1},title=replaykit gate%2C unreached::")
    [suite] = ET.fromstring(result.files["out/gate.xml"])  # noqa: S314 - written just now
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    [blocked, _] = json.loads(result.files["out/gate.sarif"])["runs"][0]["results"]
    place = blocked["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("shops/one/order.py", line)
    assert f"At `shops/one/order.py:{line}`." in result.files["gate.md"]
    page = result.files["out/gate.html"]
    assert f"<p>At <code>shops/one/order.py:{line}</code></p>" in page
    assert missing(text.removeprefix(begun), page) == []
    assert not [name for name in result.files if name.endswith(".tmp")]


def test_the_page_leads_up_to_the_first_difference_through_the_steps_of_a_real_replay(tmp_path: Path) -> None:
    repository = Repository.of(tmp_path, of_order())
    renamed = ORDER.replace("execute_activity(announce, args=[order, text]", "execute_activity(reserve, args=[order]")
    repository.write({"order.py": renamed})
    result = repository.gate("--html", "gate.html")

    page = result.files["gate.html"]
    line = line_of(renamed, "execute_activity(reserve, args=[order]")
    assert (result.code, missing(result.stdout, page)) == (1, [])
    assert '<ol start="1"><li>activity charge #1</li><li>activity reserve #1</li></ol>' in page
    first = '6<span class="mark">▶ first difference</span></th><td>activity announce #1</td><td>activity reserve #2'
    assert f'{first}<span class="place">order.py:{line} in Order.run</span>' in page


@pytest.mark.parametrize("option", ["--junit", "--sarif", "--summary", "--html"])
@pytest.mark.parametrize(("file", "cause"), [("order.py/gate.xml", "File exists"), ("histories", "it is a directory")])
def test_a_file_that_cannot_be_written_is_named_before_the_work(option: str, file: str, cause: str) -> None:
    result = Project(of_order()).run_cli("gate", "--base", "main", "histories", option, file)
    assert result.code == 2
    assert result.stderr.startswith(f"{file} cannot be written.\nCause: {cause}\n")
    assert "docs/errors.md#report-unwritable" in result.stderr


def test_annotations_within_a_document_are_refused() -> None:
    result = Project(of_order()).run_cli("gate", "--base", "main", "histories", "--annotations", "--format", "json")
    assert (result.code, result.stdout) == (2, "")
    assert "--annotations does not go with --format json." in result.stderr


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "gate.xml").mkdir()
    with pytest.raises(ReportUnwritable):
        write(tmp_path / "gate.xml", "<testsuites/>")
    assert [path.name for path in tmp_path.iterdir()] == ["gate.xml"]
