import pytest

from asr import numbers
from asr.edits import rewrite
from asr.transcriber import Turn
from dongke.types import Speaker


def _spoken(text: str) -> str:
    return rewrite(Turn(Speaker.CUSTOMER, text), numbers.as_spoken(text), "number").text


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("我有50万", "我有五十万"),
        ("1.5亿", "一点五亿"),
        ("年化2.8%左右", "年化百分之二点八左右"),
        ("万分之1.5", "万分之一点五"),
        ("2个人2万块，第2次，2月2号", "两个人两万块，第二次，二月二号"),
        ("200万", "两百万"),
        ("12345元", "一万二千三百四十五元"),
        ("1,000,000元", "一百万元"),
        ("10500块", "一万零五百块"),
        ("100005元", "十万零五元"),
        ("2026年3月15号", "二零二六年三月十五号"),
        ("14:30给您打", "十四点三十分给您打"),
        ("9:05", "九点零五分"),
        ("15:00收盘", "十五点收盘"),
        ("3-5万", "三到五万"),
        ("代码600519", "代码六零零五一九"),
        ("95588", "九五五八八"),
        ("688的和300的", "六八八的和三零零的"),
        ("跌到3000点", "跌到三千点"),
        ("0.5", "零点五"),
        ("我有 50 万", "我有 五十 万"),
        ("电话13800138000", "电话一三八零零一三八零零零"),
        ("电话138 0013 8000", "电话一三八 零零一三 八零零零"),  # digit by digit, so that the mask sees it
        ("138，0013，8000", "一三八，零零一三，八零零零"),
        ("密码123 456", "密码一二三 四五六"),
        ("尾号1234，工号是 1024", "尾号一二三四，工号是 一零二四"),
        ("3000、4000、5000点", "三千、四千、五千点"),
        ("3-5 万", "三到五 万"),
        ("3-5之间，分4-5次", "三到五之间，分四到五次"),
        ("按万2.5+印花税", "按万2.5+印花税"),
    ],
)
def test_as_spoken(written: str, spoken: str) -> None:
    assert _spoken(written) == spoken


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-15",
        "2026.3.15",
        "400-888-1234",
        "138-0013-8000",
        "1/3仓位",
        "192.168.0.1",
        "7:3",
        "v1.2.3",
        *["300ETF", "ETF300", "T+0", "R3到C4", "沪深300", "中证1000指数", "A50", "5G", "Level2", "五十万", "三五万吧"],
    ],
)
def test_names_and_what_is_spoken_already_stay(text: str) -> None:
    assert _spoken(text) == text


def test_an_index_is_a_name_but_money_behind_it_is_not() -> None:
    assert _spoken("创业板10万就行") == "创业板十万就行"
    assert _spoken("科创50跌了") == "科创50跌了"


def test_a_value_is_read_back() -> None:
    read = {
        0: "零",
        10: "十",
        110: "一百一十",
        1001: "一千零一",
        20_000: "两万",
        100_000_000: "一亿",
        1_0001_0000: "一亿零一万",
    }
    assert {n: numbers.value(n) for n in read} == read
