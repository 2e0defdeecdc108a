"""企业微信 JS-SDK: the signatures that let the side bar page ask whose chat is open.

Two tickets are fetched from 企业微信 with the application's secret and kept while they hold. Nothing of a customer goes
out: only the application's own id and secret do.
"""

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from dongke.errors import NotFound, NotReady
from dongke.settings import Settings

SPARE_SECONDS = 300  #: a ticket is fetched anew so long before it ends
TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Tickets:
    """`config` is the firm's ticket, `agent` the application's; both end at `ends` (monotonic seconds)."""

    config: str
    agent: str
    ends: float


_lock = threading.Lock()
_kept: dict[tuple[str, str], Tickets] = {}


def signatures(url: str, config: Settings) -> dict[str, Any]:
    """What `wx.config` and `wx.agentConfig` want for the page at that address (without its fragment).

    Raises NotFound `wecom-missing` where no application is set, NotReady `wecom-unreachable`.
    """
    if not (config.wecom_corp_id and config.wecom_agent_id and config.wecom_secret):
        raise NotFound("wecom-missing", "没有设置企业微信应用 (docs/widget.md)")
    tickets, nonce, stamp = _tickets(config), secrets.token_hex(8), int(time.time())
    return {
        "corp_id": config.wecom_corp_id,
        "agent_id": config.wecom_agent_id,
        "timestamp": stamp,
        "nonce": nonce,
        "config_signature": signature(tickets.config, nonce, stamp, url),
        "agent_signature": signature(tickets.agent, nonce, stamp, url),
    }


def signature(ticket: str, nonce: str, stamp: int, url: str) -> str:
    """As 企业微信 prescribes: the SHA-1 of the four values in the order of their names."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={stamp}&url={url.split('#')[0]}"
    return hashlib.sha1(text.encode()).hexdigest()


def _tickets(config: Settings) -> Tickets:
    key = (config.wecom_corp_id or "", config.wecom_agent_id or "")
    with _lock:
        kept = _kept.get(key)
        if kept is None or kept.ends < time.monotonic():
            kept = _kept[key] = _fetched(config)
        return kept


def _fetched(config: Settings) -> Tickets:
    import httpx2

    assert config.wecom_secret
    secret = config.wecom_secret.get_secret_value()
    try:
        with httpx2.Client(base_url=config.wecom_url, timeout=TIMEOUT_SECONDS) as client:
            told = _told(client.get("/cgi-bin/gettoken", params={"corpid": config.wecom_corp_id, "corpsecret": secret}))
            who = {"access_token": told["access_token"]}
            firm = _told(client.get("/cgi-bin/get_jsapi_ticket", params=who))
            agent = _told(client.get("/cgi-bin/ticket/get", params=who | {"type": "agent_config"}))
        life = min(int(firm["expires_in"]), int(agent["expires_in"])) - SPARE_SECONDS
        return Tickets(str(firm["ticket"]), str(agent["ticket"]), time.monotonic() + max(life, 0))
    except (httpx2.HTTPError, KeyError, TypeError, ValueError) as fault:  # a proxy's page is no answer of theirs
        raise NotReady("wecom-unreachable", f"连不上企业微信: {type(fault).__name__}") from None


def _told(answer: Any) -> dict[str, Any]:
    """The answer's content. Raises NotReady `wecom-unreachable` where 企业微信 refuses."""
    found = answer.raise_for_status().json()
    if not isinstance(found, dict):
        raise TypeError
    if found.get("errcode"):
        raise NotReady("wecom-unreachable", f"企业微信不接受这个应用 ({found['errcode']})")
    return found
