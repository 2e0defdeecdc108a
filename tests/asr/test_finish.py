from asr.finish import finish, masked
from asr.transcriber import Transcript, Turn, Word
from dongke.types import Speaker

CUSTOMER = Speaker.CUSTOMER


def _turn(*words: tuple[str, int, int]) -> Turn:
    timed = tuple(Word(*w) for w in words)
    return Turn(CUSTOMER, "".join(w.text for w in timed), timed[0].start_ms, timed[-1].end_ms, timed)


def _told(turn: Turn) -> list[tuple[str, str, str]]:
    return [(turn.text[e.start : e.end], e.original, e.kind) for e in turn.edits]


def test_what_an_engine_heard_is_made_readable_and_every_edit_is_logged() -> None:
    heard = _turn(
        ("我想買", 0, 500), ("50", 500, 700), ("萬的", 700, 900), ("固收家", 900, 1400), ("可以吗", 1800, 2300)
    )
    (turn,) = finish(Transcript((heard,), "m@1")).turns
    assert turn.text == "我想买五十万的固收加，可以吗？"
    assert "".join(w.text for w in turn.words) == turn.text
    assert [(w.text, w.start_ms) for w in turn.words][3:] == [("固收加，", 900), ("可以吗？", 1800)]
    assert _told(turn) == [
        ("买", "買", "simplified"),
        ("五十", "50", "number"),
        ("万", "萬", "simplified"),
        ("固收加", "固收家", "term"),
        ("，", "", "mark"),
        ("？", "", "mark"),
    ]


def test_an_engine_that_punctuates_is_left_alone() -> None:
    heard = _turn(("好的，", 0, 500), ("我再想想。", 1500, 2500), ("你明天打", 3100, 3500))
    assert finish(Transcript((heard,), "m@1")).turns[0].text == "好的，我再想想。你明天打"


def test_marks_by_pauses() -> None:
    def text(*words: tuple[str, int, int]) -> str:
        return finish(Transcript((_turn(*words),), "m@1")).turns[0].text

    assert text(("我有", 0, 500), ("五十万", 510, 1000)) == "我有五十万。"
    assert text(("我有五十万", 0, 900), ("想买基金", 1150, 2000)) == "我有五十万，想买基金。"
    assert text(("我没有", 0, 900), ("你说吧", 1500, 2000)) == "我没有。你说吧。"
    assert text(("考虑好了没有", 0, 900), ("什么时候", 1500, 2000)) == "考虑好了没有？什么时候？"
    assert text(("不知道买什么", 0, 900), ("再见", 1500, 2000)) == "不知道买什么。再见。"
    assert text(("好", 0, 200), ("的", 450, 600)) == "好的。"  # no mark inside a word


def test_without_word_times_there_are_no_marks() -> None:
    assert finish(Transcript((Turn(CUSTOMER, "我有50万", 0, 900),), "m@1")).turns[0].text == "我有五十万"


def test_no_mark_comes_into_a_number_that_is_read_out_slowly() -> None:
    heard = _turn(
        ("我电话", 0, 400), ("138", 500, 900), ("0013", 1500, 2000), ("8000", 2700, 3000), ("你记", 3600, 4000)
    )
    finished = finish(Transcript((heard,), "m@1"))
    assert finished.turns[0].text == "我电话一三八零零一三八零零零。你记。"
    assert masked(finished).turns[0].text == "我电话***********。你记。"


def test_a_number_in_groups_or_over_several_turns_does_not_become_an_amount() -> None:
    said = ("卡号6222 0212 3456 7890 123", "我电话138", "0013", "8000", "一共3000、4000、5000点")
    turns = tuple(Turn(CUSTOMER, text, n * 9000, n * 9000 + 3000) for n, text in enumerate(said))
    stored = masked(finish(Transcript(turns, "m@1"))).turns
    assert [t.text for t in stored] == [
        "卡号**** **** **** **** ***",
        "我电话***",
        "****",
        "****",
        "一共三千、四千、五千点",
    ]
    assert not any(digits in str([t.to_json() for t in stored]) for digits in ("138", "0013", "6222", "一三八"))


def test_personal_numbers_are_masked_after_all_edits() -> None:
    heard = _turn(("电话", 0, 500), ("13800138000", 500, 2500))
    (turn,) = masked(finish(Transcript((heard,), "m@1"))).turns
    assert turn.text == "电话***********。"
    assert "138" not in str(turn.to_json())
    (amount,) = masked(finish(Transcript((_turn(("我有", 0, 500), ("1000000元", 500, 2500)),), "m@1"))).turns
    assert amount.text == "我有一百万元。"
