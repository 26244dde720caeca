"""A client is connected as the ecosystem's own configuration says (temporalio.envconfig)."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import temporalio.service
from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime

from replaykit.adapters.this_machine import is_this_machine
from replaykit.adapters.variables import ADDRESS, CONFIG_FILE, PROFILE
from replaykit.errors import ConfigInvalid, NoPermission, NoServer

DEFAULT_ADDRESS = "localhost:7233"
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected client, and where it leads, for messages."""

    client: Client
    address: str
    namespace: str
    origin: str


async def connect(options: Mapping[str, str], *, runtime: Runtime | None = None) -> Connection:
    """Connect to the server that environment, profile and options name.

    Args:
        options: Environment variables of envconfig that options override.
        runtime: The SDK's runtime to connect in, where it is not to be the default one.

    Raises:
        ConfigInvalid: temporal.toml or an option cannot be used.
        NoServer: Nothing answers at the address.
        NoPermission: The server refuses the credentials.
    """
    settings = _settings(options)
    address = settings.setdefault("target_host", DEFAULT_ADDRESS)
    namespace = settings.get("namespace") or "default"
    origin = _origin(options)
    try:
        async with asyncio.timeout(PATIENCE):
            client = await Client.connect(**settings, **_uncompressed(address), runtime=runtime)
    except (RuntimeError, TimeoutError, ValueError) as error:
        raise _not_connected(error, address, namespace, origin) from None
    return Connection(client, address, namespace, origin)


def _uncompressed(address: str) -> dict[str, Any]:
    """Ask a server on this machine for answers as they are, where the SDK can: it would have them packed by gzip.

    There is no network to spare, and packing a history and unpacking it took a tenth of what server and client take for
    it together (temporalio 1.35, histories of 9 kB). The temporal CLI, too, is answered unpacked.
    """
    compression = getattr(temporalio.service, "GrpcCompression", None)
    if compression is None or not is_this_machine(_host_of(address)):
        return {}
    return {"grpc_compression": compression.NONE}


def _host_of(address: str) -> str:
    """Name the host of an address, HOST:PORT or [IPv6]:PORT."""
    return address.rpartition(":")[0].strip("[]")


def _settings(options: Mapping[str, str]) -> ClientConnectConfig:
    environment = {**os.environ, **options}
    try:
        return ClientConfig.load_client_connect_config(
            profile=environment.get(PROFILE),
            config_file=environment.get(CONFIG_FILE),
            override_env_vars=environment,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ConfigInvalid(
            "The Temporal client configuration cannot be used.",
            cause=str(error).splitlines()[0][:200],
            fix="check temporal.toml (temporal config list) and the TEMPORAL_* environment variables",
        ) from None


def _origin(options: Mapping[str, str]) -> str:
    profile = options.get(PROFILE) or os.environ.get(PROFILE) or "default"
    if options.get(ADDRESS):
        return f"profile {profile}: set by --address"
    if os.environ.get(ADDRESS):
        return f"profile {profile}: set by {ADDRESS}"
    return f"profile {profile}: no {ADDRESS} is set"


def _not_connected(error: Exception, address: str, namespace: str, origin: str) -> NoServer | NoPermission:
    text = str(error)
    if "Unauthenticated" in text or "PermissionDenied" in text or "Unauthorized" in text:
        return no_permission(address, namespace)
    if isinstance(error, TimeoutError):
        reason = f"no answer within {PATIENCE:g} s"
    elif "InvalidContentType" in text or "CorruptMessage" in text:
        reason = "it does not speak TLS, which --tls, TEMPORAL_TLS, an API key or a certificate asks for"
    elif "dns error" in text:
        reason = "no such host"
    elif "Connection refused" in text or "tcp connect" in text:
        reason = "connection refused"
    else:
        # The client's text is one Rust debug line; it names no credentials, and its head says most.
        reason = text.splitlines()[0][:160] if text else type(error).__name__
    return NoServer(
        f"No Temporal server answers at {address}.",
        cause=f"{reason} (namespace {namespace}, {origin})",
        fix="temporal server start-dev      or      replaykit export --address HOST:PORT",
    )


def no_permission(address: str, namespace: str) -> NoPermission:
    """Make the error of refused credentials."""
    return NoPermission(
        f"The Temporal server at {address} refuses access to namespace {namespace}.",
        cause="the API key or client certificate is missing, expired, or has no right to read this namespace",
        fix="set TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, or --profile",
    )
