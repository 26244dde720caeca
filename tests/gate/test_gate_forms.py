"""A report of a gate in JUnit, SARIF, Markdown and workflow commands: what did not pass is passed in none of them."""

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from replaykit.model.gate import GateReport, GateVerdict, Revision, Standing
from replaykit.report.gate_annotations import MOST, annotation_lines
from replaykit.report.gate_junit import gate_junit
from replaykit.report.gate_markdown import LARGEST, gate_markdown
from replaykit.report.gate_rules import RULES
from replaykit.report.gate_sarif import gate_sarif
from replaykit.report.gate_text import gate_lines
from replaykit.report.markdown import BREAK, code, fenced, prose
from replaykit.report.reading import Reading
from tests.gate.reports import ROOT, blocked, case, full, many, telling

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MISCHIEF = (
    "::error::owned\n::set-output name=a::b", "a%0Ab,line=1:x", "`` `x` ``", "</details><script>alert(1)</script>",
    "<!--", "[link](https://example.com) ![x](y)", "@team #1 www.example.com", "\x1b[31m\x00\u202e\ud800", "# a\n\n- b",
    "````\n# out", "| a | b |", "1. one", "- one", "$x$ ~~y~~ *z* __w__", "&lt;b&gt;", "C:\\x\\",
)  # fmt: skip
NAMES = st.sampled_from(MISCHIEF) | st.text(max_size=30) | st.lists(st.sampled_from(MISCHIEF), max_size=3).map("".join)
OURS = re.compile(r"<!-- replaykit gate -->|<details><summary>(Evidence|Which)</summary>|</details>")


def suite_of(report: GateReport, **more: Any) -> ET.Element:  # noqa: ANN401 - as telling takes them
    [suite] = ET.fromstring(gate_junit(telling(report, **more)))  # noqa: S314 - written just now
    return suite


def results_of(report: GateReport) -> list[dict[str, Any]]:
    [run] = gate_sarif(telling(report), version="1.2.3")["runs"]
    return list(run["results"])


def test_junit_passes_what_passed_and_nothing_else() -> None:
    suite = suite_of(full())
    kinds = {
        (each.get("classname"), each.get("name")): [(child.tag, child.get("type")) for child in each]
        for each in suite.iter("testcase")
    }

    assert kinds == {
        ("gate.plain", "histories/passed.json"): [],
        ("gate.plain", "histories/plain.json"): [("failure", "blocked")],
        ("gate.Order", "histories/drifted-plain.json"): [("failure", "drifted")],
        ("gate.Parcel", "histories/intrinsic-plain.json"): [("error", "intrinsic")],
        ("gate.Parcel", "histories/unverified-plain.json"): [("error", "unverified")],
        ("gate.patches", "safe-plain of Order: reused"): [],
        ("gate.patches", "plain of Order: reused"): [("failure", "patch-unsafe")],
        ("gate.patches", "no-plain of Order: reused"): [("error", "patch-unverified")],
        ("gate.demands", "--require-fresh"): [],
        ("gate.demands", "--min-coverage 80"): [("failure", "demand")],
        ("gate.modules", "Module plain does not import."): [("error", "not-loaded")],
    }
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "11", "failures": "4", "errors": "4", "skipped": "0"}
    said = suite.findtext("system-out") or ""
    assert "order.py:60-61 changed, and no history reaches it" in said
    assert "plain: a workflow type without any history" in said


def test_junit_of_nothing_is_an_error_and_drift_that_only_warns_is_skipped() -> None:
    nothing = GateReport(ROOT, Revision("main", ""), Revision("tree", ""), ())
    assert suite_of(nothing).get("errors") == "1"
    suite = suite_of(full(), drift_fails=False)
    assert (suite.get("skipped"), suite.get("failures")) == ("1", "3")


