"""An HTTP request is named by method and URL, so that it has the same name wherever a test runs."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

LOOPBACK = "localhost"
HIDDEN = "-"
# Parameters that name who asks, not what is asked; `X-Amz-Signature` and its like are the same in lower case.
_SECRET = frozenset({"key", "api_key", "apikey", "api-key", "access_token", "token", "sig", "signature", "secret"})
_SECRET |= frozenset({"password", "auth", "code", "client_secret", "subscription-key", "x-goog-api-key"})
_SIGNED = ("x-amz-", "x-goog-")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def named(method: str, url: str) -> str:
    """Name a request: `POST https://api.openai.com/v1/chat/completions`.

    This computer is `localhost` without a port, for test servers take free ports. The query is sorted, and what in it
    is a secret by its name is not written, nor are a user and password.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port
    if _is_loopback(host):
        host, port = LOOPBACK, None
    elif ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host += f":{port}"
    path = quote(parts.path or "/", safe="/:@!$&'()*+,;=~%-._")
    pairs = sorted((key, _value(key, value)) for key, value in parse_qsl(parts.query, keep_blank_values=True))
    query = f"?{urlencode(pairs)}" if pairs else ""
    return f"{method.upper()} {parts.scheme}://{host}{path}{query}"


def path_of(name: str) -> str:
    """Return the path of a named request."""
    return urlsplit(name.partition(" ")[2]).path


def _is_loopback(host: str) -> bool:
    return host in {LOOPBACK, "::1"} or host.startswith("127.")


def _value(key: str, value: str) -> str:
    lower = key.lower()
    return HIDDEN if lower in _SECRET or lower.startswith(_SIGNED) else value
