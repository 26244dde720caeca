"""A sweep as JUnit XML: one test case a plan, failed by what did not hold, in error where nothing was proven."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from replaykit.model.chaos_report import PROVES_NOTHING, ChaosFinding, ChaosReport, Judged
from replaykit.report.chaos_text import finding_lines, not_verified
from replaykit.report.paint import PLAIN
from replaykit.report.printable import plain
from replaykit.rules.chaos.gather import key_of

if TYPE_CHECKING:
    from replaykit.model.chaos import FaultPlan


def chaos_junit(report: ChaosReport, *, commands: Sequence[str]) -> str:
    """Write a sweep; `commands` reproduce its findings, one each.

    A finding whose smallest plan was found by shrinking, beside the sweep's own plans, is a case of its own.
    """
    by_key = {key_of(finding): each for finding, each in zip(report.findings, commands, strict=True)}
    cases: dict[FaultPlan, Judged] = {judged.result.plan: judged for judged in report.judged}
    for finding in report.findings:
        plan = finding.result.plan
        shown = cases.get(plan, Judged(finding.result, None))
        others = tuple(each for each in shown.findings if key_of(each) != key_of(finding))
        cases[plan] = Judged(finding.result, None, (finding, *others))
    suite = ET.Element("testsuite", name=f"replaykit chaos {plain(report.scenario)}")
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("seed", report.seed),
        ("enumerated", report.enumerated),
        ("fired", report.fired),
        ("pruned", report.pruned),
        *(("not verified", note) for note in not_verified(report)),
    ):
        ET.SubElement(properties, "property", name=name, value=plain(str(value)))
    told = [_case(suite, judged, report.scenario, by_key) for judged in cases.values()]
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(told.count(kind)))
    suite.set("tests", str(len(cases)))
    suite.set("time", f"{report.seconds:.3f}")
    root = ET.Element("testsuites")
    root.append(suite)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _case(suite: ET.Element, judged: Judged, scenario: str, commands: Mapping[tuple[str, ...], str]) -> str:
    """Add one plan; return how it went: JUnit counts a case once, whatever it holds."""
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"chaos.{plain(scenario)}",
        name=plain(str(judged.result.plan)),
        time=f"{judged.result.seconds:.3f}",
    )
    if judged.unreachable:
        ET.SubElement(case, "skipped", message="one fault keeps the run from where the other strikes")
        return "skipped"
    if not judged.findings:
        return "passed"
    proven = [finding for finding in judged.findings if finding.violation not in PROVES_NOTHING]
    kind = "failure" if proven else "error"
    first = (proven or judged.findings)[0]
    told = ET.SubElement(case, kind, type=first.violation.value, message=plain(first.what))
    told.text = "\n\n".join(_readable(finding, commands) for finding in judged.findings)
    return kind


def _readable(finding: ChaosFinding, commands: Mapping[tuple[str, ...], str]) -> str:
    return "\n".join(finding_lines(finding, reproduce=plain(commands.get(key_of(finding), "")), paint=PLAIN))
