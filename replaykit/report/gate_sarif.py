"""A gate as SARIF 2.1.0, for code scanning: results on lines, and notifications for what has none."""

import hashlib
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from replaykit.report.gate_findings import GateFinding, Note, Spot, Told
from replaykit.report.gate_rules import RULES, Rule
from replaykit.report.printable import plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
TOP = "%SRCROOT%"
_NAMES = tuple(RULES)


def gate_sarif(told: Told, *, version: str) -> dict[str, Any]:
    """Write the report; `version` is that of the tool."""
    located = [(finding, finding.spot) for finding in told.findings if finding.spot is not None]
    placeless = [finding for finding in told.findings if finding.spot is None]
    results = [_result(finding, spot) for finding, spot in located] + [_noted(note) for note in told.notes]
    notifications = [_notification("error", _message(finding)) for finding in placeless]
    notifications += [_notification("warning", f"Not vouched for: {line}") for line in told.blind]
    run = {
        "tool": {
            "driver": {
                "name": "replaykit gate",
                "semanticVersion": version,
                "rules": [_declared(name, rule) for name, rule in RULES.items()],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": told.exit_code,
                "toolExecutionNotifications": notifications,
            }
        ],
        "originalUriBaseIds": {TOP: {"description": {"text": "The top of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": _numbered(results),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _declared(name: str, rule: Rule) -> dict[str, Any]:
    # GitHub's code scanning requires the full description and the help.
    return {
        "id": name,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.means},
        "help": {"text": rule.todo},
        "defaultConfiguration": {"level": _level(name)},
    }


def _level(rule: str) -> str:
    return "warning" if rule in {"unreached", "untaken"} else "error"


def _message(finding: GateFinding) -> str:
    head = f"{finding.rule.capitalize()}: {finding.subject}. {finding.reason}"
    return plain(" ".join(filter(None, [head, finding.detail])))


def _result(finding: GateFinding, spot: Spot) -> dict[str, Any]:
    return {
        **_about(finding.rule, "error" if finding.fails else "warning", _message(finding), spot),
        "partialFingerprints": _fingerprints(finding.rule, spot.file, *finding.marks),
        "occurrenceCount": max(1, len(finding.histories)),
        "properties": {"histories": [plain(path) for path in finding.histories]},
    }


def _noted(note: Note) -> dict[str, Any]:
    return {
        **_about(note.rule, "warning", plain(note.text), note.spot),
        "partialFingerprints": _fingerprints(note.rule, note.spot.file, note.text),
    }


def _about(rule: str, level: str, message: str, spot: Spot) -> dict[str, Any]:
    # What is about a file as such stands at its top: without a region, GitHub shows it nowhere.
    region = {"startLine": spot.line or 1, **({"endLine": spot.last} if spot.last else {})}
    place = {"artifactLocation": _artifact(spot.file), "region": region}
    return {
        "ruleId": rule,
        "ruleIndex": _NAMES.index(rule),
        "level": level,
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
    }


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(file, errors="surrogatepass"), "uriBaseId": TOP}


def _fingerprints(*marks: str) -> dict[str, str]:
    text = "\0".join(marks).encode("utf-8", "surrogatepass")
    return {"replaykitCause/v1": hashlib.sha256(text).hexdigest()}


def _numbered(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each result the fingerprint that GitHub follows it by: its cause, and its number among results alike."""
    seen: dict[str, int] = {}
    for result in results:
        cause = result["partialFingerprints"]["replaykitCause/v1"]
        seen[cause] = seen.get(cause, 0) + 1
        result["partialFingerprints"]["primaryLocationLineHash"] = f"{cause[:16]}:{seen[cause]}"
    return results


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": plain(text)}}
