"""单位: what follows a numeral – yuan, a foreign currency, things counted, or nothing."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from nlp.amount_context import cues
from nlp.numeral_sections import DIGITS, Numeral

_YUAN = re.compile(
    r"\s?(?P<ge>个)?(?P<came>[多来])?(?:(?P<kuai>块)(?!儿|(?:地|头|板|业务|内容|牌|表|屏|玻璃|砖|蛋糕|肉|糖|石|布"
    r"|领域|市场|链|方面|田|钢板|手表|金牌))"
    r"|(?P<yuan>[元圆](?!旦|月|宵|素|宇宙|老|气|件|首|年|朝|件)|rmb|cny|人民币|软妹币|大洋|大元))"
)
_AFTER_YUAN = re.compile(
    r"(?P<more>多|来"
    r"|几(?!毛))?(?P<zero>零)?(?:(?P<mao>[一二三四五六七八九两几\d])[毛角](?:(?P<fen>[一二三四五六七八九\d])分?)?"
    r"|(?P<short>[一二三四五六七八九][一二三四五六七八九]?|\d(?!\d"
    r"|\.))(?P<stop>[年月天日号个只手股点倍次位人份笔张条万千百十%万家会起下直])?)?"
)
_MONEY_WORD = re.compile(r"(?:现金|大洋)?(?:块|元)?(?:钱|人民币|rmb|整)(?!包)")
_MAO = re.compile(
    r"(?P<unit>毛|角(?=钱|[一二三四五六七八九\d]分|$|[,的吧呢了])|分钱)(?!利|病|巾|衣|主席|骨"
    r"|坯)(?:(?P<fen>[一二三四五六七八九\d])分?(?![\d十]))?"
)
_SMALL = {"毛": Decimal("0.1"), "角": Decimal("0.1"), "分钱": Decimal("0.01")}
_A_BIT = re.compile(r"多一?点")  # 六万多点: a little more, not points
_GE = re.compile(r"个(?:多|来)?(?!亿|w)")


@dataclass(frozen=True, slots=True)
class Counted:
    """A numeral with its unit. `kind`: yuan, foreign, counted, ge (个, nothing named), none. `number` is in yuan for
    yuan."""

    number: Numeral
    end: int
    kind: str


def unit_after(t: str, n: Numeral) -> Counted:
    """Reads the unit behind the numeral; 块 takes the 毛 and 分 that follow it."""
    foreign = cues()["foreign"].match(t, n.end)
    if foreign and t[foreign.end() - 1] != "人":
        return Counted(n, foreign.end(), "foreign")
    yuan = _yuan(t, n) or _small_change(t, n)
    if yuan:
        return yuan
    counted = None if _A_BIT.match(t, n.end - 1) else cues()["counted"].match(t, n.end)
    ge = _GE.match(t, n.end)
    if ge and (not counted or counted.end() == ge.end()):
        return Counted(n, ge.end(), "ge")
    if counted:
        return Counted(n, counted.end(), "counted")
    return Counted(n, n.end, "none")


def _yuan(t: str, n: Numeral) -> Counted | None:
    m = _YUAN.match(t, n.end)
    if not m or m["ge"]:
        return None
    if m["came"] == "多":
        n = n.more(n.end)
    end = m.end()
    if not n.great or m["kuai"]:
        n, end = _with_change(t, n, end)
    word = _MONEY_WORD.match(t, end)
    return Counted(n, word.end() if word else end, "yuan")


def _with_change(t: str, n: Numeral, end: int) -> tuple[Numeral, int]:
    """十块|五, 三元|二角五分, 一块|多."""
    m = _AFTER_YUAN.match(t, end)
    if not m or n.fuzzy:
        return n, end
    if m["more"] and not m["mao"] and not m["short"]:
        more = n.more(n.end) if m["more"] != "来" and t[m.end() : m.end() + 1] != "少" else n
        return more, m.end()
    if m["mao"]:
        return n.plus(_change(m["mao"], m["fen"], m.end())), m.end()
    if m["short"] and not m["stop"] and t[end - 1] == "块" and not m["more"]:
        return n.plus(_short_change(m["short"], m.end())), m.end()
    return n, end


def _change(mao: str, fen: str | None, end: int) -> Numeral:
    low, high = (2, 9) if mao == "几" else (_digit(mao), _digit(mao))
    cents = Decimal(_digit(fen)) / 100 if fen else Decimal(0)
    tenth = Decimal("0.1")
    return Numeral(low * tenth + cents, high * tenth + cents, end, end, step=tenth)


def _short_change(digits: str, end: int) -> Numeral:
    low, high = _digit(digits[0]), _digit(digits[-1])
    return Numeral(low * Decimal("0.1"), high * Decimal("0.1"), end, end, step=Decimal("0.1"))


def _digit(c: str) -> int:
    return int(DIGITS[c]) if c in DIGITS else int(c)


def _small_change(t: str, n: Numeral) -> Counted | None:
    m = _MAO.match(t, n.end)
    if not m or n.great or n.code:
        return None
    value = n.times(_SMALL[m["unit"]])
    if m["fen"] and m["unit"] != "分钱":
        cents = Decimal(_digit(m["fen"])) / 100
        value = value.plus(Numeral(cents, cents, m.end(), m.end()))
    end = m.end() + t.startswith("钱", m.end())
    return Counted(replace(value, end=end), end, "yuan")
