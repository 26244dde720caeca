"""POST /v1/embeddings, as numbers or as the base64 that the openai SDK asks for by default."""

import base64
import struct
from collections.abc import Mapping
from typing import Any

from . import answers, requests
from .errors import RefusalError


def embed(body: Mapping[str, Any]) -> dict[str, Any]:
    """One vector for each input, in their order."""
    name = requests.model(body)
    inputs = requests.texts(requests.required(body, "input"))
    used = sum(map(answers.count_tokens, inputs))
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _encode(body, answers.embedding(text, body.get("dimensions"))),
        }
        for index, text in enumerate(inputs)
    ]
    return {
        "object": "list",
        "data": data,
        "model": name,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _encode(body: Mapping[str, Any], vector: list[float]) -> str | list[float]:
    match body.get("encoding_format", "float"):
        case "float":
            return vector
        case "base64":  # little-endian float32, as OpenAI packs it
            return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        case other:
            message = f"Invalid value: '{other}'. Supported values are: 'float' and 'base64'."
            raise RefusalError(400, message, param="encoding_format", code="invalid_value")
