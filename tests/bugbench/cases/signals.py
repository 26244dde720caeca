"""Signals and queries: handlers removed, renamed, that now wait, or read another argument."""

from tests.bugbench.case import must_fail, must_pass, must_warn
from tests.planted.change import cutting, replacing

SEND = "activity send #1"
DECIDE = "        self.decision = decision\n"
ARCHIVE = "        await workflow.execute_activity(archive, {}, start_to_close_timeout=SOON)\n"
DECIDE_HANDLER = cutting("    @workflow.signal\n    async def decide", "    @workflow.signal\n    async def comment")
COMMENT_HANDLER = cutting("    @workflow.signal\n    async def comment", "    @workflow.signal\n    async def file")
FILE_HANDLER = cutting("    @workflow.signal\n    async def file", "    @workflow.query")

CASES = (
    must_fail("signal-handler-removed", "used handler removed", "desk", DECIDE_HANDLER, recorded=SEND),
    must_fail(
        "signal-handler-renamed", "used handler renamed", "desk",
        replacing("async def decide(", "async def resolve("), recorded=SEND, sandboxed=True,
    ),
    must_fail(
        "signal-handler-awaits-first", "handler that now awaits", "desk",
        replacing(DECIDE, ARCHIVE.format("decision") + DECIDE), recorded=SEND, new="activity archive #1",
    ),
    must_fail(
        "signal-handler-awaits-after", "handler that now awaits", "desk",
        replacing(DECIDE, DECIDE + ARCHIVE.format("decision")), new="activity archive #1",
    ),
    must_fail(
        "signal-handler-no-longer-awaits", "handler's step removed", "desk-commented",
        replacing(ARCHIVE.format("text"), "        self.comments.append(text)\n"), recorded="activity archive #1",
    ),
    must_fail(
        "signal-handler-with-step-removed", "used handler removed", "desk-commented", FILE_HANDLER,
        recorded="activity archive #1",
    ),
    must_fail(
        "signal-argument-type", "signal argument no longer read", "desk",
        replacing("decide(self, decision: str)", "decide(self, decision: dict[str, str])"), recorded=SEND,
        note="the SDK drops a signal whose argument it cannot decode",
    ),
    must_fail(
        "signal-wait-narrowed", "wait condition changed", "desk",
        replacing('self.decision != ""', 'self.decision != "" and len(self.comments) > 0'), recorded=SEND,
    ),
    must_fail(
        "signal-branch", "branch on a signal", "desk",
        replacing(
            "        return await workflow.execute_activity(send",
            '        if self.decision == "yes":\n    ' + ARCHIVE.format("text")
            + "        return await workflow.execute_activity(send",
        ),
        recorded=SEND, new="activity archive #1",
    ),
    must_warn(
        "signal-input", "signal feeds arguments", "desk",
        replacing(DECIDE, DECIDE.replace("= decision", "= decision.upper()")), recorded=SEND, new=SEND,
    ),
    must_warn(
        "signal-handler-removed-without-step", "used handler removed", "desk-commented-waiting", COMMENT_HANDLER,
        note="the run recorded the signal, and nothing reads it any more; no step follows from it",
    ),
    must_pass(
        "signal-handler-removed-unused", "unused handler removed", "desk", COMMENT_HANDLER,
        note="this run never got the signal: no step of it can tell",
    ),
    must_pass(
        "query-removed", "query removed", "desk", cutting("    @workflow.query", "\n\nACTIVITIES"),
        note="queries leave no trace in a history: no replay can tell",
    ),
)  # fmt: skip
