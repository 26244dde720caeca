"""The table of planted changes: six kinds, seven examples."""

from tests.planted.change import Planted, before, cutting, named_activity, replacing, swapping

WORKFLOWS = "workflows.py"
ACTIVITIES = "activities.py"

ORDER = "OrderSaga/order-1001.json"
JOB = "AiPipeline/job-7701.json"
AGENT = "Agent/agent-501.json"
APPROVAL = "Approval/approval-3001.json"
BATCH = "FanOut/batch-41.json"
DOCUMENT = "DocumentSummary/batch-41-a.json"
NIGHT = "NightlyJobs/nightly-2026-01-05T02_00_00Z-011eee36.json"
DIGEST = "VersionedDigest/digest-201.json"

REPORT = "        return await workflow.execute_activity_method(\n            NightlyActivities.write_report,"

SWAPPED = (
    Planted(
        "order_saga",
        ORDER,
        (
            (
                WORKFLOWS,
                swapping(
                    "            charge = Charge(", "            reservation = Reservation(", "            notice ="
                ),
            ),
        ),
        "diverged",
        "activity charge #1",
        "activity reserve #1",
        "reservation_id = await workflow.execute_activity_method(",
    ),
    Planted(
        "ai_pipeline",
        JOB,
        (
            (
                WORKFLOWS,
                swapping(
                    '        self._step = "embedding"',
                    '        self._step = "analysing"',
                    '        self._step = "storing"',
                ),
            ),
        ),
        "diverged",
        "activity embed_documents #1",
        "activity analyse #1",
        "analysis = await workflow.execute_activity_method(",
    ),
    Planted(
        "agent",
        AGENT,
        (
            (WORKFLOWS, replacing("            said = await self._use(plan)\n", '            said = ""\n')),
            (WORKFLOWS, before("            if plan.argument in", "            await self._use(plan)\n")),
        ),
        "diverged",
        "activity calculate #1",
        "activity summarise #1",
        "self._summary = await workflow.execute_activity_method(",
    ),
    Planted(
        "approval",
        APPROVAL,
        (
            (WORKFLOWS, replacing('        self._enter("publishing")\n', "")),
            (WORKFLOWS, before('        self._enter("published")\n', '        self._enter("publishing")\n')),
        ),
        "diverged",
        "search attributes #3",
        "activity publish #1",
        "await workflow.execute_activity_method(ApprovalActivities.publish, notice, **DESK_WORK)",
    ),
    Planted(
        "fan_out",
        BATCH,
        ((WORKFLOWS, replacing("for document in batch.documents)", "for document in reversed(batch.documents))")),),
        "diverged",
        "child workflow DocumentSummary #1",
        "child workflow DocumentSummary #1",
        "child = await workflow.start_child_workflow(",
    ),
    Planted(
        "nightly",
        NIGHT,
        (
            (
                WORKFLOWS,
                before(
                    "        # By name",
                    "        await workflow.execute_activity_method(NightlyActivities.write_report, Report('', ''), "
                    "start_to_close_timeout=timedelta(seconds=30))\n",
                ),
            ),
        ),
        "diverged",
        "child workflow AiPipeline #1",
        "activity write_report #1",
        "await workflow.execute_activity_method(NightlyActivities.write_report, Report('', ''), "
        "start_to_close_timeout=timedelta(seconds=30))",
    ),
    Planted(
        "versioned",
        DIGEST,
        ((WORKFLOWS, swapping("        if workflow.patched", "        await workflow.sleep", "        posting =")),),
        "diverged",
        "patch check-tone #1",
        "timer #1",
        "await workflow.sleep(request.quiet_seconds)",
    ),
)

