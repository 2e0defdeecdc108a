"""时长: 两年半, 3小时05分, 一个半月, 17个多月, 十五年以上."""

import re
from dataclasses import dataclass

from nlp.general.numbers import number_value
from nlp.general.periods import SECONDS

_N = r"(?:\d{1,9}(?:\.\d{1,6})?|[零一二三四五六七八九两俩十百千]{1,12})"
_UNITS = r"(?P<u{0}>年|季度?|月(?!\d)|星期|礼拜|周|天|日(?![元币圆常均])|小时|钟头|时(?![候间段])|刻钟?|分钟?|秒钟?)"
PART = (
    rf"(?:(?P<n{{0}}>{_N}|半|几|数)(?:(?P<ge{{0}}>个)(?P<mid{{0}}>半)?|多|来|余"
    rf"|几)*{_UNITS}(?P<half{{0}}>半(?![年月天夜])|多|又半)?(?:钟)?)"
)
_STEP = re.compile(PART.replace("{0}", "").replace("{{", "{").replace("}}", "}"))
_AND = re.compile(r"(?:加上?|零|又|和|余)?")
_NAMES = {"星期": "周", "礼拜": "周", "日": "天", "小时": "时", "钟头": "时", "时": "时", "季度": "季"}


@dataclass(frozen=True, slots=True)
class Length:
    """一段时长, as counts of units in the order said; `end` is where it ends in the text."""

    parts: tuple[tuple[float, str], ...]
    end: int
    counted: bool  #: with 个, 钟 … or a unit that is no date by itself (三个月, 两周; not 三月, 十日)

    @property
    def seconds(self) -> float:
        return sum(n * SECONDS[u] for n, u in self.parts)


def read_length(t: str, i: int) -> Length | None:
    """The duration that begins at `i`."""
    parts: list[tuple[float, str]] = []
    counted, at = False, i
    while m := _STEP.match(t, at):
        unit = _unit(m["u"])
        count = _count(m)
        if (
            count is None
            or (unit == "年" and count > 1900 and not m["ge"])
            or (parts and SECONDS[unit] >= SECONDS[parts[-1][1]])
        ):
            break
        parts.append((count, unit))
        counted = (
            counted or bool(m["ge"]) or m["u"] not in ("月", "日", "年", "时", "分", "季", "季度") or m["n"] == "半"
        )
        counted = counted or bool(m["half"]) or len(parts) > 1 or m["n"] in ("两", "俩")
        at = m.end()
        link = _AND.match(t, at)
        if link and _STEP.match(t, link.end()):
            at = link.end()
    return Length(tuple(parts), at, counted) if parts else None


def _unit(said: str) -> str:
    return _NAMES.get(said, said[0])


def _count(m: re.Match[str]) -> float | None:
    if m["n"] == "半":
        return 0.5
    if m["n"] in ("几", "数"):
        return None
    value = number_value(m["n"].replace("俩", "两"))
    if value is None:
        return None
    return value + (0.5 if m["mid"] or (m["half"] or "").endswith("半") else 0)
