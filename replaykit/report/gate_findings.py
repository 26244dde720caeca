"""What a gate found, as all of its forms tell it: the rule, the subject, the line, and the evidence."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from replaykit.model.finding import Divergence, Drift
from replaykit.model.gate import Blind, GateReport, GateVerdict, Standing
from replaykit.model.patches import PatchVerdict
from replaykit.model.safety import Safety
from replaykit.model.step import SourceLine, Step
from replaykit.model.verdict import Diverged, Drifted, Inconclusive
from replaykit.report.gate_groups import Group, groups
from replaykit.report.gate_text import blind_words, group_lines
from replaykit.report.patches_text import patches_lines
from replaykit.report.patches_words import advice, headline, why
from replaykit.report.reading import Reading
from replaykit.report.steps import name_of_step
from replaykit.rules.diagnose import diagnose, label

_ORDER = (Standing.BLOCKED, Standing.DRIFTED, Standing.INTRINSIC, Standing.UNVERIFIED)


@dataclass(frozen=True, slots=True)
class Spot:
    """Lines of a file, by its path from the top of the repository where it lies there; line None: the file as such."""

    file: str
    line: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One cause, however many histories show it.

    Attributes:
        rule: Its name, one of `RULES`.
        subject: The workflow type, the patch, the option or the module.
        reason: What is the matter, in one sentence.
        detail: The likely cause, or what to do, in words; empty where there is nothing to add.
        spot: The line to look at, or the history that shows it; None where there is neither.
        histories: The files that show it, as people see them.
        evidence: What a terminal shows of it, by lines.
        fails: Whether the command fails of it.
        marks: What makes it the same finding again in a later run, lines that moved aside.
        key: The histories' paths.
        group: The verdicts of the histories that show it; None where it is about something else.
    """

    rule: str
    subject: str
    reason: str
    detail: str = ""
    spot: Spot | None = None
    histories: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    fails: bool = True
    marks: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A place that nobody can vouch for."""

    rule: str
    text: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Told:
    """A gate's report as it is told beside the terminal.

    Attributes:
        report: The report itself.
        findings: The gravest first.
        notes: Places that no history reaches.
        blind: All that nobody can vouch for, in words, one line each.
        exit_code: That of the command.
        following: The next command, in words.
    """

    report: GateReport
    findings: tuple[GateFinding, ...]
    notes: tuple[Note, ...]
    blind: tuple[str, ...]
    exit_code: int
    following: str


def told(
    report: GateReport, reading: Reading, *, top: str, exit_code: int, drift_fails: bool, following: str, now: float
) -> Told:
    """Put a report into the words that its forms share.

    Args:
        report: What was found.
        reading: Who reads; the evidence is written so.
        top: The top directory of the repository, from which files are named.
        exit_code: That of the command.
        drift_fails: Whether the command fails of a drifted history.
        following: The next command, in words.
        now: The time, in seconds since the epoch.
    """
    found: list[GateFinding] = []
    for standing in _ORDER:
        fails = drift_fails or standing is not Standing.DRIFTED
        found += [
            _of_group(group, reading, root=report.root, top=top, fails=fails) for group in groups(report.of(standing))
        ]
        if standing is Standing.BLOCKED:
            found += _of_patches(report, Safety.UNSAFE, reading, top=top, now=now)
    found += _of_patches(report, Safety.UNVERIFIED, reading, top=top, now=now)
    for problem in report.problems:
        lines = tuple(problem.render().splitlines())
        found.append(GateFinding("not-loaded", problem.what, problem.cause, problem.fix, evidence=lines))
    found += [GateFinding("demand", one.option, one.found) for one in report.demands if not one.met]
    notes = tuple(_notes(report.blind, root=report.root, top=top))
    return Told(report, tuple(found), notes, tuple(blind_words(report.blind)), exit_code, following)


def path_from(top: str, path: str, *, root: str) -> str:
    """Name a file from the top of the repository, with slashes, where it lies there; `root` is where it counts from."""
    absolute = PurePath(root) / path
    return absolute.relative_to(top).as_posix() if absolute.is_relative_to(top) else absolute.as_posix()


def _of_group(group: Group, reading: Reading, *, root: str, top: str, fails: bool) -> GateFinding:
    example = group.example
    return GateFinding(
        rule=example.standing.value,
        subject=example.workflow_type or example.case.shown,
        reason=example.reason,
        detail=_detail(example),
        spot=_spot(example, top) or Spot(path_from(top, example.case.path, root=root)),
        histories=tuple(verdict.case.shown for verdict in group.verdicts),
        evidence=_lines(group_lines(group, reading)),
        fails=fails,
        marks=(example.workflow_type, *_marks(example)),
        key=tuple(verdict.case.path for verdict in group.verdicts),
        group=group,
    )


def _of_patches(report: GateReport, safety: Safety, reading: Reading, *, top: str, now: float) -> Iterator[GateFinding]:
    for verdict in report.patches:
        if verdict.safety is safety:
            site = verdict.sites[0] if verdict.sites else None
            yield GateFinding(
                rule=f"patch-{safety.value}",
                subject=name_of_patch(verdict),
                reason=why(verdict),
                detail=advice(verdict),
                spot=Spot(path_from(top, site.path, root=report.root), site.line) if site else None,
                evidence=_lines(patches_lines([verdict], reading, now=now)),
                marks=(verdict.workflow, verdict.id, verdict.change.value, verdict.reason.value),
            )


def name_of_patch(verdict: PatchVerdict) -> str:
    """Name a patch, its workflow, and what is done to it."""
    return headline(verdict).partition("   ")[0]


def _lines(lines: Iterator[str]) -> tuple[str, ...]:
    text = "\n".join(lines).strip("\n")
    return tuple(text.split("\n"))


def _divergences(verdict: GateVerdict) -> Iterator[Divergence]:
    shown = None if verdict.judgement is None else verdict.judgement.verdict
    if isinstance(shown, Diverged):
        yield shown.divergence
    if verdict.parting is not None:
        yield verdict.parting


def _drifts(verdict: GateVerdict) -> tuple[Drift, ...]:
    shown = None if verdict.judgement is None else verdict.judgement.verdict
    return verdict.drifts or (shown.drifts if isinstance(shown, Drifted) else ())


def _detail(verdict: GateVerdict) -> str:
    shown = None if verdict.judgement is None else verdict.judgement.verdict
    if isinstance(shown, Diverged):
        return diagnose(shown.divergence).cause
    if verdict.parting is not None:
        base, head = (_first(steps) for steps in (verdict.parting.recorded, verdict.parting.observed))
        return f"Base asks for {label(base)}, head for {label(head)}."
    if drifts := _drifts(verdict):
        first = drifts[0]
        paths = ", ".join(change.path for change in first.changes)
        return f"At step {first.number}, {name_of_step(first.observed)}: {paths}."
    if isinstance(shown, Inconclusive):
        return shown.problem.cause
    return ""


def _first(steps: tuple[Step, ...]) -> Step | None:
    return steps[0] if steps else None


def _spot(verdict: GateVerdict, top: str) -> Spot | None:
    """Find the line of the head that a verdict is about; where the head has none, the file of the base's line."""
    for divergence in _divergences(verdict):
        observed = _first(divergence.observed)
        asked = None if observed is None else observed.site
        raised = None if divergence.failure is None else divergence.failure.site
        site = asked or raised or divergence.standing
        if site is not None:
            return _at(site, top)
    for drift in _drifts(verdict):
        if drift.observed.site is not None:
            return _at(drift.observed.site, top)
    for divergence in _divergences(verdict):
        recorded = _first(divergence.recorded)
        if recorded is not None and recorded.site is not None:
            return Spot(_at(recorded.site, top).file)
    return None


