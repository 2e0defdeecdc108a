import pytest

from dongke.privacy import mask


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("我电话13800138000你记一下", "我电话***********你记一下"),
        ("打138-0013-8000", "打***-****-****"),
        ("幺三八零零幺三八零零零", "***********"),
        ("身份证110101199003077758", "身份证******************"),
        ("卡号6222 0200 1234 5678 901", "卡号**** **** **** **** ***"),
        ("资金账号是30012345", "资金账号是********"),
        ("验证码 482913", "验证码 ******"),
    ],
)
def test_personal_numbers_are_masked(said: str, stored: str) -> None:
    assert mask(said) == stored
    assert len(stored) == len(said)


@pytest.mark.parametrize(
    "said",
    [
        "我账上还有五十万闲着",
        "大概一百二十三万四千五百六十七块",
        "1234567890123元",
        "代码600519涨到一千八",
        "尾号四个六那张卡",
        "二零二六年六月三十号到期",
        "两点到四点, 三千五千都行",
    ],
)
def test_amounts_dates_and_codes_stay(said: str) -> None:
    assert mask(said) == said
