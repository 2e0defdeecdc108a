"""单点登录 OIDC: authorization code with PKCE against the broker's identity provider.

The provider only says who it is; role and scope stand in the account of that name, as for a password. What must come
back unchanged travels in a signed cookie of ten minutes; the ID token's signature, issuer, audience, time and nonce
are checked by PyJWT against the provider's published keys.
"""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import httpx2
import jwt
from sqlmodel import Session

from dongke.clock import now
from dongke.errors import NotFound, NotReady, Unauthorized
from dongke.settings import Settings
from dongke.users import User

COOKIE = "dongke_oidc"
PATH = "/v1/oidc"  #: the cookie goes nowhere else
LIFE = timedelta(minutes=10)
TIMEOUT_SECONDS = 10.0
KEEP_SECONDS = 600  #: how long the provider's description is believed
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")  #: never HS, never none
_AUDIENCE = "dongke-oidc"
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that was begun: where the browser goes, and the cookie that it brings back."""

    url: str
    cookie: str


def begin(config: Settings, back_to: str, onward: str) -> Begun:
    """Sends a browser to the provider. `back_to`: our callback; `onward`: where it lands in the end.

    Raises NotFound `oidc-off`, NotReady `oidc-unavailable`.
    """
    provider = describe(config)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": config.oidc_client_id,
        "redirect_uri": back_to,
        "scope": config.oidc_scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = provider["authorization_endpoint"]
    kept = {"aud": _AUDIENCE, "exp": now() + LIFE, "state": state, "nonce": nonce, "verifier": verifier}
    cookie = jwt.encode(kept | {"back_to": back_to, "onward": onward}, config.signing_key(), "HS256")
    return Begun(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", cookie)


def finish(session: Session, config: Settings, cookie: str, state: str, code: str) -> tuple[User, str]:
    """The account whose holder the provider has seen, and where the browser goes on.

    Raises Unauthorized `oidc-failed` (nothing of it may be believed) or `oidc-account-unknown` (nobody of that name
    here), NotReady `oidc-unavailable`.
    """
    kept = _kept(cookie, config)
    if not hmac.compare_digest(state.encode(), kept["state"].encode()):
        raise _failed("state")
    provider = describe(config)
    claims = _claims(_exchange(provider, config, kept, code), provider, config)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), kept["nonce"].encode()):
        raise _failed("nonce")
    name = str(claims.get(config.oidc_login_claim) or "")
    account = session.get(User, name) if name and "\0" not in name else None
    if account is None:
        raise Unauthorized("oidc-account-unknown", "单点登录成功, 但这里没有您的账号, 请联系管理员")
    return account, kept["onward"]


def describe(config: Settings) -> dict[str, Any]:
    """The provider's description of itself. Raises NotFound `oidc-off`, NotReady `oidc-unavailable`."""
    if not config.oidc_issuer:
        raise NotFound("oidc-off", "没有设置单点登录")
    return _describe(config.oidc_issuer, int(time.monotonic() / KEEP_SECONDS))


@lru_cache(maxsize=4)
def _describe(issuer: str, _period: int) -> dict[str, Any]:
    found = _json(lambda: httpx2.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=TIMEOUT_SECONDS))
    if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise NotReady("oidc-unavailable", "单点登录服务报告的 issuer 和设置不符")
    if not all(isinstance(found.get(name), str) for name in _NEEDED):
        raise NotReady("oidc-unavailable", f"单点登录服务没有报告 {', '.join(_NEEDED)}")
    return found


def _exchange(provider: dict[str, Any], config: Settings, kept: dict[str, Any], code: str) -> str:
    """The ID token for the code. The client proves itself by secret where it has one, by the verifier always."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": kept["back_to"],
        "client_id": config.oidc_client_id,
        "code_verifier": kept["verifier"],
    }
    if config.oidc_client_secret is not None:
        form["client_secret"] = config.oidc_client_secret.get_secret_value()
    answer = _json(lambda: httpx2.post(provider["token_endpoint"], data=form, timeout=TIMEOUT_SECONDS))
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise _failed("token")
    return token


def _claims(token: str, provider: dict[str, Any], config: Settings) -> dict[str, Any]:
    try:
        key = _keys(provider["jwks_uri"]).get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            list(ALGORITHMS),
            audience=config.oidc_client_id,
            issuer=provider["issuer"],
            leeway=60,
            options={"require": ["sub", "iss", "aud", "exp", "iat"]},
        )
    except jwt.PyJWKClientConnectionError as fault:
        raise NotReady("oidc-unavailable", "单点登录服务的公钥取不到") from fault
    except (jwt.PyJWTError, KeyError) as fault:
        raise _failed("id_token") from fault
    if claims.get("azp", config.oidc_client_id) != config.oidc_client_id:
        raise _failed("azp")
    return claims


@lru_cache(maxsize=4)
def _keys(address: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(address, timeout=int(TIMEOUT_SECONDS))


def _kept(cookie: str, config: Settings) -> dict[str, Any]:
    try:
        found: dict[str, Any] = jwt.decode(cookie, config.signing_key(), ["HS256"], audience=_AUDIENCE)
        return found
    except jwt.InvalidTokenError:
        raise _failed("cookie") from None


def _json(ask: Any) -> dict[str, Any]:
    try:
        answer = ask()
    except httpx2.HTTPError as fault:
        raise NotReady("oidc-unavailable", "单点登录服务连不上") from fault
    if 400 <= answer.status_code < 500:
        raise _failed("refused")
    try:
        found = answer.raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as fault:
        raise NotReady("oidc-unavailable", "单点登录服务的回答不能用") from fault
    return found if isinstance(found, dict) else {}


def _failed(part: str) -> Unauthorized:
    return Unauthorized("oidc-failed", f"单点登录没有成功 ({part}), 请再试一次")