def test_histories_of_one_cause_share_one_finding_and_its_evidence() -> None:
    alike = tuple(replace(blocked("announce"), case=replace(blocked(n).case)) for n in ("a", "b", "c"))
    report = GateReport(ROOT, Revision("main", ""), Revision("tree", ""), alike)
    texts = [failure.text or "" for failure in suite_of(report).iter("failure")]

    assert [result["properties"]["histories"] for result in results_of(report)] == [
        ["histories/a.json", "histories/b.json", "histories/c.json"]
    ]
    assert "2 other histories of Order likewise." in texts[0]
    assert texts[1].endswith("The cause is that of histories/a.json.")
    assert gate_markdown(telling(report)).count("### Blocked: `Order` (3 histories)") == 1


def test_sarif_names_lines_from_the_top_of_the_repository() -> None:
    results = results_of(full())
    places = {
        result["ruleId"]: (
            result["level"],
            result["locations"][0]["physicalLocation"]["artifactLocation"],
            result["locations"][0]["physicalLocation"].get("region"),
        )
        for result in results
    }

    def at(file: str) -> dict[str, str]:
        return {"uri": f"shop/{file}", "uriBaseId": "%SRCROOT%"}

    assert places == {
        "blocked": ("error", at("order.py"), {"startLine": 41}),
        "drifted": ("error", at("order.py"), {"startLine": 45}),
        "intrinsic": ("error", at("histories/intrinsic-plain.json"), {"startLine": 1}),
        "unverified": ("error", at("histories/unverified-plain.json"), {"startLine": 1}),
        "patch-unsafe": ("error", at("order.py"), {"startLine": 50}),
        "patch-unverified": ("error", at("order.py"), {"startLine": 50}),
        "unreached": ("warning", at("order.py"), {"startLine": 60, "endLine": 61}),
        "untaken": ("warning", at("order.py"), {"startLine": 70}),
    }


def test_sarif_declares_each_rule_and_tells_what_has_no_line_as_a_notification() -> None:
    document = gate_sarif(telling(full()), version="1.2.3")
    [run] = document["runs"]
    [invocation] = run["invocations"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]

    assert (document["version"], rules) == ("2.1.0", list(RULES))
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert invocation["exitCode"] == 1
    told = [(note["level"], note["message"]["text"]) for note in invocation["toolExecutionNotifications"]]
    assert ("error", "Demand: --min-coverage 80. plain") in told
    assert ("warning", "Not vouched for: plain: a workflow type without any history") in told


def test_a_history_of_which_nothing_is_recorded_is_counted_where_there_is_one_and_never_passed() -> None:
    empty = GateVerdict(case("young"), Standing.EMPTY, "No workflow task of this run has completed.", "Order")
    report = replace(full(), verdicts=(*full().verdicts, empty))
    assert "1 empty" in "\n".join(gate_lines(report, Reading(base=ROOT), following="", now=0.0))
    assert "empty" in gate_markdown(telling(report))
    assert "empty" not in gate_markdown(telling(full()))
    assert (suite_of(report).get("skipped"), suite_of(full()).get("skipped")) == ("1", "0")
    assert not [result for result in results_of(report) if "young" in json.dumps(result)]


def test_a_finding_is_the_same_when_its_lines_have_moved_and_another_cause_is_another() -> None:
    def prints(report: GateReport) -> list[str]:
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results_of(report)]

    first = GateReport(ROOT, Revision("main", ""), Revision("tree", ""), (blocked("announce", line=41),))
    moved = replace(first, verdicts=(blocked("announce", line=97),))
    other = replace(first, verdicts=(blocked("ship", line=41),))
    assert prints(first) == prints(moved) != prints(other)
    assert len(set(prints(many(30)))) == 30


def test_annotations_stand_on_their_lines_and_say_how_many_are_left_out() -> None:
    [first, *_] = list(annotation_lines(telling(full())))
    assert first == (
        "::error file=shop/order.py,line=41,title=replaykit gate%2C blocked%3A plain::It goes to plain.%0A"
        "Base asks for activity `charge`, head for activity `plain`.%0AShown by histories/plain.json."
    )
    lines = list(annotation_lines(telling(many(MOST + 3))))
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * MOST + ["::notice"]
    assert lines[-1] == "::notice title=replaykit gate::3 more errors not annotated here."
    assert len(list(annotation_lines(telling(many(MOST))))) == MOST