def _at(site: SourceLine, top: str) -> Spot:
    """Name a line; one of a package that is installed is named by the line of the team that called it."""
    if site.caller is not None and not PurePath(site.path).is_relative_to(top):
        return _at(site.caller, top)
    return Spot(path_from(top, site.path, root=top), site.line)


def _marks(verdict: GateVerdict) -> tuple[str, ...]:
    for divergence in _divergences(verdict):
        steps = [_first(divergence.recorded), _first(divergence.observed)]
        names = [f"{step.key.kind.value} {step.key.name}" if step else "" for step in steps]
        functions = [step.site.function if step and step.site else "" for step in steps]
        return (divergence.shape.value, *names, *functions)
    if drifts := _drifts(verdict):
        return tuple(f"{drift.observed.key.name} {change.path}" for drift in drifts for change in drift.changes)
    shown = None if verdict.judgement is None else verdict.judgement.verdict
    return (shown.problem.slug,) if isinstance(shown, Inconclusive) else (verdict.case.shown,)


def _notes(blind: Blind, *, root: str, top: str) -> Iterator[Note]:
    for file in blind.changed:
        for gap in file.gaps:
            because = f" ({gap.why})" if gap.why else ""
            spot = Spot(path_from(top, file.file, root=root), gap.first, gap.last)
            yield Note("unreached", f"Changed, and no history reaches it{because}.", spot)
    for branch in blind.branches:
        text = f"Patch `{branch.patch}`: no history takes its {branch.branch} branch."
        yield Note("untaken", text, Spot(path_from(top, branch.file, root=root), branch.line))
