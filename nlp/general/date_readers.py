"""日子的读法: what each pattern of nlp.general.dates means, as (from, before, grain), resolved against `now`."""

import re
from datetime import date, datetime, timedelta

from nlp.general import periods as p
from nlp.general.numbers import number_value
from nlp.times import festivals
from nlp.times.calendar import add_months, day_of, weekday, year_of

Found = tuple[datetime, datetime, str] | None
_REL_YEAR = {
    "今": 0,
    "本": 0,
    "这": 0,
    "这一": 0,
    "同": 0,
    "当": 0,
    "明": 1,
    "来": 1,
    "下": 1,
    "下一": 1,
    "后": 2,
    "大后": 3,
}
_REL_YEAR |= {"去": -1, "上": -1, "上一": -1, "前": -2, "大前": -3}
_SEASONS = {"春": (3, 6), "夏": (6, 9), "秋": (9, 12), "冬": (12, 15)}


def _int(said: str | None) -> int:
    value = number_value(said) if said else None
    return int(value) if value is not None else 0


def said_year(m: re.Match[str], now: datetime) -> int | None:
    """The year of a match of `_YEAR`."""
    if m["yr"]:
        return now.year + _REL_YEAR[m["yr"]]
    if m["y"] or m["ya"]:
        return year_of(m["y"] or m["ya"])
    two = year_of(m["y2"]) if m["y2"] else None
    return None if two is None else two - 100 if two > now.year + 30 else two


def year(m: re.Match[str], now: datetime) -> Found:
    y = said_year(m, now)
    return (*p.year(y), "year") if y and 1 <= y < 9999 else None


def in_year(m: re.Match[str], now: datetime) -> Found:
    """2013年2月, 去年上半年, 今年第一季度, 明年母亲节, 2013年的第二天, 明年初."""
    y = said_year(m, now)
    if not y or not 1 <= y < 9990:
        return None
    if m["half"]:
        return (*p.month(y, 7 if m["half"] in "下后" else 1, 6), "half")
    if m["q"]:
        return (*p.month(y, 3 * ("一二三四1234首".index(m["q"]) % 4) + 1 if m["q"] != "首" else 1, 3), "quarter")
    if m["season"]:
        return (*p.month(y, _SEASONS[m["season"]][0], 3), "quarter")
    if m["begin"]:
        return (
            (*p.month(y, 1, 2), "month")
            if m["begin"] == "初"
            else (*p.month(y, 12 if m["begin"] in "底末" else 6), "month")
        )
    if m["nth"]:
        return _nth(p.year(y)[0], m["nth"], m["unit"])
    if m["first"]:
        months = _int(m["first"])
        return (*p.month(y, 1 if m["side"] == "前" else 13 - months, months), "range") if 0 < months < 12 else None
    if m["today"]:
        d = day_of(y, now.month, now.day)
        return (*p.day(d), "day") if d else None
    if "fest" in m.groupdict():
        eve = m["fest"] in ("除夕", "大年三十")
        d = festival_day(m["fest"], y + 1 if eve else y)
        return (*p.day(d), "day") if d else None
    return None


def lunar(m: re.Match[str], now: datetime) -> Found:
    """农历八月十五, 冬月初八, 正月初二: this lunar year's, or the next one to come for 正月 and 冬月, 腊月."""
    month_number = _LUNAR_MONTHS.get(m["lm"]) or _int(m["lm"])
    number = _int(m["d"].removeprefix("初")) if m["d"] else 1
    y = said_year(m, now)
    years = [y] if y else [now.year - 1, now.year, now.year + 1]
    days = [d for year in years if (d := festivals.lunar_day(month_number, number, year))]
    d = next((d for d in days if y or d >= now.date()), None)
    if d is None:
        return None
    return (*p.day(d), "day") if m["d"] else (*p.day(d, 30), "range")


_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def _nth(base: datetime, nth: str, unit: str) -> Found:
    n = _int(nth)
    if unit == "天":
        return (*p.day(base.date() + timedelta(n - 1)), "day")
    if unit in ("个月", "月"):
        first = add_months(base.date(), n - 1)
        return (*p.month(first.year, first.month), "month")
    if unit in ("季度", "个季度"):
        first = add_months(base.date(), 3 * (n - 1))
        return (*p.month(first.year, first.month, 3), "quarter")
    first = base.date() + timedelta((7 - base.weekday()) % 7 + 7 * (n - 1))
    return (*p.day(first, 7), "week")


def _month_of(m: re.Match[str], now: datetime) -> tuple[int, int] | None:
    """(year, month) of 2013年2月, 下个月, 五月."""
    groups = m.groupdict()
    if groups.get("mrel"):
        first = add_months(now.date().replace(day=1), _steps(m["mrel"]))
        return (now.year + _REL_YEAR[m["yr"]], first.month) if groups.get("yr") else (first.year, first.month)
    month = _int(m["mon"])
    if not 1 <= month <= 12:
        return None
    if any(groups.get(k) for k in ("y", "ya", "y2", "yr")):
        y = said_year(m, now)
        return (y, month) if y and 1 <= y < 9990 else None
    return now.year, month


def _steps(said: str) -> int:
    return said.count("下") - said.count("上")


def month(m: re.Match[str], now: datetime) -> Found:
    """2013年2月, 五月, 下个月, 十二月底, 上月第一周."""
    found = _month_of(m, now)
    if not found:
        return None
    y, month = found
    first = date(y, month, 1)
    if m["xun"]:
        a, b = {
            "上": (1, 11),
            "中": (11, 21),
            "下": (21, 0),
            "初": (1, 6),
            "底": (25, 0),
            "末": (25, 0),
            "中旬": (11, 21),
        }[m["xun"]]
        end = add_months(first, 1) if not b else date(y, month, b)
        return p.midnight(date(y, month, a)), p.midnight(end), "range"
    if m["nth"]:
        return _nth(p.midnight(first), m["nth"], m["unit"])
    if m["nw"] or m["last"]:
        return _nth_weekday(first, m)
    return (*p.month(y, month), "month")


