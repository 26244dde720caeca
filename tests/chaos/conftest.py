"""The servers on loopback that activities of struck runs ask."""

from tests.cassettes.conftest import llm_server, site

__all__ = ["llm_server", "site"]
