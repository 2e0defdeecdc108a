"""通用数值: numbers, sums and times of written Chinese of any subject, in the shape of the public suites."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongke.errors import BadInput
from nlp.parse import parse, public_amounts, public_datetimes, public_numbers

TUESDAY = datetime(2013, 2, 12, 4, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("一千零十", 1010, 1010, ""),
        ("负四百零五亿", -40_500_000_000, -40_500_000_000, ""),
        ("三又二分之一", 3.5, 3.5, ""),
        ("5万4千6百", 54600, 54600, ""),
        ("1百01", 101, 101, ""),
        ("一 百 五 十", 150, 150, ""),
        ("3,000,000", 3_000_000, 3_000_000, ""),
        ("1.2M", 1_200_000, 1_200_000, ""),
        ("百分之三点五", 3.5, 3.5, "%"),
        ("2.5折", 25, 25, "%"),
        ("三成", 30, 30, "%"),
        ("五六十", 50, 60, ""),
        ("大于50", 50, None, ""),
        ("不超过三十", None, 30, ""),
        ("20~100", 20, 100, ""),
    ],
)
def test_numbers(text: str, low: float | None, high: float | None, unit: str) -> None:
    (found,) = public_numbers(text)
    assert (found["low"], found["high"], found["unit"]) == (low, high, unit)


@pytest.mark.parametrize("text", ["我一看你就笑", "他退伍了", "登陆", "万万", "对折", "苹果"])
def test_no_numbers(text: str) -> None:
    assert public_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("壹拾壹元壹角壹分", 11.11, 11.11, "CNY"),
        ("九十九块九毛九", 99.99, 99.99, "CNY"),
        ("至少三块零四", 3.04, None, "CNY"),
        ("两到三千澳元", 2000, 3000, "AUD"),
        ("十八至三十万日元", 180_000, 300_000, "JPY"),
        ("1万元--5万元", 10_000, 50_000, "CNY"),
        ("两个亿卢布", 200_000_000, 200_000_000, "RUB"),
        ("不到1.9万台币", None, 19_000, "TWD"),
        ("一点五万美元", 15_000, 15_000, "USD"),
        ("负壹角", -0.1, -0.1, "CNY"),
    ],
)
def test_sums(text: str, low: float | None, high: float | None, unit: str) -> None:
    (found,) = public_amounts(text)
    assert (found["low"], found["high"], found["unit"]) == (
        pytest.approx(low) if low is not None else None,
        pytest.approx(high) if high is not None else None,
        unit,
    )


@pytest.mark.parametrize("text", ["五角大楼", "三个人", "不足一个月", "元旦"])
def test_no_sums(text: str) -> None:
    assert public_amounts(text) == []


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2013年2月15号", "2013-02-15", "2013-02-16"),
        ("去年上半年", "2012-01-01", "2012-07-01"),
        ("下下周二", "2013-02-26", "2013-02-27"),
        ("6月第3个星期日", "2013-06-16", "2013-06-17"),
        ("明年母亲节", "2014-05-11", "2014-05-12"),
        ("农历八月十五", "2013-09-19", "2013-09-20"),
        ("圣诞节前一天", "2013-12-24", "2013-12-25"),
        ("三天后", "2013-02-15", "2013-02-16"),
        ("从2008年到2018年", "2008-01-01", "2019-01-01"),
    ],
)
def test_days_and_spans(text: str, start: str, end: str) -> None:
    (found,) = public_datetimes(text, TUESDAY)
    assert (found["start_iso"][:10], found["end_iso"][:10]) == (start, end)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("明天下午三点", "2013-02-13T15:00:00"),
        ("今晚八点半", "2013-02-12T20:30:00"),
        ("3:15pm", "2013-02-12T15:15:00"),
        ("十六时四十分", "2013-02-12T16:40:00"),
        ("半小时前", "2013-02-12T04:00:00"),
        ("晚上两点", "2013-02-13T02:00:00"),
    ],
)
def test_clock_times(text: str, start: str) -> None:
    (found,) = public_datetimes(text, TUESDAY)
    assert found["start_iso"] == start


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("两年半", {"type": "duration", "seconds": 78_840_000}),
        ("3小时05分", {"type": "duration", "seconds": 11_100}),
        ("每天晚上八点", {"type": "set", "set": {"unit": "day", "n": 1, "tod_start": "20:00"}}),
        ("每周一", {"type": "set", "set": {"unit": "week", "n": 1, "weekdays": [1]}}),
        ("隔15分钟", {"type": "set", "set": {"unit": "minute", "n": 15}}),
    ],
)
def test_durations_and_habits(text: str, expected: dict[str, Any]) -> None:
    (found,) = public_datetimes(text, TUESDAY)
    assert {k: v for k, v in found.items() if k not in ("start", "end")} == expected


@pytest.mark.parametrize("text", ["加七点八", "身份证号140302197706220124。", "这个玩具一点都不好玩。", "指数下降"])
def test_no_times(text: str) -> None:
    assert public_datetimes(text, TUESDAY) == []


def test_what_is_missing_is_said() -> None:
    with pytest.raises(BadInput, match="reference-missing"):
        public_datetimes("明天", None)
    with pytest.raises(BadInput, match="reference-missing"):
        parse("dates", "明天")
    with pytest.raises(BadInput, match="kind-unknown"):
        parse("weather", "晴", TUESDAY)  # type: ignore[arg-type]


@given(
    st.text(
        alphabet="零一二三四五六七八九十百千万亿年月日号点分之半到至前后周天每个%.-/:，0123456789元块折成 ", max_size=16
    )
)
def test_any_text_is_read_without_fault(text: str) -> None:
    for read in (public_numbers, public_amounts, public_datetimes):
        assert all(0 <= f["start"] < f["end"] <= len(text) for f in read(text, TUESDAY))
