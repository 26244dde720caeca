"""The workflow code as it stands, and as a revision has it that it is compared with."""

from collections.abc import Sequence
from pathlib import Path

from replaykit.adapters.code_trees import git_tree, inner_path, work_tree
from replaykit.adapters.workflow_sources import no_code, no_code_at, sources_at, sources_of
from replaykit.config import Config


def sources(
    config: Config, named: Sequence[str], base: str, *, here: Path
) -> tuple[dict[str, str], dict[str, str] | None]:
    """Read the workflow code, and that of its base where there is one: the text of each file, by its path.

    Args:
        config: The settings.
        named: Files and directories of code, none for the configured workflows.
        base: A revision of git, or nothing.
        here: The directory that paths count from.

    Raises:
        NothingConfigured: There is no workflow code to look at.
        NotARepository: The code lies in no git repository.
        RevisionUnknown: There is no such base.
    """
    root = here if named else Path(config.root)
    trees = [work_tree(root), *([git_tree(root, base)] if base else [])]
    paths = [inner_path(path, root) for path in named]
    for path in paths:
        if not any(tree.below([path]) for tree in trees):
            raise no_code_at(path)
    head, *before = (sources_at(tree, paths) if paths else sources_of(tree, config, root=root) for tree in trees)
    if not paths and not head:
        raise no_code(config)
    return head, before[0] if before else None
