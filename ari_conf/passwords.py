"""Passwords that people choose, kept as something from which they cannot be had: scrypt, with a salt for each."""

import hashlib
import hmac
import re
import secrets
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final, Self

LOG_N: Final = 14
BLOCK_SIZE: Final = 8
PARALLEL: Final = 5
"""What trying one password costs: OWASP's least for scrypt in 16 MB, some 0.3 s of one core."""

SALT_BYTES: Final = 16
HASH_BYTES: Final = 32

SHORTEST_PASSWORD: Final = 8
"""NIST SP 800-63B's least; no other rule makes people choose better ones."""

MOST_MEMORY: Final = 64 * 2**20
"""Bytes that a hash from elsewhere may ask for when a password is compared with it."""

_SHAPE: Final = re.compile(r"scrypt\$([0-9]{1,2})\$([0-9]{1,2})\$([0-9]{1,2})\$([A-Za-z0-9_-]{16,88})\$([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A password, hashed; its text is ``scrypt$log2(N)$r$p$salt$hash``, which is not shown in a ``repr``."""

    log_n: int
    block_size: int
    parallel: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, password: str) -> Self:
        """Hash a password, which takes some 0.3 s. Raises ValueError for one that is too short."""
        if len(password) < SHORTEST_PASSWORD:
            raise ValueError(f"the password is too short; take at least {SHORTEST_PASSWORD} characters")
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(LOG_N, BLOCK_SIZE, PARALLEL, salt, _scrypt(password, salt, LOG_N, BLOCK_SIZE, PARALLEL))

    @classmethod
    def of_nobody(cls) -> Self:
        """Return a hash that no password fits, and that takes as long to be compared."""
        return cls(LOG_N, BLOCK_SIZE, PARALLEL, secrets.token_bytes(SALT_BYTES), secrets.token_bytes(HASH_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a hash. Raises ValueError, which does not repeat it, if it is none."""
        found = _SHAPE.fullmatch(text)
        if found is None:
            raise ValueError("this is no hash of a password; `ari-conf dashboard password` asks for one and prints its hash")
        log_n, block_size, parallel = map(int, found.groups()[:3])
        if not (log_n and block_size and parallel) or _memory(log_n, block_size, parallel) > MOST_MEMORY:
            raise ValueError("this hash of a password costs nothing, or too much; `ari-conf dashboard password` makes another")
        return cls(log_n, block_size, parallel, _decoded(found[4]), _decoded(found[5]))

    def fits(self, password: str) -> bool:
        """Tell whether it is the hash of this password, which takes some 0.3 s whether it is or not."""
        return hmac.compare_digest(_scrypt(password, self.salt, self.log_n, self.block_size, self.parallel), self.digest)

    def __str__(self) -> str:
        numbers = f"{self.log_n}${self.block_size}${self.parallel}"
        return f"scrypt${numbers}${_encoded(self.salt)}${_encoded(self.digest)}"


def _scrypt(password: str, salt: bytes, log_n: int, block_size: int, parallel: int) -> bytes:
    # The same letters can come as other code points from another keyboard.
    typed = unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
    memory = _memory(log_n, block_size, parallel)
    return hashlib.scrypt(typed, salt=salt, n=1 << log_n, r=block_size, p=parallel, maxmem=2 * memory, dklen=HASH_BYTES)


def _memory(log_n: int, block_size: int, parallel: int) -> int:
    return 128 * block_size * ((1 << log_n) + parallel + 2)


def _encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
