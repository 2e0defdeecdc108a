"""标签登记: `registry.yaml` as frozen values, and its check (lint): no tag without owner, purpose and expiry (pure).

What a tag may be used for is held against what it is used for: playbooks that open by it, segments that ask for it, the
suitability that listens to it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.errors import BadInput
from profiles.features import FEATURES
from profiles.labels import tables, tag_label
from profiles.parameters import TagParameters, parameters
from profiles.rights.fold import policy
from profiles.segments.vocabulary import vocabulary
from profiles.suitability.offers import STANCE

FILE = Path(__file__).parent / "registry.yaml"
TAG, FEATURE = "tag", "feature"
_SECTIONS = {"tags": TAG, "features": FEATURE}
_NAMED = {
    "owner": "owners",
    "class": "classes",
    "evidence": "evidence",
    "uses": "uses",
}  #: field → the table of its codes
_TEXTS: Mapping[str, tuple[str, ...]] = {"tags": ("purpose",), "features": ("label", "purpose", "expiry")}
SENSITIVE = "sensitive"


@dataclass(frozen=True, slots=True)
class Entry:
    """一条登记, in the words that people see."""

    name: str
    kind: str  #: tag or feature
    label: str
    owner: str
    purpose: str
    information: str  #: 个人信息的类别
    evidence: tuple[str, ...]
    uses: tuple[str, ...]  #: codes
    use_labels: tuple[str, ...]
    expiry: str

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "label": self.label,
            "owner": self.owner,
            "purpose": self.purpose,
            "information": self.information,
            "evidence": list(self.evidence),
            "uses": list(self.uses),
            "use_labels": list(self.use_labels),
            "expiry": self.expiry,
        }


@dataclass(frozen=True, slots=True)
class Registry:
    """The register and its version."""

    version: str
    entries: tuple[Entry, ...]


def tag_names() -> tuple[str, ...]:
    """The codes of all tags, in the order of the register: the enum of the API."""
    return tuple(_raw(FILE)["tags"])


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The register of the service. Raises BadInput `registry-invalid` where the lint finds anything."""
    raw = _raw(FILE)
    if found := list(lint(raw)):
        raise BadInput("registry-invalid", f"标签登记: {'; '.join(found[:3])}")
    return Registry(raw["version"], tuple(_entries(raw)))


def lint_file(path: Path = FILE, used: Mapping[str, Collection[str]] | None = None) -> list[str]:
    """What is wrong with the file, one Chinese sentence each. `used`: which tags a use of the service needs.

    Raises BadInput `registry-invalid` where it is no register at all.
    """
    return list(lint(_raw(path), used))


def lint(raw: Mapping[str, Any], used: Mapping[str, Collection[str]] | None = None) -> Iterator[str]:
    """The same for a register that is read already."""
    for section, names in (("tags", frozenset(tables()["tags"])), ("features", frozenset(FEATURES))):
        rows = raw[section]
        yield from (f"{name}: 没有登记" for name in sorted(names - set(rows)))
        yield from (
            f"{name}: 登记了, 但没有这个{'标签' if section == 'tags' else '特征'}" for name in rows if name not in names
        )
        for name, row in rows.items():
            yield from _lint_row(name, row if isinstance(row, Mapping) else {}, raw, section)
    yield from _lint_uses(raw, {**_used_here(), **(used or {})})


def _lint_row(name: str, row: Mapping[str, Any], raw: Mapping[str, Any], section: str) -> Iterator[str]:
    for part in _TEXTS[section]:
        if not str(row.get(part) or "").strip():
            yield f"{name}: 没有 {part}"
    if section == "tags" and name not in parameters().tags:
        yield f"{name}: 没有有效期 (parameters.yaml)"
    for part, table in _NAMED.items():
        told = row.get(part)
        codes = told if isinstance(told, list) else [told]
        if not told:
            yield f"{name}: 没有 {part}"
            continue
        yield from (f"{name}: {part} 不认识 {code}" for code in codes if str(code) not in raw[table])
    yield from (f"{name}: 不认识 {part}" for part in row if part not in (*_NAMED, *_TEXTS[section]))
    is_sensitive = name in policy().sensitive_tags
    if is_sensitive != (row.get("class") == SENSITIVE):
        yield f"{name}: class 和 rights.yaml 的 sensitive_tags 不一致"


def _used_here() -> dict[str, Collection[str]]:
    """Which tags this package uses for what."""
    asked = [name.removeprefix("tag.") for name in vocabulary().attributes if name.startswith("tag.")]
    return {"segment": asked, "suitability": (STANCE,)}


def _lint_uses(raw: Mapping[str, Any], used: Mapping[str, Collection[str]]) -> Iterator[str]:
    for use, names in used.items():
        for name in names:
            row = raw["tags"].get(name)
            if isinstance(row, Mapping) and use not in (row.get("uses") or ()):
                yield f"{name}: 用于 {raw['uses'].get(use, use)}, 登记里不允许"


def _entries(raw: Mapping[str, Any]) -> Iterator[Entry]:
    for section, kind in _SECTIONS.items():
        for name, row in raw[section].items():
            yield Entry(
                name=name,
                kind=kind,
                label=tag_label(name) if kind == TAG else row["label"],
                owner=raw["owners"][row["owner"]],
                purpose=row["purpose"],
                information=raw["classes"][row["class"]],
                evidence=tuple(raw["evidence"][code] for code in row["evidence"]),
                uses=tuple(row["uses"]),
                use_labels=tuple(raw["uses"][code] for code in row["uses"]),
                expiry=_expiry(parameters().tags[name]) if kind == TAG else row["expiry"],
            )


def _expiry(rule: TagParameters) -> str:
    """半衰期30天, 120天没再说即过期; available_from 后60天."""
    stale = parameters().stale_after_half_lives * rule.half_life_days
    parts = [f"半衰期{rule.half_life_days:g}天, {stale:g}天没再说即过期"]
    if rule.expires_field:
        after = f" 后{rule.expires_after_days}天" if rule.expires_after_days else " 当天之后"
        parts.append(rule.expires_field + after)
    if rule.lives_days:
        parts.append(f"没有日期的{rule.lives_days}天")
    return "; ".join(parts)


def markdown(found: Registry) -> str:
    """The register as the table of docs/registry.md."""
    rows = ["| 代码 | 名称 | 负责 | 用途目的 | 类别 | 证据 | 可用于 | 有效期 |", "|---|---|---|---|---|---|---|---|"]
    for e in found.entries:
        cells = (
            e.name,
            e.label,
            e.owner,
            e.purpose,
            e.information,
            "、".join(e.evidence),
            "、".join(e.use_labels),
            e.expiry,
        )
        rows.append(f"| `{cells[0]}` | {' | '.join(cells[1:])} |")
    return "\n".join(rows)


def _raw(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        tables_are_there = all(isinstance(raw[t], dict) for t in (*_SECTIONS, *_NAMED.values()))
        if not tables_are_there or not isinstance(raw["version"], str):
            raise TypeError("要有 version 和各张表")
        return dict(raw)
    except (OSError, KeyError, TypeError, UnicodeError, yaml.YAMLError) as fault:
        raise BadInput("registry-invalid", f"标签登记 {path.name} 读不懂: {fault}") from None
