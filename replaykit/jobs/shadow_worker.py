"""The job of a shadow's worker: the workflow code is loaded, then shards are judged until it is asked to end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from replaykit.adapters.codecs import decoder_of
from replaykit.adapters.connect import connect
from replaykit.adapters.rate import Rate
from replaykit.adapters.redacting import Recipe
from replaykit.adapters.redaction_key import load_pseudonyms
from replaykit.adapters.seeds import pool_for
from replaykit.adapters.shadow.activities import Activities
from replaykit.adapters.shadow.metrics import exporting
from replaykit.adapters.shadow.worker import serve
from replaykit.config import Config
from replaykit.errors import Problem
from replaykit.jobs.preparing import Preparation
from replaykit.jobs.shadow_judging import Judging, preparations
from replaykit.report.reading import Reading
from replaykit.rules import accept
from replaykit.rules.redaction.rules import rules_from


@dataclass(frozen=True, slots=True)
class Manned:
    """How a worker works: which queue, where findings go, redacted or not, how fast, and where its metrics are."""

    task_queue: str
    out: Path
    redact: bool
    rps: float
    metrics: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker polls; `problems` are those of modules that did not load."""

    address: str
    namespace: str
    processes: int
    problems: tuple[Problem, ...]


async def work(
    config: Config,
    manned: Manned,
    *,
    connection: Mapping[str, str],
    reading: Reading,
    on_ready: Callable[[Ready], None],
) -> None:
    """Judge shards until SIGINT or SIGTERM.

    Raises:
        WorkflowsUnloadable: No workflow could be loaded.
        ConfigError: Settings, codec, key, client configuration or the metrics' address cannot be used.
        ServerError: The server cannot be asked.
    """
    accept.parse(config.accept)
    redactor = Recipe(rules_from(config), load_pseudonyms(Path(config.root))).redactor() if manned.redact else None
    runtime = exporting(manned.metrics) if manned.metrics else None
    async with pool_for(config) as pool:
        await pool.load()
        server = await connect(connection, runtime=runtime)
        decoder = decoder_of(config, namespace=server.namespace)
        plain, writing = preparations(Preparation(decoder, redactor))
        rate = Rate(manned.rps)
        judging = Judging(server, rate, pool, plain, writing, manned.out, reading)
        ready = Ready(server.address, server.namespace, pool.size, pool.problems)
        await serve(
            server,
            Activities(server, rate, judging.judge),
            task_queue=manned.task_queue,
            on_ready=lambda: on_ready(ready),
        )
