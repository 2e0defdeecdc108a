"""Personal numbers in whole conversations, and the numbers that only look like them."""

import pytest

from asr.masking import mask_all, mask_turn
from asr.transcriber import Edit, Turn, Word
from dongke.types import Speaker

CUSTOMER = Speaker.CUSTOMER


@pytest.mark.parametrize(
    "turns",
    [
        [("customer", "幺三八零"), ("customer", "零零幺三"), ("customer", "八零零零")],
        [
            ("customer", "幺三八"),
            ("advisor", "嗯"),
            ("customer", "零零幺三"),
            ("advisor", "对"),
            ("customer", "八零零零"),
        ],
        [("customer", "138"), ("advisor", "138"), ("customer", "0013"), ("advisor", "0013"), ("customer", "8000")],
    ],
)
def test_number_read_out_over_several_turns_is_masked(turns: list[tuple[str, str]]) -> None:
    masked = mask_all([("customer", "记一下"), *turns, ("customer", "记好了吗")])
    said = [text for (who, _), text in zip(turns, masked[1:-1], strict=True) if who == "customer"]
    assert set("".join(said)) == {"*"}
    assert [len(a) for a in masked] == [3, *(len(t) for _, t in turns), 4]


@pytest.mark.parametrize(
    "turns",
    [
        [("customer", "五十万"), ("customer", "三个月")],
        [("customer", "三五"), ("advisor", "您是说三十五万吗"), ("customer", "幺三八零零幺三")],
        [("customer", "三千"), ("customer", "五百")],
        [("customer", "六零零"), ("customer", "五幺九")],  # a stock code
    ],
)
def test_amounts_and_codes_are_not_masked(turns: list[tuple[str, str]]) -> None:
    assert mask_all(turns) == [text for _, text in turns]


def test_words_follow_the_masked_text() -> None:
    words = (Word("电话", 0, 10), Word("13800138000", 10, 90), Word("。", 90, 99))
    turn = mask_turn(Turn(CUSTOMER, "电话13800138000。", 0, 99, words), "电话***********。")
    assert [w.text for w in turn.words] == ["电话", "***********", "。"]
    assert turn.text == "电话***********。"


@pytest.mark.parametrize(
    ("turns", "stored"),
    [
        (["我电话是138", "0013", "8000，你记一下"], ["我电话是***", "****", "****，你记一下"]),
        (["你记一下幺三八", "嗯", "零零幺三", "八零零零"], ["你记一下***", "嗯", "****", "****"]),
        (["卡号我念一下6222", "0200", "1234", "5678 901"], ["卡号我念一下****", "****", "****", "**** ***"]),
    ],
)
def test_a_number_may_begin_and_end_beside_other_words(turns: list[str], stored: list[str]) -> None:
    assert mask_all([("customer", text) for text in turns]) == stored


def test_what_the_other_party_repeats_of_it_is_masked_too() -> None:
    said = ["幺三八零零", "幺三八零零", "幺三八零零零", "幺三八零零零对吧"]
    stored = mask_all(list(zip(("customer", "advisor") * 2, said, strict=True)))
    assert stored == ["*****", "*****", "******", "******对吧"]


@pytest.mark.parametrize(
    "turns",
    [
        ["我看的是600519", "600036", "000001"],  # codes
        ["我有138", "50万"],
        ["去年是2025", "今年2026", "明年2027，再说"],
        ["成本是12345", "现在67890", "你看"],
        ["我电话是138", "不对，等一下", "0013", "8000"],  # not read out in one go: too little is certain
    ],
)
def test_numbers_in_several_sentences_are_no_telephone_number(turns: list[str]) -> None:
    assert mask_all([("customer", text) for text in turns]) == turns


def test_words_that_do_not_spell_the_text_do_not_tell_what_it_hides() -> None:
    words = (Word("13800138000", 0, 90),)
    (turn,) = (mask_turn(Turn(CUSTOMER, "  电话13800138000", 0, 99, words), "  电话***********"),)
    assert (turn.text, turn.words) == ("  电话***********", ())
    blank = mask_turn(Turn(CUSTOMER, "  13800138000", 0, 99, words), "  ***********")
    assert [w.text for w in blank.words] == ["***********"]


def test_a_log_that_came_with_the_text_tells_no_personal_number_either() -> None:
    turn = Turn(CUSTOMER, "打这个电话", edits=(Edit(0, 1, "打13800138000\0", "term"),))
    assert mask_turn(turn, turn.text).edits == (Edit(0, 1, "打***********\ufffd", "term"),)
