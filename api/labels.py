"""中文名 of what the pages and lists show beside the codes."""

from functools import lru_cache
from typing import Any

from asr.transcriber import DEMO, DEMO_MODEL
from dongke.settings import settings
from followup.models import State
from followup.playbooks import load
from profiles.labels import label, tables, tag_label, value_text

__all__ = ["DEMO_MODEL", "key_label", "opportunity_labels", "playbook_label", "state_label", "tag_label", "value_text"]

_STATES = {
    State.OPEN: "待跟进",
    State.CONTACTED: "已触达未谈到",
    State.DISCUSSED: "已谈未决",
    State.WON: "已成单",
    State.REFUSED: "客户拒绝",
    State.EXPIRED: "失效",
}
_KEY_TABLES = {
    "permission": ("permission",),
    "product_intent": ("product",),
    "external_assets": ("institution_type",),
    "promise": ("promise_action",),
    "complaint": ("topic",),
    "churn": ("churn_action",),
}


def state_label(state: str) -> str:
    """待跟进, 已谈未决 …"""
    return _STATES.get(State(state), state)


def source_text(source: str) -> str:
    """Where a transcript comes from, for people: 演示模型, 语音模型 …, 文字稿; "" where it was given as text."""
    kind, _, name = source.partition(":")
    if source in ("given", "wecom"):
        return ""
    if source.startswith(DEMO):
        return DEMO_MODEL
    if kind == "vendor":
        return f"外来文字稿 ({name})"
    return "录音旁的文字稿" if source.split("@")[0] == "sidecar" else f"语音模型 {source.split('@')[0]}"


def beside(demo: bool) -> str:
    """What stands after words of a talk: the demo's model, where it heard them."""
    return f" · {DEMO_MODEL}" if demo else ""


def playbook_label(playbook: str) -> str:
    """The Chinese name that the playbook gives itself; one that is no longer there keeps its code."""
    return _playbooks().get(playbook, playbook)


def key_label(playbook: str, key: str | None) -> str | None:
    """What the opportunity is about: 融资融券, 招商银行 …"""
    if key is None:
        return None
    for table in _KEY_TABLES.get(playbook, ()):
        if key in tables()[table]:
            return label(table, key)
    return key


def opportunity_labels() -> dict[str, str]:
    """All names of opportunities in one table: `idle_funds`, `permission:margin`, and the states."""
    found = {str(state): name for state, name in _STATES.items()} | dict(_playbooks())
    for playbook, names in _KEY_TABLES.items():
        for table in names:
            found |= {f"{playbook}:{key}": str(name) for key, name in tables()[table].items()}
    return found


@lru_cache(maxsize=1)
def _playbooks() -> dict[str, str]:
    return {book.id: book.label for book in load(settings().playbooks_dir)}


def explanation_text(explanation: dict[str, Any]) -> str:
    """The reason of a stored assertion in one line: the rule and every step of context."""
    steps = [str(s) for s in explanation.get("steps", ())]
    rule = str(explanation.get("rule", ""))
    return "; ".join([part for part in (rule, *steps) if part])
