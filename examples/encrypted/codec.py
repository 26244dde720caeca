"""Payloads encrypted with AES-GCM: what the Temporal server stores, nobody but the key's holders can read.

The worker and every client use it, and `replaykit export --codec examples.encrypted.codec:EncryptionCodec` does.
"""

import base64
import os
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

# The key that new payloads are encrypted with, and older ones that are still needed: `ID=BASE64,OLDER-ID=BASE64`.
KEYS = "LAB_PAYLOAD_KEYS"
# Published with this example, so it protects nothing: for a laptop and for tests.
INSECURE_DEVELOPMENT_KEYS = "insecure-development=aW5zZWN1cmUtZGV2ZWxvcG1lbnQta2V5LTMyYnl0ZXM="

ENCRYPTED = b"binary/encrypted"
NONCE_BYTES = 12


class UnknownKeyError(Exception):
    """A payload was encrypted with a key that is not here."""


class EncryptionCodec(PayloadCodec):
    """Encrypts each payload whole, metadata included; the key's id stays readable beside it."""

    def __init__(self, keys: Mapping[str, bytes] | None = None) -> None:
        """Take keys by their ids, the one for new payloads first; those of the environment where none are given."""
        found = keys or keys_of(os.environ.get(KEYS) or INSECURE_DEVELOPMENT_KEYS)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in found.items()}
        self._current = next(iter(self._ciphers))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt payloads with the current key."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt payloads; what was never encrypted passes through.

        Raises:
            UnknownKeyError: A payload's key is not here.
        """
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        key_id = self._current.encode()
        sealed = self._ciphers[self._current].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={"encoding": ENCRYPTED, "encryption-key-id": key_id}, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCRYPTED:
            return payload
        key_id = payload.metadata.get("encryption-key-id", b"")
        cipher = self._ciphers.get(key_id.decode())
        if cipher is None:
            raise UnknownKeyError
        opened = cipher.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], key_id)
        return Payload.FromString(opened)


def keys_of(text: str) -> dict[str, bytes]:
    """Read `ID=BASE64` pairs; a key has 16, 24 or 32 bytes."""
    pairs = [pair.strip().partition("=") for pair in text.split(",")]
    return {key_id: base64.b64decode(key) for key_id, _, key in pairs}


def data_converter() -> DataConverter:
    """Make the converter that worker and clients share: it encrypts payloads, and what failures say."""
    return DataConverter(
        payload_codec=EncryptionCodec(), failure_converter_class=DefaultFailureConverterWithEncodedAttributes
    )
