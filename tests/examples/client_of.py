"""The openai SDK as the examples' workers make it."""

from openai import AsyncOpenAI

from examples.llm_server import LoopbackServer


def client_of(model: LoopbackServer) -> AsyncOpenAI:
    """A client without retries of its own."""
    return AsyncOpenAI(base_url=model.base_url, api_key="loopback", max_retries=0)