ADDED = (
    Planted(
        "order_saga",
        ORDER,
        (
            (
                WORKFLOWS,
                before(
                    "            reservation = Reservation(",
                    '            receipt = Notice("receipt", order.customer, "charged")\n'
                    "            await workflow.execute_activity_method(OrderActivities.notify, receipt, **FORWARD)\n",
                ),
            ),
        ),
        "diverged",
        "activity reserve #1",
        "activity notify #1",
        "await workflow.execute_activity_method(OrderActivities.notify, receipt, **FORWARD)",
    ),
    Planted(
        "ai_pipeline",
        JOB,
        (
            (
                WORKFLOWS,
                before(
                    '        self._step = "storing"',
                    "        await workflow.execute_activity_method(PipelineActivities.fetch_documents, job, **STEP)\n",
                ),
            ),
        ),
        "diverged",
        "activity store_result #1",
        "activity fetch_documents #2",
        "await workflow.execute_activity_method(PipelineActivities.fetch_documents, job, **STEP)",
    ),
    Planted(
        "agent",
        AGENT,
        ((WORKFLOWS, before("            said = await", "            await workflow.sleep(1)\n")),),
        "diverged",
        "activity calculate #1",
        "timer #1",
        "await workflow.sleep(1)",
    ),
    Planted(
        "approval",
        APPROVAL,
        ((WORKFLOWS, before('        notice = Notice(self._key("publish")', "        await workflow.sleep(1)\n")),),
        "diverged",
        "activity publish #1",
        "timer #2",
        "await workflow.sleep(1)",
    ),
    Planted(
        "fan_out",
        BATCH,
        ((WORKFLOWS, before("            child = await", "            await workflow.sleep(1)\n")),),
        "diverged",
        "child workflow DocumentSummary #1",
        "timer #1",
        "await workflow.sleep(1)",
    ),
    Planted(
        "nightly",
        NIGHT,
        (
            (WORKFLOWS, before(REPORT, "        await asyncio.sleep(1)\n")),
            (WORKFLOWS, before("from datetime", "import asyncio\n")),
        ),
        "diverged",
        "activity write_report #1",
        "timer #1",
        "await asyncio.sleep(1)",
    ),
    Planted(
        "versioned",
        DIGEST,
        (
            (
                WORKFLOWS,
                before(
                    "        if workflow.patched",
                    "        await workflow.execute_activity_method("
                    "DigestActivities.collect_headlines, request, **STEP)\n",
                ),
            ),
        ),
        "diverged",
        "patch check-tone #1",
        "activity collect_headlines #2",
        "await workflow.execute_activity_method(DigestActivities.collect_headlines, request, **STEP)",
    ),
)

REMOVED = (
    Planted(
        "order_saga",
        ORDER,
        (
            (
                WORKFLOWS,
                cutting(
                    "            await workflow.execute_activity_method(OrderActivities.notify",
                    '            self._status = "confirmed"',
                ),
            ),
        ),
        "diverged",
        "activity notify #1",
        "complete",
        "return OrderResult(order.order_id, charge_id, reservation_id)",
    ),
    Planted(
        "ai_pipeline",
        JOB,
        ((WORKFLOWS, cutting('        self._step = "embedding"', '        self._step = "analysing"')),),
        "diverged",
        "activity embed_documents #1",
        "activity analyse #1",
        "analysis = await workflow.execute_activity_method(",
    ),
    Planted(
        "agent",
        AGENT,
        ((WORKFLOWS, replacing("said = await self._use(plan)", 'said = ""')),),
        "diverged",
        "activity calculate #1",
        "activity summarise #1",
        "self._summary = await workflow.execute_activity_method(",
    ),
    Planted(
        "approval",
        APPROVAL,
        ((WORKFLOWS, replacing('        self._enter("publishing")\n', "")),),
        "diverged",
        "search attributes #3",
        "activity publish #1",
        "await workflow.execute_activity_method(ApprovalActivities.publish, notice, **DESK_WORK)",
    ),
    Planted(
        "fan_out",
        DOCUMENT,
        (
            (
                WORKFLOWS,
                cutting(
                    "        text = await workflow.execute", "        return Summary(document.document_id, words, text)"
                ),
            ),
            (WORKFLOWS, replacing("words, text)", "words, digest.text)")),
        ),
        "diverged",
        "activity digest #1",
        "complete",
        "return Summary(document.document_id, words, digest.text)",
    ),
    Planted(
        "nightly",
        NIGHT,
        ((WORKFLOWS, before(REPORT, "        return job.job_id\n")),),
        "diverged",
        "activity write_report #1",
        "complete",
        "return job.job_id",
    ),
    Planted(
        "versioned",
        DIGEST,
        ((WORKFLOWS, cutting("        if workflow.patched", "        await workflow.sleep")),),
        "diverged",
        "patch check-tone #1",
        "timer #1",
        "await workflow.sleep(request.quiet_seconds)",
    ),
)

