"""Why a store gives nothing, in words of our own: a store's own may repeat keys, and URLs with signatures."""

import os
import re
from dataclasses import dataclass

from replaykit.errors import PathMissing, SourceUnreadable

_S3, _GCS = ("s3", "s3a"), ("gs", "gcs")
# By the names of their classes: none of these packages is imported for the sake of an error.
_WITHOUT_CREDENTIALS = {
    "NoCredentialsError": "no credentials for it are found in this environment",
    "PartialCredentialsError": "of the credentials in this environment a part is missing",
    "DefaultCredentialsError": "no credentials for it are found in this environment",
    "ProfileNotFound": "AWS_PROFILE names a profile that the configuration of AWS does not hold",
    "TokenRetrievalError": "the credentials have expired and cannot be renewed",
    "UnauthorizedSSOTokenError": "the session of the credentials has expired",
    "SSOTokenLoadError": "the session of the credentials has expired",
    "RefreshError": "the credentials have expired and cannot be renewed",
}
_UNREACHABLE = {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"}
# Codes of S3's API: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_DENIED = "AccessDenied"
_CODES = {
    "InvalidAccessKeyId": "the store does not know the access key",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key",
    "ExpiredToken": "the session of the credentials has expired",
    "InvalidToken": "the session token is none that the store gave out",
    "RequestTimeTooSkewed": "the clock of this machine is wrong by minutes",
}
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_GENERAL = "check the URL, the credentials in the environment, and that they may list and read there"


@dataclass(frozen=True, slots=True)
class _Store:
    """A bucket of a store, and what sets its credentials right: to get some, and to see what they may do."""

    bucket: str
    login: str
    rights: str
    look: str


def unreadable(name: str, error: Exception) -> SourceUnreadable:
    """Explain why a store does not give what it should; `name` is the URL as it may be shown."""
    store = _store(name)
    kind = type(error).__name__
    fix = _GENERAL
    if store and (cause := _WITHOUT_CREDENTIALS.get(kind) or _not_accepted(error)):
        fix = f"{store.login}; then: {store.look}"
    elif store and (cause := _denied(error)):
        fix = f"{store.rights}; what they may do: {store.look}"
    elif kind in _UNREACHABLE:
        cause = "no connection to the store, or it broke off"
        fix = "check the network, and the store's address where it is not the public one: AWS_ENDPOINT_URL"
    elif isinstance(error, OSError) and isinstance(error.errno, int):
        cause = os.strerror(error.errno)
    else:
        cause = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
    return SourceUnreadable(f"{name} cannot be read.", cause=cause, fix=fix)


def bucket_missing(name: str) -> PathMissing:
    """Say that it is the bucket that is not there, rather than something in it."""
    store = _store(name)
    bucket = store.bucket if store else name
    return PathMissing(
        f"{name} does not exist.",
        cause=f"there is no bucket {bucket}, or the credentials of this environment may not know of it",
        fix=f"check the bucket's name and the account: {store.look if store else name}",
    )


def bucket_of(name: str) -> str | None:
    """Name the bucket of a URL as it may be shown; None for stores without buckets."""
    store = _store(name)
    return store.bucket if store else None


def _store(name: str) -> _Store | None:
    # Of a chain such as zip://::s3://… it is the last that leads to a store.
    protocol, _, rest = name.rpartition("::")[2].partition("://")
    bucket = rest.rpartition("***@")[2].partition("/")[0].partition("?")[0]
    if protocol in _S3:
        return _Store(
            bucket,
            "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            f"allow s3:ListBucket on the bucket {bucket} and s3:GetObject in it",
            f"aws s3 ls s3://{bucket}/",
        )
    if protocol in _GCS:
        return _Store(
            bucket,
            "gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS",
            f"grant roles/storage.objectViewer on the bucket {bucket}",
            f"gcloud storage ls gs://{bucket}/",
        )
    return None


def _not_accepted(error: Exception) -> str | None:
    if cause := _CODES.get(_code(error)):
        return cause
    if _status(error) == _UNAUTHORIZED:
        return "the store asks for credentials, and takes none that are found in this environment"
    return None


def _denied(error: Exception) -> str | None:
    if _code(error) == _DENIED:
        return "the credentials are known, and have no right to list or read there"
    # gcsfs has a bare OSError for it, whose text begins so and goes on with what was asked for.
    if _status(error) == _FORBIDDEN or isinstance(error, PermissionError) or str(error).startswith("Forbidden: "):
        return "the credentials are refused, or have no right to list or read there"
    return None


def _code(error: Exception) -> str:
    # s3fs keeps botocore's error, which has S3's code, behind its own.
    response = getattr(error.__cause__, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _status(error: Exception) -> object:
    return getattr(error, "code", None) or getattr(error, "status", None)