def test_drift_that_only_warns_is_a_warning() -> None:
    lines = list(annotation_lines(telling(full(), drift_fails=False)))
    [drift] = [line for line in lines if "drifted%3A" in line]
    assert drift.startswith("::warning file=shop/order.py,line=45,")


def test_values_stand_only_where_the_terminal_shows_them() -> None:
    told = telling(full())
    assert "kept to ourselves" in gate_markdown(told), "as the evidence"
    assert not [line for line in annotation_lines(told) if "kept to ourselves" in line]
    assert "kept to ourselves" not in json.dumps(gate_sarif(told, version=""))


def test_a_summary_begins_with_the_gravest_finding_and_fits_into_a_comment() -> None:
    text = gate_markdown(telling(full()))
    heads = re.findall(r"^##+ ([\w ]+)", text, re.MULTILINE)
    assert heads == [
        "Replay gate", "Blocked", "Patch unsafe", "Drifted", "Intrinsic", "Unverified", "Patch unverified",
        "Not loaded", "Demand", "Not vouched for",
    ]  # fmt: skip
    large = gate_markdown(telling(many(2000)))
    assert len(large) < LARGEST + 200
    assert re.search(r"\*\*[\d,]+ more findings left out here:\*\*", large)


@given(NAMES)
def test_each_annotation_is_one_line_of_one_command_that_reads_back(name: str) -> None:
    for line in annotation_lines(telling(full(name))):
        found = re.fullmatch(r"::(error|warning|notice) ([^\n\r]*?)::([^\n\r]*)", line)
        assert found, line
        assert line.isprintable()
        pairs = [pair.partition("=") for pair in found[2].split(",")]
        assert [key for key, _, _ in pairs] in (
            ["title"], ["file", "title"], ["file", "line", "title"], ["file", "line", "endLine", "title"],
        )  # fmt: skip
        assert all(":" not in value for _, _, value in pairs)
        assert not re.search(r"%(?!25|0A|3A|2C)", found[2] + found[3])


@given(NAMES)
def test_nothing_that_a_run_names_becomes_markup(name: str) -> None:
    tokens = MARKDOWN.parse(gate_markdown(telling(full(name), following=name)))
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {child.type for child in inner}
    assert kinds <= {"text", "code_inline", "softbreak", "text_special"}
    html = [line for token in tokens if token.type == "html_block" for line in token.content.splitlines()]
    assert all(OURS.fullmatch(line) for line in html if line), html
    structure = [token.type for token in tokens]
    plain = [token.type for token in MARKDOWN.parse(gate_markdown(telling(full())))]
    assert structure == plain or not name.strip()
    for child in inner:
        if child.type == "text":
            assert not re.search(rf"@(?!{BREAK})|#(?!{BREAK})|www\.(?!{BREAK})|://", child.content, re.IGNORECASE)


@given(NAMES.filter(str.isprintable))
def test_what_is_written_as_markdown_reads_as_it_was(text: str) -> None:
    [_, shown, _] = MARKDOWN.parse(f"a {code(text)} b")
    spans = [child.content for child in shown.children or () if child.type == "code_inline"]
    assert spans == [text if text.strip() else "(empty)"]
    [block] = MARKDOWN.parse(fenced([text]))
    assert block.content == f"{text}\n"
    [_, paragraph, *_] = MARKDOWN.parse(f"{prose(text)}x")
    read = "".join(child.content for child in paragraph.children or ()).replace(BREAK, "")
    assert read == f"{text.strip().replace(BREAK, '')}x"


@given(NAMES)
def test_xml_and_json_read_back_whatever_a_run_is_named(name: str) -> None:
    assert suite_of(full(name)).get("tests") == "11"
    assert json.loads(json.dumps(gate_sarif(telling(full(name)), version="1")))