RENAMED = (
    Planted(
        "order_saga",
        ORDER,
        ((ACTIVITIES, named_activity("reserve", "set_aside")),),
        "diverged",
        "activity reserve #1",
        "activity set_aside #1",
        "reservation_id = await workflow.execute_activity_method(",
    ),
    Planted(
        "ai_pipeline",
        JOB,
        ((ACTIVITIES, named_activity("analyse", "analyze")),),
        "diverged",
        "activity analyse #1",
        "activity analyze #1",
        "analysis = await workflow.execute_activity_method(",
    ),
    Planted(
        "agent",
        AGENT,
        ((ACTIVITIES, named_activity("plan", "make_plan")),),
        "diverged",
        "activity plan #1",
        "activity make_plan #1",
        "plan = await workflow.execute_activity_method(",
    ),
    Planted(
        "approval",
        APPROVAL,
        ((ACTIVITIES, named_activity("draft", "write_draft")),),
        "diverged",
        "activity draft #1",
        "activity write_draft #1",
        "return await workflow.execute_activity_method(",
    ),
    Planted(
        "fan_out",
        DOCUMENT,
        ((ACTIVITIES, named_activity("count_words", "measure")),),
        "diverged",
        "local activity count_words #1",
        "local activity measure #1",
        "words = await workflow.execute_local_activity_method(FanOutActivities.count_words, document.text, **MEASURE)",
    ),
    Planted(
        "nightly",
        NIGHT,
        ((ACTIVITIES, named_activity("write_report", "file_report")),),
        "diverged",
        "activity write_report #1",
        "activity file_report #1",
        "return await workflow.execute_activity_method(",
    ),
    Planted(
        "versioned",
        DIGEST,
        ((WORKFLOWS, replacing('CHECK_TONE = "check-tone"', 'CHECK_TONE = "tone-check"')),),
        "diverged",
        "patch check-tone #1",
        "timer #1",
        "await workflow.sleep(request.quiet_seconds)",
    ),
)

CHANGED = (
    Planted(
        "order_saga",
        ORDER,
        ((WORKFLOWS, replacing("is on its way", "has been sent")),),
        "drifted",
        "activity notify #1",
        "activity notify #1",
        "await workflow.execute_activity_method(OrderActivities.notify, notice, **FORWARD)",
    ),
    Planted(
        "ai_pipeline",
        JOB,
        ((WORKFLOWS, replacing("What do these documents have in common?", "Sum these documents up.")),),
        "drifted",
        "activity analyse #1",
        "activity analyse #1",
        "analysis = await workflow.execute_activity_method(",
    ),
    Planted(
        "agent",
        AGENT,
        ((WORKFLOWS, replacing('self._key("plan"), goal.text', 'self._key("plan"), goal.text + " Be brief."')),),
        "drifted",
        "activity plan #1",
        "activity plan #1",
        "plan = await workflow.execute_activity_method(",
    ),
    Planted(
        "approval",
        APPROVAL,
        (
            (
                WORKFLOWS,
                replacing(
                    'DraftOrder(self._key(f"draft-{self._drafts}"), topic',
                    'DraftOrder(self._key(f"draft-{self._drafts}"), topic + "!"',
                ),
            ),
        ),
        "drifted",
        "activity draft #1",
        "activity draft #1",
        "return await workflow.execute_activity_method(",
    ),
    Planted(
        "fan_out",
        DOCUMENT,
        ((WORKFLOWS, replacing('/digest", document.text)', '/digest", document.text.upper())')),),
        "drifted",
        "activity digest #1",
        "activity digest #1",
        "text = await workflow.execute_activity_method(FanOutActivities.digest, digest, **ASK_MODEL)",
    ),
    Planted(
        "nightly",
        NIGHT,
        ((WORKFLOWS, replacing("night.collection)", 'night.collection + "-v2")')),),
        "drifted",
        "child workflow AiPipeline #1",
        "child workflow AiPipeline #1",
        "result: PipelineResult = await workflow.execute_child_workflow(",
    ),
    Planted(
        "versioned",
        DIGEST,
        ((WORKFLOWS, replacing("sleep(request.quiet_seconds)", "sleep(request.quiet_seconds + 1)")),),
        "drifted",
        "timer #1",
        "timer #1",
        "await workflow.sleep(request.quiet_seconds + 1)",
    ),
)

