"""`python -m tests.docs.refresh` writes the real outputs, and the reference of commands, into the documentation."""

from collections.abc import Sequence
from pathlib import Path

from tests.docs.cli_reference import cli_reference
from tests.docs.modules import ARCHITECTURE, with_modules
from tests.docs.pages import DOCS, ROOT, Block, blocks, steady
from tests.docs.played import (
    CASSETTES,
    CHAOS,
    ERRORS,
    GATE,
    TUTORIAL,
    play_examples,
    played,
    played_cassettes,
    played_chaos,
    played_gate,
)
from tests.docs.terminal import Shown

CLI = DOCS / "reference" / "cli.md"
README = ROOT / "README.md"


def finding_of(tutorial: Sequence[Shown]) -> str:
    """Take the first finding out of the tutorial's outputs, without the summary below it: the README shows it."""
    output = next(shown.text for shown in tutorial if "\nDIVERGED" in shown.text)
    lines = output.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("DIVERGED"))
    end = next(n for n, line in enumerate(lines) if n > start and "Reproduce with:" in line)
    return "\n".join(lines[start : end + 1]) + "\n"


def finding_block(readme: str) -> Block:
    """Return the README's one block of a finding."""
    [block] = [block for block in blocks(readme) if block.language == "text" and not block.words]
    return block


def main() -> None:
    """Refresh every page."""
    CLI.write_text(cli_reference(), "utf-8")
    ARCHITECTURE.write_text(with_modules(ARCHITECTURE.read_text("utf-8")), "utf-8")
    _rewrite(CASSETTES, played_cassettes())
    _rewrite(CHAOS, played_chaos())
    _rewrite(GATE, played_gate())
    with played() as done:
        _rewrite(TUTORIAL, done.tutorial)
        _rewrite(ERRORS, play_examples(done.terminal))
        finding = finding_of(done.tutorial)
    _rewrite(README, [Shown(finding_block(README.read_text("utf-8")), finding)])


def _rewrite(page: Path, shown: Sequence[Shown]) -> None:
    # All or none: the run ids of one page belong together.
    if all(steady(one.text) == steady(one.block.text) for one in shown):
        return
    lines = page.read_text("utf-8").splitlines()
    for one in sorted(shown, key=lambda one: one.block.first, reverse=True):
        lines[one.block.first : one.block.end] = one.text.strip("\n").splitlines()
    page.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
