import pytest

from nlp.clean import clean


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("收咗幾百萬", "收了几百万"),
        ("ＥＴＦ我要", "etf我要"),
        ("就那个 我想弄一个", "就那个，我想弄一个"),
        ("不要不要不要,主动的", "不要，主动的"),
        ("三千,500.5块", "三千，500.5块"),
        ("1,200,000元", "1200000元"),
        ("我呃想问一下", "我想问一下"),
        ("好的[捂脸]再说", "好的再说"),
        ("融资融卷怎么开", "融资融券怎么开"),
        ("那个用金也该调了", "那个佣金也该调了"),
        ("北教所的权限", "北交所的权限"),
    ],
)
def test_what_is_put_right(raw: str, text: str) -> None:
    assert clean(raw).text == text


@pytest.mark.parametrize("raw", ["备用金", "太激进了", "改了大半年", "二零二零年", "心里才踏实", "六六大顺", "起火了"])
def test_what_looks_wrong_and_is_not(raw: str) -> None:
    assert clean(raw).text == raw


def test_every_character_knows_where_it_stood() -> None:
    raw = "嗯 我那个我那个票,ＴＭ六個點"
    text, origin = clean(raw)
    assert len(text) == len(origin)
    assert raw[origin[text.index("票")]] == "票"
    assert raw[origin[text.index("个点")]] == "個"


@pytest.mark.parametrize("raw", ["", " ", "…", "[图片]", "😭", "\x00\u200b", "a" * 500])
def test_odd_texts_do_no_harm(raw: str) -> None:
    text, origin = clean(raw)
    assert len(text) == len(origin) <= len(raw)
