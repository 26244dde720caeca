"""`replaykit shadow`: commands about shadows, one file each, loaded when it is called."""

import click

from replaykit.cli.lazy import LazyGroup

COMMANDS = {
    "follow": ("replaykit.cli.shadow.follow", "Follow a shadow that runs, or show the report of one that has ended."),
    "start": ("replaykit.cli.shadow.start", "Start a shadow, and follow it to its report."),
    "stop": ("replaykit.cli.shadow.stop", "Stop a shadow, and show its report."),
    "worker": ("replaykit.cli.shadow.worker", "Judge histories for shadows, with your workflow code, until Ctrl-C."),
}


@click.group(name="shadow", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Replay production's histories against new code, on Temporal itself.

    A workflow on your own cluster lists runs by query and hands them out in shards; workers with your workflow code
    judge them as `replaykit replay` does. First workers, as many as you like, then a shadow:

    replaykit shadow worker &      replaykit shadow start --query "WorkflowType = 'Order'" --sample 0.1
    """
