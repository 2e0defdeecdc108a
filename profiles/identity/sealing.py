"""封存: identifiers at rest – a blind index to find them by, and a sealed copy to read them back.

Both keys are derived (HKDF-SHA256) from `settings().signing_key()`, each for its own purpose.
"""

import hashlib
import hmac
import os
from functools import lru_cache

from dongke.errors import NotReady
from dongke.settings import Settings, settings

NONCE_BYTES = 12
_known: list[tuple[Settings, bytes]] = []
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


def _key(purpose: bytes) -> bytes:
    return _derived(_secret(), purpose)


def _secret() -> bytes:
    """The signing key, looked up once for these settings: a bulk load asks for it a hundred thousand times."""
    config = settings()
    if not _known or _known[0][0] is not config:
        _known[:] = [(config, config.signing_key())]
    return _known[0][1]


@lru_cache(maxsize=8)
def _derived(secret: bytes, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
