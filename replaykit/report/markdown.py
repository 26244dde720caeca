"""Text of a run within Markdown as GitHub reads it: nothing of it becomes markup, a link or a mention."""

import html
import re
from collections.abc import Iterable

from replaykit.report.printable import plain

# Between a mark and what follows it, so that `@ada` notifies nobody and `#1` is no issue.
BREAK = "\u200b"
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$]")
_LINKED = re.compile(r"(?i)@|#|\bwww\.|\bgh-|:(?=//)")
# What begins a list or underlines a heading.
_FIRST = re.compile(r"^(\d*)([-+=.)])")


def prose(text: str) -> str:
    """Write text within a paragraph: what Markdown knows as marks stands as an entity."""
    broken = _LINKED.sub(lambda found: found[0] + BREAK, plain(text).strip())
    escaped = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", broken)
    return _FIRST.sub(lambda found: f"{found[1]}&#{ord(found[2])};", escaped)


def code(text: str) -> str:
    """Write text as a code span."""
    shown = plain(text)
    if not shown.strip():
        return "`(empty)`"
    fence = _fence(shown, least=1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(lines: Iterable[str], *, language: str = "text") -> str:
    """Write lines as a block of code."""
    shown = "\n".join(plain(line) for line in lines)
    fence = _fence(shown, least=3)
    return f"{fence}{language}\n{shown}\n{fence}"


def folded(summary: str, body: str) -> str:
    """Write a part that a reader opens; `summary` is text, `body` is Markdown."""
    return f"<details><summary>{html.escape(plain(summary))}</summary>\n\n{body}\n\n</details>"


def _fence(text: str, *, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)
