"""`python -m examples.llm_server`: serve until interrupted."""

import argparse
import signal
from contextlib import ExitStack

from .local_model import serve_local_model
from .server import LoopbackServer


def main() -> None:
    """Print the base URL on stdout, then serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m examples.llm_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port to bind on 127.0.0.1 (default: a free one)")
    parser.add_argument(
        "--model", action="store_true", help="a real local model answers chats and responses (extra `llm`)"
    )
    options = parser.parse_args()
    # Blocked before any thread starts, so that none of them takes the signal in this one's place.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with ExitStack() as stack:
        upstream = stack.enter_context(serve_local_model()) if options.model else None
        server = stack.enter_context(LoopbackServer(port=options.port, upstream=upstream))
        print(server.base_url, flush=True)  # noqa: T201 -- the URL is what the command is for
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
