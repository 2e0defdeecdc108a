import pytest

from tests.nlp.talk import said

TAG = "churn.risk"


@pytest.mark.parametrize(
    ("lines", "polarity", "action"),
    [
        (["我想销户, 怎么弄"], "affirmed", "close_account"),
        (["下周我就把股票都转到华泰去"], "affirmed", "transfer_out"),
        (["利率不降我就把票转走"], "affirmed", "transfer_out"),
        (["华泰给我佣金万一, 你们呢"], "affirmed", "compare"),
        (["A: 您是要转户吗?", "C: 不转, 用惯了"], "negated", "transfer_out"),
        (["我想销户", "A: 我给您降佣金", "C: 那先不销了"], "negated", "close_account"),
        (["A: 听说您要把票转到银河去?", "C: 气话, 我不走"], "negated", "transfer_out"),
    ],
)
def test_leaving_and_staying(lines: list[str], polarity: str, action: str) -> None:
    assert said(TAG, *lines) == [(polarity, {"action": action})]


@pytest.mark.parametrize(
    "lines",
    [
        ["我以前在招商, 去年全转过来了"],
        ["我同事销户了"],
        ["把钱转过来你们这边"],
        ["华泰天天找我, 我懒得搭理"],
        ["两融账户给我销了"],
        ["我取点钱交首付"],
        ["银行定期利息才一点几"],
        ["这只股票走势不好"],
        ["工行那张卡注销了"],
        ["基金先不动, 放着吧"],
    ],
)
def test_what_is_no_risk(lines: list[str]) -> None:
    assert said(TAG, *lines) == []
