"""字形: one character for one character, so that every offset stays – traditional, full width, formal numerals to plain."""

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


def fold(text: str) -> str:
    """`text` in simplified characters, half width and lower case, of the same length."""
    return text.translate(_table())
