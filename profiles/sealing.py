"""封存: identifiers at rest – a blind index to find them by, and a sealed copy to read them back.

Both keys are derived (HKDF-SHA256) from `settings().signing_key()`, each for its own purpose.
"""

import hashlib
import hmac
import os
from functools import lru_cache

from dongke.errors import BadInput, NotReady
from dongke.settings import settings

NONCE_BYTES = 12
_INDEX, _SEAL = b"dongke identity blind index 1", b"dongke identity seal 1"


def blind_index(kind: str, value: str) -> str:
    """HMAC-SHA256 of kind and value, hex: the same identifier always gives the same index."""
    return hmac.new(_key(_INDEX), f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


def seal(kind: str, value: str) -> bytes:
    """AES-256-GCM: a fresh nonce, then the ciphertext; the kind is authenticated with it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key(_SEAL)).encrypt(nonce, value.encode(), kind.encode())


def unseal(kind: str, sealed: bytes) -> str:
    """The identifier. Raises NotReady `secret-changed` where the key is another one, or the bytes were touched."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(_key(_SEAL)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], kind.encode()).decode()
    except (InvalidTag, ValueError):
        raise NotReady("secret-changed", "标识打不开: 密钥换过, 或数据被改动") from None


def normalised(kind: str, value: str) -> str:
    """The value as it is compared. Raises BadInput `identifier-invalid` for what names nobody (0000, null, -1 …)."""
    text = "".join(value.split())
    if kind == "phone":
        digits = "".join(c for c in text if c.isascii() and c.isdigit())
        text = digits.removeprefix("0086") if digits.startswith("0086") else digits
        text = text.removeprefix("86") if len(text) == 13 else text
    empty = not text.strip("0-") or text.lower() in ("null", "none", "-1", "n/a", "anonymous", "unknown")
    if empty or len(text) > 200 or (kind == "phone" and not 7 <= len(text) <= 15):
        raise BadInput("identifier-invalid", f"标识 {kind} 的值不能用")
    return text


def _key(purpose: bytes) -> bytes:
    return _derived(settings().signing_key(), purpose)


@lru_cache(maxsize=8)
def _derived(secret: bytes, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
