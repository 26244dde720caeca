"""A recorded run takes the branches of patches that it took: the new one where its history has the marker."""

import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING

from temporalio.worker import Worker

if TYPE_CHECKING:
    from temporalio.worker import PatchActivationInput

ARGUMENT = "patch_activation_callback"


class RecordedPatches:
    """Answers a worker that asks whether a run takes the new branch of a patch."""

    def __init__(self, marked: Iterable[str]) -> None:
        """Take the ids of which the recorded run, or a child of it, has markers."""
        self._marked = frozenset(marked)
        self._unmarked: set[str] = set()

    def __call__(self, asked: "PatchActivationInput") -> bool:
        """Say whether the new branch is taken."""
        if asked.patch_id in self._marked:
            return True
        self._unmarked.add(asked.patch_id)
        return False

    @property
    def unverified(self) -> tuple[str, ...]:
        """What is not checked, in words."""
        return tuple(
            f"what new runs do at patch {patch}: the recorded run has no marker of it, and takes the other branch"
            for patch in sorted(self._unmarked)
        )

    @property
    def arguments(self) -> dict[str, "RecordedPatches"]:
        """What a worker is given; nothing where the installed SDK is too old to ask."""
        return {ARGUMENT: self} if ARGUMENT in inspect.signature(Worker.__init__).parameters else {}
