"""Written Chinese as it is read aloud: numerals in characters, five marks, acronyms by their letters."""

import re
import unicodedata

DIGITS = "零一二三四五六七八九"
MARKS = "，、。？！"
STOPS = "。？！"
ACRONYM = 5  #: longest run of Latin letters that is spelled out
_LIKE_COMMA = ",;；:：()（）—-/\n"
_SILENT = "~～…“”\"'《》‘’·「」"
_TABLE = str.maketrans({**dict.fromkeys(_LIKE_COMMA, "，"), **dict.fromkeys(_SILENT, ""), "?": "？", "!": "！"})
_SPELLED = {"app": "APP", "etf": "ETF", "ok": "OK", "vip": "VIP", "reits": "REITS", "lof": "LOF", "fof": "FOF"}
_READABLE = re.compile(f"[一-鿿A-Z{MARKS}]+")
_HAN = re.compile("[一-鿿]")


def number(value: int) -> str:
    """A whole number as it is said: 1050 is 一千零五十."""
    if value >= 10**8:
        return number(value // 10**8) + "亿" + _rest(value % 10**8, 10**7)
    if value >= 10_000:
        return number(value // 10_000) + "万" + _rest(value % 10_000, 1000)
    if value >= 1000:
        return DIGITS[value // 1000] + "千" + _rest(value % 1000, 100)
    if value >= 100:
        return DIGITS[value // 100] + "百" + _rest(value % 100, 10)
    if value >= 20:
        return DIGITS[value // 10] + "十" + (DIGITS[value % 10] if value % 10 else "")
    if value >= 10:
        return "十" + (DIGITS[value % 10] if value % 10 else "")
    return DIGITS[value]


def _rest(value: int, place: int) -> str:
    """What follows a unit: a gap in the places is said 零, and ten is 一十 inside a number."""
    if value == 0:
        return ""
    said = number(value)
    return ("零" if value < place else "") + ("一" + said if 10 <= value % 100 < 20 and value < 20 else said)


def one_by_one(digits: str) -> str:
    """Digits as they are dictated."""
    return "".join(DIGITS[int(c)] for c in digits)


def decimal(text: str) -> str:
    """ "3.25" is 三点二五."""
    whole, _, part = text.partition(".")
    return number(int(whole)) + ("点" + one_by_one(part) if part else "")


def spoken(text: str) -> str | None:
    """The text as a sequence of characters, capitals and marks that can be read out; None where something cannot."""
    text = re.sub(r"\[[^\]]*\]", "", unicodedata.normalize("NFC", text)).replace("％", "%")
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
    text = re.sub(r"([0-9])\s*[-—~～]\s*(?=[0-9])", r"\1到", text)
    text = re.sub(r"(?<=[A-Za-z])\s+(?=[A-Za-z])", "，", text.translate(_TABLE))
    text = _latin(_numerals(re.sub(r"\s+", "，", text)))
    return _marks(text.replace(".", "。").replace("+", "加"))


def _numerals(text: str) -> str:
    text = re.sub(r"([0-9]+(?:\.[0-9]+)?)%", lambda m: "百分之" + decimal(m[1]), text)
    text = re.sub(r"([0-9]+(?:\.[0-9]+)?)[wW]", lambda m: decimal(m[1]) + "万", text)
    text = re.sub(r"(?<![0-9])((?:19|20)[0-9]{2})(?=年)", lambda m: one_by_one(m[1]), text)
    text = re.sub(r"(?<![0-9.])(?:[0-9]{5,}|0[0-9]+)(?![0-9]*\.)", lambda m: one_by_one(m[0]), text)
    return re.sub(r"[0-9]+(?:\.[0-9]+)?", lambda m: decimal(m[0]), text)


def _latin(text: str) -> str:
    def spelled(found: re.Match[str]) -> str:
        word = found[0]
        return _SPELLED.get(word.lower(), word if len(word) <= ACRONYM else "#")

    return re.sub("[A-Za-z]+", spelled, text)


def _marks(text: str) -> str | None:
    """One mark at a time, the strongest; a stop at the end; None where nothing or something unreadable is left."""
    text = re.sub(f"[{MARKS}]*([{STOPS}])[，、]*", r"\1", text)
    text = re.sub("[，、]*，[，、]*", "，", text).strip("，、").lstrip(STOPS)
    if not _HAN.search(text) or not _READABLE.fullmatch(text):
        return None
    return text if text[-1] in STOPS else text + "。"


def sentences(text: str) -> list[str]:
    """Its sentences, each with its stop."""
    return re.findall(f"[^{STOPS}]+[{STOPS}]?", text)


def clauses(text: str) -> list[str]:
    """Its clauses without marks."""
    return [part for part in re.split(f"[{MARKS}]", text) if part]


def bare(text: str) -> str:
    """Without marks: what character error rates are counted on."""
    return re.sub(f"[{MARKS}\\s]", "", text)
