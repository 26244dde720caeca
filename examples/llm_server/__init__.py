"""A small loopback server that speaks OpenAI's protocol, so that the examples run without a network."""

from .endpoint import lasting_endpoint, loopback_endpoint
from .server import LoopbackServer

__all__ = ["LoopbackServer", "lasting_endpoint", "loopback_endpoint"]
