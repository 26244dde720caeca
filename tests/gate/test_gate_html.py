"""A gate's page as text: nothing in it becomes markup, and nothing that the terminal shows is missing."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replaykit.model.finding import Divergence, Shape
from replaykit.model.gate import Blind, GateReport, Revision, Standing
from replaykit.model.history import RunStatus
from replaykit.model.patches import Counted, Evidence, PatchRun, Rule
from replaykit.model.verdict import Diverged, Drifted
from replaykit.report.finding import MOST_DRIFTS
from replaykit.report.gate_html import gate_html
from replaykit.report.gate_text import gate_lines
from replaykit.report.gate_timeline import timeline_of
from replaykit.report.patches_text import SHOWN_RUNS
from replaykit.report.reading import Reading
from replaykit.rules.diff import AHEAD
from tests.gate.reports import ROOT, blocked, case, diverging, drifting, full, many, rich, step, telling
from tests.gate.test_gate_forms import MISCHIEF, NAMES

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>'\"&lt;\x1b[31m\u2028\u202e\ud800"
NOW = 9e8
VOID = {"meta", "link", "input", "br"}


class Markup(HTMLParser):
    """A page's tags with all their attributes, the text that a reader sees, and what stands in each finding."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            # How many lines a text has is its own affair.
            self.tags.append((tag, tuple(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "script", "title"}:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", ((data, None),)))

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def page_of(report: GateReport, *, verbose: bool = False, following: str = "again") -> str:
    reading = Reading(base=ROOT, verbose=verbose)
    return gate_html(telling(report, following=following), reading, now=NOW)


def words_of(lines: str) -> set[str]:
    """Take a terminal's words apart, but for marks around them, what only draws, and what the page names in full."""
    kept = [line for line in lines.splitlines() if "(-v names them)" not in line]
    return {word.strip("…│>.,:;()→") for line in kept for word in line.split()}


def missing(terminal: str, page: str) -> list[str]:
    """List the words of a terminal that a page does not show."""
    text = Markup(page).text.lower()
    return sorted(word for word in words_of(terminal.lower()) if word not in text)


def at_risk(count: int) -> GateReport:
    """Return a report whose unsafe patch names open runs."""
    runs = tuple(PatchRun("Order", f"run-{number}", f"id-{number}", 1e8 + number, open=True) for number in range(count))
    whole = full()
    safe, unsafe, unverified = whole.patches
    evidence = Evidence(
        Counted(1, 2), Counted(3, 4), in_danger=runs, staying=2, rule=Rule.MIXED, query='TemporalChangeVersion="x"'
    )
    return replace(whole, patches=(safe, replace(unsafe, evidence=evidence, notes=("look twice",)), unverified))


REPORTS = {
    "full": full(),
    "rich": rich(),
    "runs": at_risk(SHOWN_RUNS + 25),
    "many": many(30),
    "nothing": GateReport(ROOT, Revision("main", ""), Revision("tree", ""), ()),
    "unmeasured": replace(full(), blind=Blind(measured=False)),
}  # fmt: skip


@given(NAMES.filter(str.strip) | st.just(HOSTILE))
@example(HOSTILE)
def test_no_text_becomes_markup_or_an_attribute(name: str) -> None:
    page = page_of(full(name), following=name)
    assert Markup(page).tags == Markup(page_of(full("harmless"), following="harmless")).tags
    assert all(line.isprintable() for line in page.split("\n"))


@pytest.mark.parametrize("name", [HOSTILE, *MISCHIEF])
def test_hostile_text_is_read_as_it_is_with_what_does_not_print_written_out(name: str) -> None:
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)
    assert shown in Markup(page_of(full(name))).text


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@pytest.mark.parametrize("verbose", [False, True])
def test_the_page_shows_every_word_of_the_terminal(report: GateReport, *, verbose: bool) -> None:
    reading = Reading(base=ROOT, verbose=verbose)
    terminal = "\n".join(gate_lines(report, reading, following="again", now=NOW))
    assert missing(terminal, page_of(report, verbose=verbose)) == []


def test_a_word_that_is_missing_would_be_noticed() -> None:
    assert missing("activity nowhere", page_of(full())) == ["nowhere"]


def test_one_cause_is_one_finding_that_names_every_history() -> None:
    page = page_of(rich())
    assert page.count("Order (129 histories)</h3>") == 1
    assert "128 other histories of Order diverge here for the same reason, 128 of them still open." in page
    assert all(
        page.count(f"<li><code>histories/job-{number:03}.json</code> (still open)</li>") for number in range(129)
    )
    assert "A step was inserted: activity `moderate` now runs before activity `charge`." in page
    for command in ("replaykit replay histories/job-000.json -v", "replaykit gate --base plain histories/job-000.json"):
        assert f'<pre class="wrap">{command}</pre>' in page


def test_the_first_difference_is_the_one_row_that_says_so_and_both_sides_stand_in_it() -> None:
    page = page_of(replace(full(), verdicts=(diverging("job", at=60),)))
    rows = re.findall(r'<tr class="([\w ]+)"><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', page)
    texts = [(kind, *(re.sub(r"<[^>]*>", " ", cell).split("  ")[0].strip() for cell in row)) for kind, *row in rows]

    run = " in Order.run"
    assert texts == [
        ("shown", "57", "activity step57 #1", "activity step57 #1"),
        ("shown", "58", "activity step58 #1", "activity step58 #1"),
        ("shown", "59", "activity step59 #1", "activity step59 #1"),
        ("first differs", "60 ▶ first difference", "activity charge #1", f"activity moderate #1 order.py:41{run}"),
        ("differs", "61 ≠ differs", f"activity ship #1 order.py:45{run}", f"activity charge #1 order.py:43{run}"),
    ]  # fmt: skip
    assert "56 earlier steps, the same on both sides" in page
    assert "<li>activity step1 #1</li>" in page


def test_a_side_without_a_step_says_why_and_no_step_after_the_end_is_called_a_difference() -> None:
    gone = diverging("job", at=2)
    assert gone.judgement is not None
    divergence = Divergence(Shape.REMOVED, 1, 1, (), (step("charge", line=1), step("ship", line=2)), ())
    gone = replace(gone, judgement=replace(gone.judgement, verdict=Diverged(divergence)))
    timeline = timeline_of(gone)

    assert timeline is not None
    assert [row.right.words for row in timeline.rows] == ["(nothing more in this workflow task)", ""]
    assert [(row.first, row.differs) for row in timeline.rows] == [(True, True), (False, False)]
    assert (timeline.left, timeline.right) == ("Recorded", "New code (head)")
    ahead = timeline_of(blocked("later"))
    assert ahead is not None
    assert (ahead.left, ahead.right, ahead.rows[0].right.words) == ("Base", "Head", "activity later #1")
    intrinsic = timeline_of(replace(gone, standing=Standing.INTRINSIC))
    assert intrinsic is not None
    assert intrinsic.right == "New code (base)"
    assert timeline_of(drifting("d", count=1)) is None


def test_what_follows_a_cut_is_said_to_be_left_out_and_nothing_is_said_where_a_side_has_ended() -> None:
    said = f"{AHEAD} steps of a side are kept"
    for count in (AHEAD - 1, AHEAD):
        steps = tuple(step(f"step{number}", line=number) for number in range(count))
        verdict = blocked("later")
        assert verdict.parting is not None
        parted = replace(verdict, parting=replace(verdict.parting, observed=steps, recorded=steps[1:]))
        assert (said in page_of(replace(full(), verdicts=(parted,)))) is (count == AHEAD)


def test_earlier_steps_are_listed_only_where_they_lead_up_to_those_shown() -> None:
    verdict = diverging("job", at=60)
    assert verdict.judgement is not None
    assert verdict.judgement.witness is not None
    other = replace(verdict.judgement.witness, steps=verdict.judgement.witness.steps[1:])
    timeline = timeline_of(replace(verdict, judgement=replace(verdict.judgement, witness=other)))
    assert timeline is not None
    assert (timeline.first, timeline.earlier) == (57, ())
    page = page_of(replace(full(), verdicts=(diverging("job", at=501),)))
    assert "<p>The first 297 are left out.</p>" in page
    assert '<ol start="298"><li>activity step298 #1</li>' in page


def test_a_drifted_value_stands_there_only_where_the_terminal_shows_it() -> None:
    report = replace(full(), verdicts=(drifting("many", count=MOST_DRIFTS + 1),))
    page = page_of(report)
    assert "old 5." in page
    assert "old 6." not in page
    assert "… and at 1 more steps (-v shows them)" in page
    assert "old 6." in page_of(report, verbose=True)


def test_of_a_divergence_too_no_more_stands_there_than_in_the_terminal() -> None:
    verdict, other = diverging("job", at=60), drifting("job", count=MOST_DRIFTS + 1).judgement
    assert verdict.judgement is not None
    assert isinstance(verdict.judgement.verdict, Diverged)
    assert other is not None
    assert isinstance(other.verdict, Drifted)
    judged = replace(verdict.judgement, verdict=replace(verdict.judgement.verdict, drifts=other.verdict.drifts))
    report = replace(full(), verdicts=(replace(verdict, judgement=judged),))
    page = page_of(report)
    assert "old 5." in page
    assert "old 6." not in page
    assert "TMPRL1100" not in page
    assert "TMPRL1100" in page_of(report, verbose=True)


def test_a_text_of_several_lines_is_read_as_such() -> None:
    assert "<p>One.<br>Two.</p>" in page_of(
        replace(full(), verdicts=(replace(diverging("job", at=5), reason="One.\nTwo."),))
    ).replace("<p>Blocked: ", "<p>")


@pytest.mark.parametrize(
    ("code", "words"), [(0, "Passed:"), (1, "Findings:"), (3, "Inconclusive:"), (2, "Failed.")]
)  # fmt: skip
def test_the_verdict_stands_at_the_head_in_words(code: int, words: str) -> None:
    page = gate_html(telling(full(), exit_code=code), Reading(base=ROOT), now=NOW)
    assert re.search(rf'<p class="verdict \w+">{words}.*\(exit code {code}\)</p>', page)


def test_the_page_names_nothing_outside_itself_and_every_link_in_it_leads_somewhere() -> None:
    tags = Markup(page_of(rich())).tags
    ids = [value for _, attributes in tags for name, value in attributes if name == "id"]
    links = [value for _, attributes in tags for name, value in attributes if name in {"href", "src", "action"}]

    assert len(set(ids)) == len(ids)
    assert {link for link in links if link and not link.startswith("#")} == {"data:,"}
    assert {link[1:] for link in links if link and link.startswith("#")} <= set(ids)


def test_every_history_has_its_row_with_its_standing_and_its_finding() -> None:
    report = rich()
    rows = re.findall(
        r'<tr data-standing="(\w+)"><th scope="row">(.*?)</th>.*?(?:#finding-(\d+)|</tr>)', page_of(report)
    )
    assert [(standing, shown) for standing, shown, _ in rows] == [
        (verdict.standing.value, verdict.case.shown) for verdict in report.verdicts
    ]
    assert [shown for _, shown, number in rows if not number] == [case("passed").shown]


def test_closed_runs_are_not_called_open() -> None:
    alike = tuple(diverging(name, at=5, status=RunStatus.COMPLETED) for name in ("a", "b"))
    assert "still open" not in page_of(replace(full(), verdicts=alike))
