"""What counts in a question to a language model: everything that its answer depends on, and nothing else.

The endpoints are OpenAI's, which other providers speak too: chat completions, responses and embeddings.
"""

from replaykit.model.value import JsonData
from replaykit.rules.endpoint import path_of

ENDPOINTS = ("/chat/completions", "/responses", "/embeddings")
# Who asks, for what purpose, at which price, and where it is kept. What is not known here counts: a setting that is new
# may change the answer.
BOOKKEEPING = frozenset(
    {
        "metadata",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "store",
        "user",
    }
)


def is_model(name: str) -> bool:
    """Say whether a request asks a model."""
    return name.startswith("POST ") and path_of(name).rstrip("/").endswith(ENDPOINTS)


def semantic(body: JsonData) -> JsonData:
    """Reduce a question's body: no bookkeeping, and tools in the order of their names."""
    if not isinstance(body, dict):
        return body
    kept: dict[str, JsonData] = {key: value for key, value in body.items() if key not in BOOKKEEPING}
    tools = kept.get("tools")
    if isinstance(tools, list):
        kept["tools"] = sorted(tools, key=_tool)
    return kept


def _tool(tool: JsonData) -> tuple[str, str]:
    if not isinstance(tool, dict):
        return "", str(tool)
    function = tool.get("function")
    name = tool.get("name") or (function.get("name") if isinstance(function, dict) else None)
    return str(tool.get("type", "")), str(name or tool)
