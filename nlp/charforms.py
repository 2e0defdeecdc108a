"""字形: one character for one character, so that every offset stays – traditional, full width, formal numerals to plain."""

_TRADITIONAL = ""
_SIMPLIFIED = ""
_FORMAL = "壹贰叁肆伍陆柒捌玖拾佰仟〇○贰叄陸貳參圆圓伍俩"
_PLAIN = "一二三四五六七八九十百千零零二三六二三元元五两"
_WIDE = "".join(chr(c) for c in range(0xFF01, 0xFF5F))
_NARROW = "".join(chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F))
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_TABLE = str.maketrans(_FORMAL + _WIDE + _UPPER, _PLAIN + _NARROW.lower() + _UPPER.lower()) | str.maketrans(
    "—–－～〜￥", "---~~¥"
)


def fold(text: str) -> str:
    """`text` in plain characters and lower case, of the same length."""
    return text.translate(_TABLE)
