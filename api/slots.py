"""标签内容的填法: what a person may correct of a tag, from `profiles/labels.yaml`."""

from functools import lru_cache
from typing import Any

from profiles.labels import CODES, tables

_LABELS = {
    "low": ("至少 (万元)", "yuan"),
    "high": ("至多 (万元)", "yuan"),
    "available_from": ("何时可用", "date"),
    "institution": ("机构", "text"),
    "institution_type": ("机构类型", "choice"),
    "product": ("产品", "choice"),
    "matures_on": ("到期日", "date"),
    "permission": ("权限", "choice"),
    "level": ("是", "choice"),
    "low_pct": ("至少 (%)", "percent"),
    "high_pct": ("至多 (%)", "percent"),
    "term": ("期限", "choice"),
    "clue": ("线索", "choice"),
    "date": ("哪一天", "date"),
    "from": ("从", "time"),
    "to": ("到", "time"),
    "channel": ("方式", "choice"),
    "topic": ("话题", "choice"),
    "sentiment": ("态度", "choice"),
    "action": ("做什么", "choice"),
    "due_date": ("应完成", "date"),
}
_LEVELS = {
    "risk.appetite": ("conservative", "moderate", "aggressive"),
    "experience.level": ("novice", "experienced"),
}


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, list[dict[str, Any]]]:
    """By tag, the slots that have a field: name, label, kind, and the choices."""
    return {tag: [_slot(tag, name) for name in names if name in _LABELS] for tag, names in tables()["slots"].items()}


def _slot(tag: str, name: str) -> dict[str, Any]:
    label, kind = _LABELS[name]
    if kind == "choice":
        return {"name": name, "label": label, "kind": kind, "options": _options(tag, name)}
    return {"name": name, "label": label, "kind": kind}


def _options(tag: str, name: str) -> list[tuple[str, str]]:
    table = tables()[CODES.get(f"{tag}.{name}") or CODES[name]]
    return [(code, str(text)) for code, text in table.items() if name != "level" or code in _LEVELS[tag]]
