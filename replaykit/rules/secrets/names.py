"""Names that say of their value that it is a secret."""

import re

# Compared without case, hyphens, underscores, spaces and dots, at the end of a name: OPENAI_API_KEY is an api key.
_ENDINGS = (
    "authorization",
    "cookie",
    "cookie2",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "secretaccesskey",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "idtoken",
    "apitoken",
    "sessiontoken",
    "securitytoken",
    "bearertoken",
    "csrftoken",
    "xsrftoken",
    "clientsecret",
    "credential",
    "connectionstring",
)
# Names of other things, too: their value counts where it looks random.
_DOUBTFUL = frozenset({"token", "auth", "jwt", "session", "sessionid", "sid", "pass", "dsn", "otp", "bearer"})
_PHONES = ("phone", "phonenumber", "mobile", "mobilenumber", "telephone", "msisdn", "cellphone", "whatsapp", "fax")
_EXACT_PHONES = frozenset({"tel", "cell"})

SPELLED = (
    "authorization|passw(?:or)?d|passphrase|pwd|secret|credentials?|"
    "(?:api|access|secret|private|signing|encryption|account)[_-]?key|"
    "(?:access|refresh|auth|id|api|session|security|bearer|csrf|xsrf)[_-]?token"
)
"""The same names as they stand in text, before `=` or `:`."""

STEMS = (
    "auth",
    "cookie",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "sid",
    "credential",
    "connectionstring",
    "jwt",
    "session",
    "dsn",
    "otp",
    "bearer",
    "phone",
    "mobile",
    "msisdn",
    "whatsapp",
    "fax",
    "tel",
    "cell",
)
"""Of each such name, a part that stands in its normal form."""

_IGNORED = re.compile(r"[-_ .]+")


def normal(name: str) -> str:
    """Write a name as names are compared: x-api-key, X_API_KEY and xApiKey are one."""
    return _IGNORED.sub("", name).casefold()


def is_secret(name: str) -> bool:
    """Say whether values under this name (in its normal form) are secrets whatever they hold."""
    return name.endswith(_ENDINGS) or name.removesuffix("s").endswith(_ENDINGS)


def is_doubtful(name: str) -> bool:
    """Say whether values under this name (in its normal form) are secrets where they look random."""
    return name in _DOUBTFUL


def is_phone(name: str) -> bool:
    """Say whether digits under this name (in its normal form) are a phone number."""
    return name.endswith(_PHONES) or name in _EXACT_PHONES
