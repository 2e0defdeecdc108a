"""形: the text of a turn with what varies from talk to talk replaced by a sign for its class, so that 招行那笔三十万
and 工行那笔五十万 are one experience: Ⓑ那笔Ⓜ."""

import re
from collections.abc import Iterable

from nlp import entities
from nlp.document import Mention, Turn

TARGET = "Ⓣ"  #: the mention that is being weighed
SIGNS = {"product": "Ⓟ", "permission": "Ⓠ"}
PLACES = {"bank": "Ⓑ", "broker": "Ⓚ", "internet_platform": "Ⓛ"}
OTHER_PLACE = "Ⓘ"
_WORDS = {
    "Ⓟ": "某产品", "Ⓠ": "某权限", "Ⓑ": "某银行", "Ⓚ": "某券商", "Ⓘ": "某机构", "Ⓜ": "某数", "Ⓡ": "几个点", "Ⓗ": "几点",
    "Ⓢ": "一阵", "Ⓝ": "一两年", "Ⓨ": "几年", "Ⓛ": "某平台", "0": "数字",
}  # fmt: skip
_N = r"零一二两三四五六七八九十百千万亿几\d."
_NUMERAL = rf"(?<![{_N}])[{_N}]+"  #: only from a numeral's first character, so that long ones take no longer
_UNIT = "个亿|万块|万元|万|w|k|亿|千块|百块|块钱?|元"
_VALUES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"({_NUMERAL}|(?<=[万亿])[{_N}]+)(多|来|几)?({_UNIT})(多|出头|左右|上下)?"), "Ⓜ"),
    (re.compile(rf"百分之[{_N}]+|{_NUMERAL}个?(%|百分点|点(?!半|钟|多|前|后|以|到|[{_N}]))"), "Ⓡ"),
    (re.compile(rf"{_NUMERAL}个?多?(点钟|点半|点多|点[{_N}]+分?|点)"), "Ⓗ"),
    (re.compile(r"(?<!\d)\d++(?!个?(多|半)?(年|个?月))"), "0"),
)
_SPAN = re.compile(
    rf"(?<![{_N}半])([{_N}]|半)[{_N}半]*个?(多|来|半)?(年|个?月)|{_NUMERAL}个?(天|周|礼拜|星期|小时|分钟)"
)
_LONG = frozenset("三四五六七八九十345678901")
_MONTHS = frozenset("六七八九十6789")


def shape(turn: Turn, mentions: Iterable[Mention], target: tuple[str, str] | None = None) -> str:
    """The turn's shape; mentions of the target (kind, key) are signed Ⓣ."""
    text = turn.text
    out: list[str] = []
    last = 0
    for start, end, sign in _signs(mentions, target):
        if start >= last:
            out += (text[last:start], sign)
            last = end
        elif sign == TARGET and out:
            out[-1] = TARGET  # a word with two meanings, one of them the target
    out.append(text[last:])
    shaped = "".join(out)
    for pattern, sign in _VALUES:
        shaped = pattern.sub(sign, shaped)
    return _SPAN.sub(_span, shaped)


def _span(hit: re.Match[str]) -> str:
    """Ⓢ under half a year, Ⓝ to three years, Ⓨ longer; only the first numeral is looked at."""
    if hit[3] is None:
        return "Ⓢ"
    if hit[3] == "年":
        return "Ⓨ" if hit[1] in _LONG else "Ⓝ"
    return "Ⓝ" if hit[1] in _MONTHS or (len(hit[0].rstrip("个月")) > 1 and hit[0][0] in "十1") else "Ⓢ"


def _signs(mentions: Iterable[Mention], target: tuple[str, str] | None) -> list[tuple[int, int, str]]:
    found = []
    for mention in mentions:
        sign = SIGNS.get(mention.kind)
        if mention.kind == "institution":
            sign = PLACES.get(entities.institution_type(mention.key), OTHER_PLACE)
        is_target = (mention.kind, mention.key) == target
        if sign is not None or is_target:
            found.append((mention.start, mention.end, TARGET if is_target else str(sign)))
    return sorted(found, key=lambda s: (s[0], -s[1], s[2] != TARGET))


def spelled(shaped: str, named: str) -> str:
    """A piece of a shape as a person can read it: 某银行那笔某数. `named`: the words of the target."""
    return "".join(named if char == TARGET else _WORDS.get(char, char) for char in shaped)
