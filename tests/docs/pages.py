"""Documentation pages as values: their headings, links and fenced blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_HEADING = re.compile(r"^#{1,6} +(.+?) *$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# What differs from run to run in an output that is shown in the documentation.
_VARYING = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "00000000-0000-0000-0000-000000000000"),
    (re.compile(r"\(run …?[0-9a-f]{8}\)"), "(run …00000000)"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"), "0000-00-00T00:00:00.000000Z"),
    (re.compile(r"\b\d+\.\d+ ?s\b"), "0.0 s"),
    # pytest says more than a minute twice.
    (re.compile(r"(?<=0\.0 s) \(\d:\d\d:\d\d\)"), ""),
    (re.compile(r"\(\d+\.\d plans/s\)"), "(0.0 plans/s)"),
    (re.compile(r"'[0-9a-f]{32}'"), "'00000000000000000000000000000000'"),
    (re.compile(r"\bchaos-[0-9a-f]{16}"), "chaos-0000000000000000"),
    (re.compile(r"^ +0\.0 s  ", re.MULTILINE), "  0.0 s  "),
    # The size of a history hangs on the lengths of process ids, and the key is made by the first export.
    (re.compile(r"\(\d+ kB, "), "(0 kB, "),
    (re.compile(r"\(key [0-9a-f]{16}\)"), "(key 0000000000000000)"),
    (re.compile(r"\b\d+ days ago"), "0 days ago"),
    (re.compile(r"(?<=\()(changed since )?[0-9a-f]{9}(?=\))"), r"\g<1>000000000"),
    (re.compile(r"\bsince \d{4}-\d\d-\d\d \d\d:\d\d UTC"), "since 0000-00-00 00:00 UTC"),
    (re.compile(r"\bpython3\.\d+\b"), "python3"),
    # What Python's versions and the SDK's show differently in a traceback.
    (re.compile(r"(temporalio/\S+\.py\", line )\d+"), r"\g<1>0"),
    (re.compile(r"\. Did you mean: '\w+'\?"), ""),
    (re.compile(r"^ *[~^]+\n", re.MULTILINE), ""),
    (re.compile(r" +$", re.MULTILINE), ""),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: language, the words after it, its text, and the lines of the page it stands between."""

    language: str
    words: tuple[str, ...]
    text: str
    first: int
    end: int

    @property
    def file(self) -> str | None:
        """The file that the block writes or changes."""
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page; `first` and `end` bound the text between the fences, from 0."""
    lines = page.splitlines()
    start: int | None = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        language, *words = lines[start][3:].split() or [""]
        text = "".join(f"{inner}\n" for inner in lines[start + 1 : number])
        yield Block(language, tuple(words), text, start + 1, number)
        start = None


def prose(page: str) -> Iterator[str]:
    """Yield the lines of a page outside its fenced blocks."""
    lines = page.splitlines()
    fenced = {n for block in blocks(page) for n in range(block.first - 1, block.end + 1)}
    yield from (line for number, line in enumerate(lines) if number not in fenced)


def headings(page: str) -> list[str]:
    """List the headings of a page."""
    return [match[1] for line in prose(page) if (match := _HEADING.match(line))]


def anchors(page: str) -> set[str]:
    """Collect the anchors that GitHub gives the headings of a page."""
    return {anchor(heading) for heading in headings(page)}


def anchor(heading: str) -> str:
    """Write a heading as GitHub writes its anchor."""
    text = re.sub(r"[^\w\- ]", "", heading.lower())
    return text.replace(" ", "-")


def links(page: str) -> list[str]:
    """List the targets of the links of a page."""
    return [target for line in prose(page) for target in _LINK.findall(line)]


def section(page: str, heading: str) -> str:
    """Cut out what stands below a heading, up to the next heading of whatever level."""
    lines = page.splitlines()
    outside = list(prose_numbers(page))
    start = next(n for n in outside if (m := _HEADING.match(lines[n])) and m[1] == heading)
    end = next((n for n in outside if n > start and _HEADING.match(lines[n])), len(lines))
    return "".join(f"{line}\n" for line in lines[start + 1 : end])


def prose_numbers(page: str) -> Iterator[int]:
    """Yield the numbers of the lines outside fenced blocks."""
    fenced = {n for block in blocks(page) for n in range(block.first - 1, block.end + 1)}
    yield from (n for n in range(len(page.splitlines())) if n not in fenced)


def steady(output: str) -> str:
    """Blot out what differs from run to run."""
    for pattern, text in _VARYING:
        output = pattern.sub(text, output)
    return output.strip("\n")
