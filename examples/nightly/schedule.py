"""The Schedule that replaces the cron line `0 2 * * *`."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleHandle,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
)

from .models import Night
from .workflows import NightlyJobs

SCHEDULE_ID = "nightly"


def nightly_schedule(night: Night, *, task_queue: str) -> Schedule:
    """Every night at 02:00 UTC; a night that is missed is made up for within a day."""
    return Schedule(
        action=ScheduleActionStartWorkflow(NightlyJobs.run, night, id=SCHEDULE_ID, task_queue=task_queue),
        spec=ScheduleSpec(calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(2)])]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(days=1)),
    )


async def install(client: Client, schedule: Schedule) -> ScheduleHandle:
    """Create the Schedule, or bring the one that is there up to date."""
    try:
        return await client.create_schedule(SCHEDULE_ID, schedule)
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(SCHEDULE_ID)
        await handle.update(lambda _: ScheduleUpdate(schedule))
        return handle
