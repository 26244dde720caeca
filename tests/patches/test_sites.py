"""Patch sites are found in source text, however the SDK's functions are named there, and never passed over."""

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.model.patches import Behavior, Call, PatchSite, Sites
from replaykit.rules.patch_sites import sites_of


def read(body: str, **others: str) -> Sites:
    return sites_of({"flow.py": textwrap.dedent(body), **{f"{n}.py": textwrap.dedent(t) for n, t in others.items()}})


def told(sites: Sites) -> list[tuple[str | None, str, str]]:
    return [(site.id, site.call.value, site.workflow) for site in sites.patches]


WORKFLOW = """
{imports}

{constants}

@{defn}
class Digest:
    @{run}
    async def run(self) -> None:
        if {patched}({argument}):
            pass
"""


@pytest.mark.parametrize(
    ("imports", "prefix"),
    [
        ("from temporalio import workflow", "workflow."),
        ("from temporalio import workflow as wf", "wf."),
        ("import temporalio.workflow", "temporalio.workflow."),
        ("import temporalio.workflow as tw", "tw."),
        ("import temporalio", "temporalio.workflow."),
        ("from temporalio.workflow import defn, run, patched", ""),
        ("from temporalio.workflow import *", ""),
        ("from temporalio import workflow\npatched = workflow.patched\ndefn = workflow.defn\nrun = workflow.run", ""),
        ("try:\n    from temporalio import workflow as w\nexcept ImportError:\n    raise", "w."),
    ],
)
def test_each_way_to_import_the_function_is_seen(imports: str, prefix: str) -> None:
    text = WORKFLOW.format(
        imports=imports,
        constants="",
        defn=f"{prefix}defn",
        run=f"{prefix}run",
        patched=f"{prefix}patched",
        argument='"check-tone"',
    )
    assert told(sites_of({"flow.py": text})) == [("check-tone", "patched", "Digest")]


@pytest.mark.parametrize(
    ("constants", "argument", "expected"),
    [
        ('CHECK = "check-tone"', "CHECK", "check-tone"),
        ('CHECK: Final = "check-tone"', "CHECK", "check-tone"),
        ('CHECK = "check-tone"', "id=CHECK", "check-tone"),
        ('PREFIX = "check-"', 'PREFIX + "tone"', "check-tone"),
        ('WHAT = "tone"', 'f"check-{WHAT}"', "check-tone"),
        ('class Ids:\n    CHECK = "check-tone"', "Ids.CHECK", "check-tone"),
        ("from ids import CHECK", "CHECK", "check-tone"),
        ("from ids import CHECK as C", "C", "check-tone"),
        ("import ids", "ids.CHECK", "check-tone"),
        ('CHECK = "a"\nCHECK = "b"', "CHECK", None),
        ('CHECK = "a"\ndef change():\n    global CHECK\n    CHECK = "b"', "CHECK", None),
        ("", "self.id", None),
        ("", "'a' if self.old else 'b'", None),
        ("from elsewhere import CHECK", "CHECK", None),
        ("", "*ids", None),
        ("", "", None),
    ],
)
def test_an_id_is_a_constant_or_told_as_unreadable(constants: str, argument: str, expected: str | None) -> None:
    text = WORKFLOW.format(
        imports="from temporalio import workflow",
        constants=constants,
        defn="workflow.defn",
        run="workflow.run",
        patched="workflow.patched",
        argument=argument,
    )
    assert told(read(text, ids='CHECK = "check-tone"')) == [(expected, "patched", "Digest")]


def test_a_function_that_is_handed_on_is_told_as_unreadable() -> None:
    sites = read("""
        from functools import partial
        from temporalio import workflow

        @workflow.defn
        class Digest:
            @workflow.run
            async def run(self):
                ask = partial(workflow.patched, "check-tone")
        """)
    [site] = sites.patches
    assert (site.id, site.said, site.workflow) == (None, "workflow.patched", "Digest")


def test_a_call_in_a_helper_or_a_base_counts_for_the_workflows_that_get_there() -> None:
    sites = read(
        """
        from temporalio import workflow
        from steps import Base, outer

        @workflow.defn(name="Nightly")
        class Digest(Base):
            pass

        @workflow.defn
        class Order:
            async def run(self):
                outer()

        @workflow.defn
        class Refund:
            async def run(self):
                await workflow.execute_child_workflow(Order.run)
        """,
        steps="""
        from temporalio.workflow import patched, deprecate_patch as old

        class Base:
            async def run(self):
                old("base")

        def outer():
            inner()

        def inner():
            patched("inner")

        def nobody():
            patched("lost")
        """,
    )
    assert sorted(told(sites)) == [
        ("base", "deprecate_patch", "Nightly"),
        ("inner", "patched", "Order"),
        ("lost", "patched", ""),
    ]


def test_workflow_classes_tell_type_and_behavior() -> None:
    sites = read("""
        from temporalio import workflow
        from temporalio.common import VersioningBehavior as VB

        NAME = "named"

        @workflow.defn
        class A: ...
        @workflow.defn(name=NAME, versioning_behavior=VB.PINNED)
        class B: ...
        @workflow.defn(name="C2", versioning_behavior=VB.AUTO_UPGRADE)
        class C: ...
        @workflow.defn(dynamic=True)
        class D: ...
        """)
    assert [(w.type, w.behavior) for w in sites.workflows] == [
        ("A", None),
        ("named", Behavior.PINNED),
        ("C2", Behavior.AUTO_UPGRADE),
        ("", None),
    ]


def test_a_file_that_is_no_python_is_named_and_the_others_are_read() -> None:
    sites = sites_of({"broken.py": "def (", "fine.py": "x = 1"})
    assert (sites.files, [path for path, _ in sites.unparsed]) == (1, ["broken.py"])


def test_what_a_call_guards_does_not_hang_on_layout() -> None:
    before, after, other = (
        read(f"from temporalio.workflow import patched\ndef f():\n    if not {call}:\n        {body}")
        for call, body in [('patched("a")', "g()"), ('patched(  "b" )', "g()  # why"), ('patched("a")', "h()")]
    )
    [one], [same], [differs] = before.patches, after.patches, other.patches
    assert one.guards == same.guards != differs.guards


_IDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(st.sampled_from(Call), _IDS), max_size=6))
def test_any_id_that_is_written_out_is_read_as_it_is(calls: list[tuple[Call, str]]) -> None:
    lines = [f"        workflow.{call.value}({patch!r})" for call, patch in calls] or ["        pass"]
    text = "from temporalio import workflow\n\n@workflow.defn\nclass W:\n    def run(self):\n" + "\n".join(lines)
    assert [(site.call, site.id) for site in sites_of({"w.py": text}).patches] == calls
    assert all(site.workflow == "W" for site in sites_of({"w.py": text}).patches)


@given(
    st.integers(0, 30), st.sampled_from(["if True:\n", "for x in y:\n", "with z:\n", "def f():\n", "async def f():\n"])
)
def test_no_call_is_lost_however_deep_it_stands(depth: int, opening: str) -> None:
    # Python itself allows twenty blocks in one another.
    depth = min(depth, 15)
    text = "from temporalio import workflow\n"
    text += "".join("    " * level + opening for level in range(depth)) + "    " * depth + 'workflow.patched("x")\n'
    ast.parse(text)
    [site] = sites_of({"w.py": text}).patches
    assert isinstance(site, PatchSite)
    assert (site.id, site.line) == ("x", depth + 2)