# An open run whose code now returns instead of waiting: Temporal's own Replayer passes each of these in silence.
RETURNED = (
    Planted(
        "order_saga",
        "OrderSaga/order-1008.json",
        (
            (
                WORKFLOWS,
                replacing(
                    "reservation_id = await workflow.execute_activity_method("
                    "OrderActivities.reserve, reservation, **FORWARD)\n",
                    "workflow.start_activity_method(OrderActivities.reserve, reservation, **FORWARD)\n"
                    '            return OrderResult(order.order_id, charge_id, "")\n',
                ),
            ),
        ),
        "diverged",
        None,
        "complete",
        'return OrderResult(order.order_id, charge_id, "")',
    ),
    Planted(
        "ai_pipeline",
        "AiPipeline/job-7706.json",
        (
            (
                WORKFLOWS,
                replacing(
                    "await workflow.execute_activity_method(\n            PipelineActivities.embed_documents,",
                    "workflow.start_activity_method(\n            PipelineActivities.embed_documents,",
                ),
            ),
            (
                WORKFLOWS,
                before('        self._step = "analysing"', '        return PipelineResult(job.job_id, 0, "")\n'),
            ),
        ),
        "diverged",
        None,
        "complete",
        'return PipelineResult(job.job_id, 0, "")',
    ),
    Planted(
        "agent",
        "Agent/agent-508.json",
        (
            (
                WORKFLOWS,
                replacing(
                    "self._summary = await workflow.execute_activity_method(",
                    "workflow.start_activity_method(",
                ),
            ),
            (WORKFLOWS, before("            if plan.argument in", '            return AgentResult("", self._turns)\n')),
        ),
        "diverged",
        None,
        "complete",
        'return AgentResult("", self._turns)',
    ),
    Planted(
        "approval",
        "Approval/approval-3003.json",
        (
            (
                WORKFLOWS,
                replacing(
                    "                await workflow.wait_condition("
                    "lambda: bool(self._reviews) or self._withdrawn, timeout=patience)",
                    "                return None",
                ),
            ),
            (
                WORKFLOWS,
                replacing(
                    "                    await self._clear_desk()\n                    return ApprovalResult",
                    "                    return ApprovalResult",
                ),
            ),
        ),
        "diverged",
        None,
        "complete",
        'return ApprovalResult("withdrawn", self._drafts)',
    ),
    Planted(
        "fan_out",
        "FanOut/batch-46.json",
        ((WORKFLOWS, replacing("return await child", "return None")),),
        "diverged",
        None,
        "complete",
        "return BatchResult(summaries, sorted(self._failed), sorted(self._skipped))",
    ),
    Planted(
        "nightly",
        NIGHT,
        (
            (
                WORKFLOWS,
                replacing(
                    "result: PipelineResult = await workflow.execute_child_workflow(",
                    "await workflow.start_child_workflow(",
                ),
            ),
            (WORKFLOWS, before(REPORT, '        return "skipped"\n')),
        ),
        "diverged",
        None,
        "complete",
        'return "skipped"',
        events=9,
    ),
    Planted(
        "versioned",
        "VersionedDigest/digest-202.json",
        ((WORKFLOWS, replacing("await workflow.sleep(request.quiet_seconds)", "return 0")),),
        "diverged",
        "timer #1",
        "complete",
        "return 0",
    ),
)

TABLE = {
    "swapped": SWAPPED,
    "added": ADDED,
    "removed": REMOVED,
    "renamed": RENAMED,
    "changed prompt or input": CHANGED,
    "wait replaced by return on an open run": RETURNED,
}
