"""A secret's pseudonym: the same for the same secret, of its shape, keyed, and never taken for a secret again."""

import base64
import hashlib
import hmac
import json
import re
import string

from replaykit.rules.secrets.addresses import RESERVED
from replaykit.rules.secrets.detector import Shape
from replaykit.rules.secrets.numbers import NO_ISSUER, digits_of, is_nobodys_card, luhn

# What makes a pseudonym known again, in the alphabets that secrets are written in.
_WORD = "redacted"
# The digits are the word's on the keys of a telephone.
_MARKS = {"hex": "effaced0", "digits": "73322833"}
_LEAST = {"hex": 16, "digits": 16, "text": 16}
_BEGINS_IN_DIGITS = re.compile(rf"{_MARKS['digits']}[0-9]{{8,}}(?![0-9A-Za-z])")
_SHORT = 4
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_UNLIKE_LETTERS = re.compile(r"[^A-Za-z0-9]+")
# What separates the parts of a token stays where it is; so do line ends, as they are and as escapes.
_SEPARATORS = re.compile(r"(?:\\+[nrt]|[-_.~/+=:\s])+")
_NO_COUNTRY = "999"
_AT = re.compile(r"@|%40|\\u0040")
_LOCAL_LENGTH, _DOMAIN_LENGTH = 6, 8
_LOWER = string.ascii_lowercase + string.digits
_FINGERPRINT = 16
_MOST_KEPT = 5_000
# {"alg":"none","typ":"REDACTED"}: still three parts of which two decode to JSON.
_JWT_HEADER = base64.urlsafe_b64encode(b'{"alg":"none","typ":"REDACTED"}').rstrip(b"=").decode()


