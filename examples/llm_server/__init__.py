"""A small loopback server that speaks OpenAI's protocol, so that the examples run without a network."""

from .endpoint import loopback_endpoint
from .server import LoopbackServer

__all__ = ["LoopbackServer", "loopback_endpoint"]
