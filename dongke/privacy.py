"""脱敏: telephone, ID-card, bank-card and account numbers become `*` before text is stored or logged.

The mask keeps the length, so every character offset of evidence stays true. Spoken digits (幺三八…) count.
Amounts are not touched: a run of digits followed by 万, 元, 块 … is money.
"""

import re

DIGIT = "0-9０-９零〇幺一二三四五六七八九两"  #: in brackets of a pattern: a digit, written or spoken
_SEPARATOR = "[ \\-–—,，、。]{0,3}"
#: eleven digits and more, written or spoken, with nothing but marks between them: no amount is read out like that
_LONG_RUN = re.compile(f"(?<![{DIGIT}.])(?:[{DIGIT}]{_SEPARATOR}){{10,22}}[{DIGIT}Xx](?![{DIGIT}万亿元块])")
#: a shorter run that its own words name: 尾号四个六 stays, 资金账号 8 digits goes
_NAMED_RUN = re.compile(
    f"(?:账号|帐号|账户号|卡号|身份证|证件号|客户号|密码|验证码)[^0-9零幺一二三四五六七八九]{{0,4}}"
    f"((?:[{DIGIT}]{_SEPARATOR}){{5,22}}[{DIGIT}Xx])"
)
_KEEP = re.compile(f"[^{DIGIT}Xx]")
_NUMBER = re.compile(f"[{DIGIT}]+")
_PLAIN = str.maketrans("０１２３４５６７８９零〇幺一二三四五六七八九两", "0123456789" + "001" + "1234567892")


def mask(text: str) -> str:
    """The text with personal numbers replaced by `*`, of the same length."""
    if len(text) < 6:
        return text
    text = _NAMED_RUN.sub(_mask_group, text)
    return _LONG_RUN.sub(lambda m: m.group() if _is_list(m.group()) else _stars(m.group()), text)


def digits_of(text: str) -> str:
    """The digits of the text, written or spoken, as 0 to 9."""
    return "".join(_NUMBER.findall(text)).translate(_PLAIN)


def _is_list(run: str) -> bool:
    """Years or round numbers one after the other: 2023、2024、2025; 3000, 3500, 4000."""
    numbers = [digits_of(number) for number in _NUMBER.findall(run)]
    return len(numbers) > 1 and all(n.endswith("00") or re.fullmatch("(?:19|20)[0-9]{2}", n) for n in numbers)


def _mask_group(match: re.Match[str]) -> str:
    start = match.start(1) - match.start()
    return match.group()[:start] + _stars(match.group(1))


def _stars(run: str) -> str:
    return "".join(c if _KEEP.match(c) else "*" for c in run)
