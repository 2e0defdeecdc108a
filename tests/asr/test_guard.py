import pytest

from asr import guard
from asr.transcriber import Segment


def _segment(text: str, seconds: float = 5.0, **figures: float) -> Segment:
    return Segment(text, 0, round(seconds * 1000), **figures)


@pytest.mark.parametrize(
    "text",
    [
        "字幕由志愿者提供",
        "中文字幕志愿者 李宗盛",
        "谢谢大家观看",
        "谢谢观看!",
        "感谢您的收看",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "Subtitles by the Amara.org community",
        "我们下期再见",
        "以下是普通话的句子",
        "精彩内容请关注我们的频道",
        "某某字幕组制作",
        "未经作者许可 不得转载",
        "Thank you for watching",
        "ご視聴ありがとうございました",
    ],
)
def test_ghost_lines(text: str) -> None:
    assert guard.doubt(_segment(text)) == "疑似字幕幻觉"


@pytest.mark.parametrize(
    "text",
    [
        "谢谢您。",
        "谢谢，再见。",
        "谢谢您的观点，我再看看。",
        "你那个视频我点赞了，订阅就算了。",
        "你们直播有字幕吗？我耳朵不好。",
        "那我们下期收益凭证再见面聊。",
        "字幕能不能放大一点",
        "李宗盛先生您好",
        "请不吝赐教",
        "订阅这只新债要多少钱",
        "我们下期再说吧",
        "感谢您的收看和支持，那我给您开一下权限。",
    ],
)
def test_real_lines_that_look_like_ghosts(text: str) -> None:
    assert guard.doubt(_segment(text)) is None


@pytest.mark.parametrize("text", ["我想买" * 12, "对" * 40, "好的" * 15, "嗯这个基金是这样的" * 5])
def test_loops(text: str) -> None:
    assert guard.doubt(_segment(text, 30)) == "文字循环重复"


@pytest.mark.parametrize(
    "text", ["对对对对", "好的好的好的好的", "不不不不不, 我不要", "嗯嗯嗯嗯嗯嗯", "可以可以可以", "一万一万的买"]
)
def test_real_repetition_is_no_loop(text: str) -> None:
    assert guard.doubt(_segment(text)) is None


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"no_speech_prob": 0.8, "avg_logprob": -1.2}, "可能没有人说话"),
        ({"avg_logprob": -1.8}, "识别把握太低"),
        ({"compression_ratio": 3.0}, "文字循环重复"),
        ({"seconds": 0.5}, "语速不可能"),
        ({"no_speech_prob": 0.8, "avg_logprob": -0.3}, None),
        ({"avg_logprob": -1.2}, None),
        ({"compression_ratio": 2.0}, None),
        ({"seconds": 1.6}, None),
    ],
)
def test_figures_of_the_engine(figures: dict[str, float], reason: str | None) -> None:
    assert guard.doubt(_segment("我有五十万想买一点基金", **figures)) == reason


def test_same_long_line_again_and_again() -> None:
    lines = [_segment(t) for t in ("请问您考虑得怎么样", "请问您考虑得怎么样", "请问您考虑得怎么样", "好", "好", "好")]
    assert guard.doubts(lines) == ["整句反复出现"] * 3 + [None] * 3
    assert guard.doubts(lines[:2]) == [None, None]  # asked twice


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("Thanks a lot, see you next week", True),
        ("はい、そうです", True),
        ("네 감사합니다", True),
        ("Спасибо", True),
        ("OK", False),
        ("QDII那个ETF", False),
        ("我用的是Level2和APP", False),
        ("沪深300ETF", False),
        ("の", False),
    ],
)
def test_another_language(text: str, foreign: bool) -> None:
    assert (guard.doubt(_segment(text)) == "不是中文") is foreign


def test_going_round_in_circles() -> None:
    circles = "那我们这边的话就是说那这边的话我们就是说" * 3
    assert guard.doubt(_segment(circles, 30)) == "文字循环重复"
    talk = (
        "我在华泰那边还有一个账户，里面有八十万左右，主要是科创板的股票，另外招商银行有一笔理财，二十万，下个月到期，"
        "到期以后我想先放着，等孩子上学的事情定下来再说。"
    )
    assert guard.doubt(_segment(talk, 30)) is None
