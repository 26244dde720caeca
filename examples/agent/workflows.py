"""An agent that plans, calls the tool it chose and sums up, until its goal is reached."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from .activities import FINISH, TOOLS, AgentActivities
    from .models import AgentResult, Goal, Notes, Observation, Plan, Planning, ToolCall

ASK_MODEL = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(
        backoff_coefficient=2.0,
        maximum_attempts=5,
        non_retryable_error_types=["AuthenticationError", "BadRequestError", "NotFoundError"],
    ),
)
USE_TOOL = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30), retry_policy=RetryPolicy(maximum_attempts=3)
)


@workflow.defn
class Agent:
    """Plan (model) → tool → summary (model), as many turns as the goal takes."""

    @workflow.init
    def __init__(self, goal: Goal, notes: Notes | None = None) -> None:
        carried = notes or Notes(goal.points)
        self._goal = goal
        self._open_points = list(carried.open_points)
        self._summary = carried.summary
        self._turns = carried.turns

    @workflow.run
    async def run(self, goal: Goal, notes: Notes | None = None) -> AgentResult:
        """Work towards the goal, continuing as new when the history has grown long.

        Raises:
            ApplicationError: The turns are used up.
        """
        last_turn_of_run = (notes.turns if notes else 0) + goal.turns_per_run
        while self._turns < goal.max_turns:
            if self._turns == last_turn_of_run or workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(args=[goal, self._notes()], memo={"turns": self._turns})
            self._turns += 1
            plan = await workflow.execute_activity_method(
                AgentActivities.plan, Planning(self._key("plan"), goal.text, self._notes()), **ASK_MODEL
            )
            if plan.tool == FINISH:
                return AgentResult(self._summary, self._turns)
            said = await self._use(plan)
            self._summary = await workflow.execute_activity_method(
                AgentActivities.summarise,
                Observation(self._key("summarise"), self._summary, plan, said),
                **ASK_MODEL,
            )
            if plan.argument in self._open_points:
                self._open_points.remove(plan.argument)
        message = f"the goal was not reached within {goal.max_turns} turns"
        raise ApplicationError(message, type="TurnsUsedUp", non_retryable=True)

    @workflow.signal
    def add_point(self, point: str) -> None:
        """Settle one more point before finishing."""
        self._open_points.append(point)

    @workflow.query
    def notes(self) -> Notes:
        """What the agent knows by now."""
        return self._notes()

    async def _use(self, plan: Plan) -> str:
        if plan.tool not in TOOLS:  # a model may make tools up
            return f"there is no tool {plan.tool!r}"
        said: str = await workflow.execute_activity(
            plan.tool, ToolCall(self._key(plan.tool), plan.argument), result_type=str, **USE_TOOL
        )
        return said

    def _notes(self) -> Notes:
        return Notes(list(self._open_points), self._summary, self._turns)

    def _key(self, step: str) -> str:
        """Turns are counted across runs, so that a key is not reused after continue-as-new."""
        return f"{workflow.info().workflow_id}/{self._turns}/{step}"
