"""A gate as JUnit XML: a test case for each history, patch, demand and module; only what passed is no failure."""

from xml.etree import ElementTree as ET

from replaykit.model.gate import GateVerdict, Standing
from replaykit.model.patches import PatchVerdict
from replaykit.model.safety import Safety
from replaykit.report.gate_findings import GateFinding, Told, name_of_patch
from replaykit.report.gate_text import revision_text
from replaykit.report.printable import plain

_KINDS = {Standing.BLOCKED: "failure", Standing.DRIFTED: "failure", Standing.EMPTY: "skipped"}


def gate_junit(told: Told) -> str:
    """Write the report."""
    report = told.report
    suite = ET.Element("testsuite", name="replaykit gate")
    properties = ET.SubElement(suite, "properties")
    blind = report.blind
    for name, value in (
        ("base", revision_text(report.base)),
        ("head", revision_text(report.head)),
        ("exit code", str(told.exit_code)),
        ("changed lines", str(blind.changed_lines)),
        ("changed lines reached", str(blind.reached_lines)),
        ("coverage measured", str(blind.measured).lower()),
        *(("not vouched for", line) for line in told.blind),
    ):
        ET.SubElement(properties, "property", name=name, value=plain(value))
    findings = {path: finding for finding in told.findings for path in finding.key}
    kinds = [_history(suite, verdict, findings.get(verdict.case.path)) for verdict in report.verdicts]
    kinds += [_patch(suite, verdict, told) for verdict in report.patches]
    for demand in report.demands:
        kind = "" if demand.met else "failure"
        kinds.append(_case(suite, ("demands", demand.option), kind, rule="demand", message=demand.found))
    for problem in report.problems:
        lines = problem.render().split("\n")
        case = ("modules", problem.what)
        kinds.append(_case(suite, case, "error", rule="not-loaded", message=problem.cause, lines=lines))
    if not kinds:
        # Some tools take a report without cases as a pass.
        kinds.append(_case(suite, ("histories", "none"), "error", rule="unverified", message="Nothing was replayed."))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(kinds.count(kind)))
    suite.set("tests", str(len(kinds)))
    suite.set("time", f"{report.effort.seconds:.3f}")
    if told.blind:
        out = ET.SubElement(suite, "system-out")
        out.text = "\n".join(["Not vouched for:", *(f"  {plain(line)}" for line in told.blind)])
    root = ET.Element("testsuites")
    root.append(suite)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _case(
    suite: ET.Element, case: tuple[str, str], kind: str, *, rule: str, message: str, lines: list[str] | None = None
) -> str:
    """Add a case by its group and name; `kind` is empty where it passed."""
    group, name = case
    element = ET.SubElement(suite, "testcase", classname=f"gate.{plain(group)}", name=plain(name))
    if kind:
        found = ET.SubElement(element, kind, type=rule, message=plain(message))
        found.text = "\n".join(plain(line) for line in lines or [message])
    return kind


def _history(suite: ET.Element, verdict: GateVerdict, finding: GateFinding | None) -> str:
    kind = "" if verdict.standing is Standing.PASSED else _KINDS.get(verdict.standing, "error")
    if finding is not None and not finding.fails:
        # `--drift warn`: no failure, and no pass either.
        kind = "skipped"
    case = (verdict.workflow_type or "histories", verdict.case.shown)
    rule, lines = verdict.standing.value, _evidence(verdict, finding)
    return _case(suite, case, kind, rule=rule, message=verdict.reason, lines=lines)


def _evidence(verdict: GateVerdict, finding: GateFinding | None) -> list[str]:
    if finding is None:
        return [verdict.reason]
    if finding.key[0] != verdict.case.path:
        return [verdict.reason, f"The cause is that of {finding.histories[0]}."]
    return list(finding.evidence)


def _patch(suite: ET.Element, verdict: PatchVerdict, told: Told) -> str:
    kind = {Safety.SAFE: "", Safety.UNSAFE: "failure", Safety.UNVERIFIED: "error"}[verdict.safety]
    name = name_of_patch(verdict)
    rule = f"patch-{verdict.safety.value}"
    finding = next((one for one in told.findings if (one.rule, one.subject) == (rule, name)), None)
    message, lines = (finding.reason, list(finding.evidence)) if finding else ("", None)
    return _case(suite, ("patches", name), kind, rule=rule, message=message, lines=lines)
