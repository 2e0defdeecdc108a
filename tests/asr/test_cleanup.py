import pytest

from asr import cleanup


@pytest.mark.parametrize(
    ("text", "plain"), [("我想買五十萬基金", "我想买五十万基金"), ("轉戶", "转户"), ("开通科创板ETF", "开通科创板ETF")]
)
def test_traditional_becomes_simplified(text: str, plain: str) -> None:
    assert cleanup.simplify(text) == plain