class Pseudonyms:
    """Pseudonyms under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # A worker's identity stands in every other event: what was made for a secret is kept for a while.
        self._made: dict[tuple[Shape | None, str], str] = {}

    @property
    def key_id(self) -> str:
        """Name the key without telling it: two corpora with one key id have the same pseudonyms."""
        return self.fingerprint("key id")

    def fingerprint(self, secret: str) -> str:
        """Name a secret without telling it."""
        return self._kept(None, secret)

    def of(self, secret: str, *, shape: Shape) -> str:
        """Return the pseudonym of a secret: of its length too, where that leaves room to know it again."""
        return self._kept(shape, secret)

    def _kept(self, shape: Shape | None, secret: str) -> str:
        known = self._made.get((shape, secret))
        if known is not None:
            return known
        if len(self._made) >= _MOST_KEPT:
            self._made.clear()
        made = self._digest("fingerprint", secret).hex()[:_FINGERPRINT] if shape is None else self._make(secret, shape)
        self._made[shape, secret] = made
        return made

    def _make(self, secret: str, shape: Shape) -> str:
        match shape:
            case Shape.EMAIL:
                return self._email(secret)
            case Shape.HOST:
                return self._letters("host", secret, _DOMAIN_LENGTH, _LOWER) + RESERVED
            case Shape.CARD:
                return self._card(secret)
            case Shape.PHONE:
                return self._phone(secret)
            case Shape.NUMBER:
                return self._number(secret)
            case Shape.JWT:
                return self._jwt(secret)
            case Shape.OPAQUE:
                return self._opaque(secret, _UNLIKE_LETTERS.sub("", secret))
            case Shape.TOKEN:
                return self._token(secret)

    def of_same_length(self, secret: str, *, shape: Shape) -> str:
        """Return a pseudonym of exactly the secret's length in UTF-8, for bytes that count their lengths."""
        pseudonym = self.of(secret, shape=shape)
        length = len(secret.encode("utf-8", "surrogatepass"))
        if len(pseudonym.encode()) == length:
            return pseudonym
        if shape is Shape.EMAIL and length > len(RESERVED) + 3:
            room = length - len(RESERVED) - 1
            return self._letters("local", secret, room - 2, _LOWER) + "@" + pseudonym[-len(RESERVED) - 2 :]
        return (_WORD + self._letters("fill", secret, length, _LOWER))[:length]

    def _email(self, secret: str) -> str:
        at = _AT.search(secret)
        if at is None:
            return self._opaque(secret, "")
        # Addresses that are one but for case stay one but for case, and the addresses of one domain stay of one.
        local, folded = secret[: at.start()], _AT.sub("@", secret).casefold()
        letters = self._letters("e-mail", folded, max(len(local), _LOCAL_LENGTH), _LOWER)
        name = "".join(_like(old, new) for old, new in zip(local, letters, strict=False)) + letters[len(local) :]
        domain = self._letters("domain", secret[at.end() :].casefold(), _DOMAIN_LENGTH, _LOWER)
        return f"{name}{at[0]}{domain}{RESERVED}"

    def _card(self, secret: str) -> str:
        count = len(digits_of(secret))
        digits = NO_ISSUER + self._letters("card", digits_of(secret), count - len(NO_ISSUER) - 1, string.digits)
        return _with_digits(secret, digits + str(-luhn(digits + "0") % 10))

    def _phone(self, secret: str) -> str:
        count = len(digits_of(secret))
        rest = self._letters("phone", digits_of(secret), count - len(_NO_COUNTRY), string.digits)
        return _with_digits(secret, _NO_COUNTRY + rest)

    def _number(self, secret: str) -> str:
        digits = self._letters("number", secret, len(digits_of(secret)), string.digits)
        old, new = digits_of(secret)[:1], digits[:1]
        # A number begins with a zero where it did, and only there: 0.5, but not 05.
        first = new if (old == "0") == (new == "0") else "0" if old == "0" else "1"
        return _with_digits(secret, first + digits[1:])

    def _jwt(self, secret: str) -> str:
        parts = secret.split(".")
        claims = json.dumps({"sub": self._letters("claims", secret, max(16, len(parts[1]) * 3 // 4 - 10), _LOWER)})
        payload = base64.urlsafe_b64encode(claims.replace(" ", "").encode()).rstrip(b"=").decode()
        alphabet = string.ascii_letters + string.digits
        tail = [self._letters(f"part {i}", secret, len(part), alphabet) for i, part in enumerate(parts[2:])]
        return ".".join([_JWT_HEADER, payload, *tail])

    def _opaque(self, secret: str, letters: str) -> str:
        alphabet, mark, least = _alphabet(_UNLIKE_LETTERS.sub("", letters))
        length = max(len(secret), least)
        return mark + self._letters("token", secret, length - len(mark), alphabet)

    def _token(self, secret: str) -> str:
        letters = _SEPARATORS.sub("", secret)
        filled = iter(self._opaque(secret, letters)[: max(len(letters), _LEAST["text"])])
        kept: list[str] = []
        at = 0
        for separator in _SEPARATORS.finditer(secret):
            kept.extend(next(filled) for _ in range(separator.start() - at))
            kept.append(separator[0])
            at = separator.end()
        return "".join([*kept, *filled])

    def _letters(self, purpose: str, secret: str, length: int, alphabet: str) -> str:
        stream = hashlib.shake_256(self._digest(purpose, secret)).digest(max(length, 0) * 2)
        size = len(alphabet)
        return "".join(alphabet[(high << 8 | low) % size] for high, low in zip(stream[::2], stream[1::2], strict=True))

    def _digest(self, purpose: str, secret: str) -> bytes:
        said = f"{purpose}\0{secret}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, said, hashlib.sha256).digest()


def is_pseudonym(text: str, *, shape: Shape) -> bool:
    """Say whether a text that looks like a secret of this shape is, or holds, a pseudonym."""
    letters = _UNLIKE_LETTERS.sub("", text)
    lower = letters.lower()
    # One that had to be short is the beginning of the word alone.
    if len(lower) >= _SHORT and _WORD.startswith(lower):
        return True
    if _WORD in lower or _MARKS["hex"] in lower or _JWT_HEADER in text or text.lower().endswith(RESERVED):
        return True
    digits = digits_of(text)
    if len(letters) != len(digits):
        # Code may have put it together with words.
        return shape is Shape.OPAQUE and _BEGINS_IN_DIGITS.match(text) is not None
    if shape is Shape.PHONE or text.startswith("+"):
        return digits.startswith(_NO_COUNTRY)
    if is_nobodys_card(digits):
        return True
    return digits.startswith(_MARKS["digits"]) and len(digits) >= _LEAST["digits"]


def _alphabet(letters: str) -> tuple[str, str, int]:
    if letters.isascii() and letters.isdigit():
        return string.digits, _MARKS["digits"], _LEAST["digits"]
    lower, upper = letters == letters.lower(), letters == letters.upper()
    if _HEX.fullmatch(letters) and len(letters) >= _LEAST["hex"] and any(c.isdigit() for c in letters):
        mark = _MARKS["hex"]
        return ("0123456789abcdef", mark, 0) if lower else ("0123456789ABCDEF", mark.upper(), 0)
    alphabet = "".join(
        [
            string.ascii_lowercase if not upper or not letters else "",
            string.ascii_uppercase if not lower else "",
            string.digits if any(c.isdigit() for c in letters) or not letters else "",
        ]
    )
    return alphabet, _WORD if lower else _WORD.upper(), _LEAST["text"]


def _like(old: str, new: str) -> str:
    if not old.isalnum():
        return old
    return new.upper() if old.isupper() else new


def _with_digits(written: str, digits: str) -> str:
    """Write other digits in the places of a number's own."""
    left = iter(digits)
    return "".join(next(left, "") if "0" <= c <= "9" else c for c in written)
