"""字形: one character for one character, so that every offset stays – traditional, full width, formal numerals to
plain."""

import re
from functools import cache

_CJK = range(0x4E00, 0xA000)
_FORMAL = "壹贰叁肆伍陆柒捌玖拾佰仟〇○贰叄陸貳參圆圓—–－～〜￥"
_PLAIN = "一二三四五六七八九十百千零零二三六二三元元---~~¥"


@cache
def _table() -> dict[int, str]:
    import opencc  # a C library, only needed to build the table

    letters = "".join(map(chr, _CJK))
    simple = opencc.OpenCC("t2s").convert(",".join(letters)).split(",")
    table = {ord(a): b for a, b in zip(letters, simple, strict=True) if a != b and len(b) == 1}
    table |= {code: chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
    table |= {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    table |= {ord(a): b for a, b in zip(_FORMAL, _PLAIN, strict=True)}
    return table | {ord("著"): "着", ord("\u3000"): " "}


_HEARD = re.compile(
    r"(?<=[十百千几两三四五六七八九\d多来])(?P<w>[玩碗晚挽湾丸](?![上点些饭报会安宴面粥汤粉酒水药]))"
    r"|(?<=[0-9一二三四五六七八九十百千几两多])(?P<k>快(?=钱))|(?<=[今明后])(?P<t>填)|(?<=[年月])(?P<d>[低抵](?!价"
    r"|位|点|估|迷|吸|薪|成))"
    r"|(?<=下半)(?P<n>念)|(?<=[开收看盯])(?P<p>[判攀](?=的?时|以|之|前|后|期|中|了))"
)
_MEANT = {"w": "万", "k": "块", "t": "天", "d": "底", "n": "年", "p": "盘"}
_TENS = re.compile(r"[十百千几多来]|\d{2}$")


def fold(text: str) -> str:
    """`text` in simplified characters, half width and lower case, of the same length; a recogniser's homophones of
    units
    (五十玩, 月低, 后填) are put right."""
    return _HEARD.sub(_meant, text.translate(_table()))


def _meant(m: re.Match[str]) -> str:
    """A single digit before 晚 or 碗 counts nights or bowls: 三晚, 两碗."""
    kind = m.lastgroup or ""
    if kind == "w" and not _TENS.search(m.string[max(0, m.start() - 2) : m.start()]):
        return m.group()
    return _MEANT[kind]
