"""Sums, rates, times and numbers of broker talk in the many ways in which people say them."""

import random
import re
from collections.abc import Callable

from bench.demo_speech.spoken import DIGITS, number, one_by_one

ROUND = (
    1,
    2,
    3,
    5,
    6,
    8,
    10,
    12,
    15,
    18,
    20,
    25,
    30,
    35,
    40,
    45,
    50,
    60,
    70,
    80,
    90,
    100,
    120,
    150,
    200,
    300,
    500,
    800,
)
VAGUE = (
    "几万块|几千块钱|几十万|十几万|二十几万|上百万|一百来万|小几百万|两三万|四五万|七八万|三四百万|大几十万|"
    "百八十万|几百万|一两百万|一个亿|几个亿|万把块|五六千块|百十来万|千把块钱|半个亿"
).split("|")
BEFORE = ("", "", "", "", "", "大概", "差不多", "将近", "大约", "也就", "总共", "不到", "超过", "至少")
AFTER = ("", "", "", "左右", "上下", "吧", "的样子", "多一点", "不到")
TERMS = (
    "一个月|两个月|三个月|六个月|半年|九个月|一年|一年半|两年|三年|五年|十年|七天|十四天|二十八天|三十天|九十一天|一百八十天|"
    "三百六十五天|一个星期|两个礼拜|小半年|大半年|三五年|一两年"
).split("|")
YEARS = (
    "去年|前年|今年|明年|上半年|下半年|二零二四年|二零二五年|二零二六年|二零一五年|二零一八年|零八年|一五年|前几年|这几年|"
    "二零二零年|大前年|后年|去年年底|今年年初"
).split("|")
PARTS = ("早上", "上午", "中午", "下午", "傍晚", "晚上")


def _one(values: str) -> Callable[[random.Random], str]:
    return lambda chance: chance.choice(values.split("|"))


def amount(chance: random.Random) -> str:
    """五十万左右, 三千五百块, 小几百万 …"""
    said = re.sub("^二(?=[万千])", "两", _sum(chance))
    return chance.choice(BEFORE) + said + (chance.choice(AFTER) if chance.random() < 0.4 else "")


def _sum(chance: random.Random) -> str:
    draw = chance.random()
    if draw < 0.35:
        return number(chance.choice(ROUND)) + "万"
    if draw < 0.52:
        return number(chance.randint(1, 99)) + "万"
    if draw < 0.62:
        return number(chance.randint(100, 1500)) + "万"
    if draw < 0.69:
        return number(chance.randint(2, 98) * 100) + chance.choice(("块", "块钱", "元"))
    if draw < 0.74:
        first = chance.randint(1, 8)
        return DIGITS[first] + DIGITS[first + 1] + chance.choice(("十万", "万", "百万", "千块"))
    if draw < 0.81:
        return chance.choice(VAGUE)
    if draw < 0.88:
        return number(chance.randint(1, 9) * 1000 + chance.choice((0, 500, 200, 800))) + chance.choice(
            ("块", "块钱", "元")
        )
    if draw < 0.94:
        return number(chance.randint(1, 99)) + "万" + DIGITS[chance.randint(1, 9)] + chance.choice(("", "千"))
    return number(chance.randint(100, 99_999) * 100) + chance.choice(("", "元", "块"))


def percent(chance: random.Random) -> str:
    """百分之三点五, 两个点, 年化四点二 …"""
    draw, tenth, other = chance.random(), DIGITS[chance.randint(1, 9)], DIGITS[chance.randint(0, 9)]
    if draw < 0.45:
        whole = "百分之" + number(chance.randint(0, 30))
        return whole + ("点" + tenth + (other if chance.random() < 0.3 else "") if chance.random() < 0.6 else "")
    if draw < 0.62:
        return DIGITS[chance.randint(1, 9)] + "个点"
    if draw < 0.75:
        return DIGITS[chance.randint(0, 9)] + "点" + tenth + (other if chance.random() < 0.4 else "")
    if draw < 0.85:
        low = chance.randint(1, 8)
        return f"百分之{number(low)}到百分之{number(low + chance.randint(1, 4))}"
    return _one(
        "两三个点|三四个点|四五个点|五六个点|七八个点|十来个点|两个半点|一点几|二点几|百分之三到五|一半|三成|两成|一成多"
    )(chance)


def fee(chance: random.Random) -> str:
    """万分之一点五, 万一, 万二点五 …"""
    tail = ("", "", "点" + DIGITS[chance.randint(1, 9)], "点五", "点" + one_by_one(str(chance.randint(10, 99))))
    return chance.choice(("万分之", "万", "千分之")) + chance.choice("一二三零五八") + chance.choice(tail)


def clock(chance: random.Random) -> str:
    """两点半, 十点一刻 …"""
    hour = chance.randint(1, 12)
    minutes = _one("|||半|一刻|三刻|钟|十分|二十|四十|五十|四十五|零五分|整|十五|多|来钟")(chance)
    return ("两" if hour == 2 else number(hour)) + "点" + minutes


def when(chance: random.Random) -> str:
    """下午三点以后, 星期二上午 …"""
    part, draw = chance.choice(PARTS), chance.random()
    if draw < 0.35:
        return part + clock(chance)
    if draw < 0.5:
        return part + clock(chance) + _one("以后|之后|以前|之前|左右")(chance)
    if draw < 0.7:
        return weekday(chance) + part + (clock(chance) if chance.random() < 0.5 else "")
    if draw < 0.8:
        first = chance.randint(1, 9)
        return f"{part}{number(first)}点到{number(first + chance.randint(1, 3))}点"
    return chance.choice(("{day}", "{day}{part_of_day}", "{day}" + part + clock(chance)))


def weekday(chance: random.Random) -> str:
    return _one("||这|下|上|本|下下")(chance) + _one("周|星期|礼拜")(chance) + _one("一|二|三|四|五|六|天")(chance)


def term(chance: random.Random) -> str:
    if chance.random() < 0.7:
        return chance.choice(TERMS)
    return number(chance.randint(2, 400)) + "天" if chance.random() < 0.5 else number(chance.randint(2, 36)) + "个月"


def price(chance: random.Random) -> str:
    """十二块三毛五, 三十点二 …"""
    tens, units = DIGITS[chance.randint(1, 9)], DIGITS[chance.randint(1, 9)]
    tail = ("块", "块" + tens, f"块{tens}毛", f"块{tens}毛{units}", f"点{tens}{units}", "块钱")
    return number(chance.randint(2, 299)) + chance.choice(tail)


def number_plate(chance: random.Random) -> str:
    """Four digits of a telephone number; one is said 幺."""
    return one_by_one(f"{chance.randint(0, 9999):04}").replace("一", chance.choice("一幺"))


MADE: dict[str, Callable[[random.Random], str]] = {
    "amount": amount,
    "percent": percent,
    "fee": fee,
    "clock": clock,
    "when": when,
    "term": term,
    "price": price,
    "last_digits": number_plate,
    "day_of_month": lambda chance: number(chance.randint(1, 31)),
    "age": lambda chance: number(chance.randint(18, 89)),
    "small_number": lambda chance: (
        number(chance.randint(2, 30)).replace("二", "两") if chance.random() < 0.2 else number(chance.randint(2, 99))
    ),
    "index": lambda chance: number(chance.randint(2600, 5200)),
    "code": lambda chance: one_by_one(f"{chance.randint(0, 999_999):06}"),
    "shares": lambda chance: number(chance.choice((100, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000, 10_000))),
    "year": lambda chance: chance.choice(YEARS),
}
