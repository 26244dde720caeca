"""Relative links of the documentation lead somewhere, and the decisions are all listed."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, anchors, links

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_relative_link_leads_to_a_file_and_its_anchor(page: Path) -> None:
    for link in links(page.read_text("utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), f"{link}: no such heading"


def test_the_index_lists_each_page() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / link).resolve() for link in links(index.read_text("utf-8"))}
    assert {page for page in DOCS.rglob("*.md") if page != index} <= linked
