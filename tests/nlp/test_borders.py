"""Commas where no clause can end, and those that stand rightly."""

import pytest

from nlp import borders
from nlp.clean import clean


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("我想买可转,债", "我想买可转债"),
        ("我就,不开了", "我就不开了"),
        ("三十,万", "三十万"),
        ("钱放在,卡里", "钱放在卡里"),
        ("那个两融,的事", "那个两融的事"),
    ],
)
def test_a_wrong_border_is_dropped(raw: str, mended: str) -> None:
    assert clean(raw).text == mended
    assert all(raw[place] == char for char, place in zip(mended, clean(raw).origin, strict=True))


@pytest.mark.parametrize(
    "text", ["不，我不要", "指数，基金", "我要，这个不错", "好的，了解了", "十万，万一亏了呢", "还没，没想好", ""]
)
def test_a_right_border_stays(text: str) -> None:
    assert not borders.wrong(text)
