"""What differs from run to run in what Pydantic AI asks of its activities, though the agent asks the same."""

VOLATILE = (
    # Drawn for each run.
    "activity:agent__guide__* input.messages*.run_id",
    "activity:agent__guide__* input.messages*.conversation_id",
    "activity:agent__guide__* input.serialized_run_context.run_id",
    "activity:agent__guide__* input.serialized_run_context.conversation_id",
    # The clock of the machine: the framework's code is passed through the sandbox.
    "activity:agent__guide__* input.messages*.timestamp",
    # Names of objects without a name of their own end in where they lie in memory; sets come in any order.
    "activity:agent__guide__* input.serialized_run_context.active_capability_ids",
    "activity:agent__guide__* input.serialized_run_context.available_tool_names",
)