def _nth_weekday(first: date, m: re.Match[str]) -> Found:
    """6月第3个星期日, 8月的最后一个星期一."""
    w = weekday(m["w"])
    if m["last"]:
        last = add_months(first, 1) - timedelta(1)
        return (*p.day(last - timedelta((last.weekday() - w) % 7)), "day")
    return (*p.day(first + timedelta((w - first.weekday()) % 7 + 7 * (_int(m["nw"]) - 1))), "day")


def month_day(m: re.Match[str], now: datetime) -> Found:
    """2013年2月15号, 下个月9号, 八月二十八."""
    found = _month_of(m, now)
    d = found and day_of(*found, _int(m["d"]))
    if found and not d and not any(m.groupdict().get(k) for k in ("y", "ya", "y2", "yr", "mrel")):
        d = next((x for y in range(now.year, now.year + 9) if (x := day_of(y, found[1], _int(m["d"])))), None)
    return (*p.day(d), "day") if d else None


def digits(m: re.Match[str], now: datetime) -> Found:
    """2015-03-03, 2010.01.29, 2022 11 23, 27-7-3."""
    y = year_of(m["ny"])
    d = y and day_of(y, int(m["nm"]), int(m["nd"]))
    return (*p.day(d), "day") if d else None


def digits_last(m: re.Match[str], now: datetime) -> Found:
    """13.5.2015, 3/3/2015: day and month first."""
    a, b = int(m["na"]), int(m["nb"])
    d = day_of(int(m["ny"]), b, a) or day_of(int(m["ny"]), a, b)
    return (*p.day(d), "day") if d else None


def digits_month(m: re.Match[str], now: datetime) -> Found:
    month = int(m["nm"])
    return (*p.month(int(m["ny"]), month), "month") if 1 <= month <= 12 else None


def digits_day(m: re.Match[str], now: datetime) -> Found:
    """12/1, 09-01: month and day of this year."""
    d = day_of(now.year, int(m["nm"]), int(m["nd"]))
    return (*p.day(d), "day") if d else None


def numbered(m: re.Match[str], now: datetime) -> Found:
    for months in range(4):
        first = add_months(now.date().replace(day=1), months)
        d = day_of(first.year, first.month, _int(m["d"]))
        if d:
            return (*p.day(d), "day")
    return None


_DAYS = {
    "今": 0,
    "明": 1,
    "后": 2,
    "大后": 3,
    "外后": 3,
    "昨": -1,
    "前": -2,
    "大前": -3,
    "次": 1,
    "翌": 1,
    "当": 0,
    "本": 0,
}


def relative_day(m: re.Match[str], now: datetime) -> Found:
    return (*p.day(now.date() + timedelta(_DAYS[m["rel"]])), "day")


def week(m: re.Match[str], now: datetime) -> Found:
    """下下周二, 这礼拜, 本周末, 上上上周."""
    start = now.date() - timedelta(now.weekday()) + timedelta(7 * _steps(m["rel"]))
    if m["w"]:
        return (*p.day(start + timedelta(weekday(m["w"]))), "day")
    return (*p.day(start + timedelta(5), 2), "range") if m["end"] else (*p.day(start, 7), "week")


def bare_weekday(m: re.Match[str], now: datetime) -> Found:
    if m["end"]:
        return (*p.day(now.date() + timedelta((5 - now.weekday()) % 7), 2), "range")
    w = weekday(m["w"])
    return (*p.day(now.date() + timedelta((w - now.weekday()) % 7)), "day")


def half_or_quarter(m: re.Match[str], now: datetime) -> Found:
    if m["half"]:
        return (*p.month(now.year, 7 if m["half"] == "下" else 1, 6), "half")
    if m["qrel"]:
        first = add_months(p.floor(now, "季").date(), 3 * _steps(m["qrel"]))
        return (*p.month(first.year, first.month, 3), "quarter")
    return (*p.month(now.year, 3 * ("一二三四1234".index(m["q"]) % 4) + 1, 3), "quarter")


def festival(m: re.Match[str], now: datetime) -> Found:
    d = festival_day(m["fest"], now.year)
    if d and d < now.date():
        d = festival_day(m["fest"], now.year + 1)
    return (*p.day(d), "day") if d else None


_NTH_FESTIVALS = {"母亲": (5, 6, 2), "父亲": (6, 6, 3), "感恩": (11, 3, 4)}
_FIXED = {
    "情人": (2, 14),
    "圣瓦伦丁": (2, 14),
    "植树": (3, 12),
    "愚人": (4, 1),
    "青年": (5, 4),
    "建党": (7, 1),
    "建军": (8, 1),
}
_FIXED |= {
    "八一建军": (8, 1),
    "教师": (9, 10),
    "万圣": (10, 31),
    "光棍": (11, 11),
    "阳历新年": (1, 1),
    "新年": (1, 1),
    "妇女": (3, 8),
}
_FIXED |= {"儿童": (6, 1), "劳动": (5, 1), "春分": (3, 20), "夏至": (6, 21), "秋分": (9, 23), "冬至": (12, 22)}


def festival_day(name: str, y: int) -> date | None:
    """The day of a festival, the Western and the movable ones too."""
    if name in _NTH_FESTIVALS:
        month, w, n = _NTH_FESTIVALS[name]
        first = date(y, month, 1)
        return first + timedelta((w - first.weekday()) % 7 + 7 * (n - 1))
    if name in _FIXED:
        return date(y, *_FIXED[name])
    return festivals.festival(name, y)
