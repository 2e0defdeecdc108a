import pytest

from asr.edits import Change, rewrite
from asr.masking import mask_turn
from asr.transcriber import Edit, Turn, Word
from dongke.types import Speaker


def _turn(*words: tuple[str, int, int], text: str | None = None) -> Turn:
    timed = tuple(Word(*w, probability=0.9) for w in words)
    return Turn(Speaker.CUSTOMER, text or "".join(w.text for w in timed), timed[0].start_ms, timed[-1].end_ms, timed)


def _words(turn: Turn) -> list[tuple[str, int, int]]:
    return [(w.text, w.start_ms, w.end_ms) for w in turn.words]


def test_a_longer_writing_takes_the_time_of_all_its_words() -> None:
    turn = rewrite(_turn(("有", 0, 1), ("3", 1, 2), ("5", 2, 3), ("万", 3, 4)), [Change(1, 3, "三十五")], "number")
    assert (turn.text, _words(turn)) == ("有三十五万", [("有", 0, 1), ("三十五", 1, 3), ("万", 3, 4)])
    assert turn.edits == (Edit(1, 4, "35", "number"),)


def test_the_same_length_leaves_every_word_its_character() -> None:
    turn = rewrite(_turn(("固", 0, 1), ("收", 1, 2), ("家", 2, 3)), [Change(0, 3, "固收加")], "term")
    assert _words(turn) == [("固", 0, 1), ("收", 1, 2), ("加", 2, 3)]


def test_a_mark_goes_to_the_word_before_it() -> None:
    turn = rewrite(_turn(("可以", 0, 1), ("下周", 5, 6)), [Change(2, 2, "，"), Change(4, 4, "。")], "mark")
    assert (turn.text, _words(turn)) == ("可以，下周。", [("可以，", 0, 1), ("下周。", 5, 6)])
    assert turn.edits == (Edit(2, 3, "", "mark"), Edit(5, 6, "", "mark"))


def test_offsets_of_older_edits_move_and_the_first_original_is_kept() -> None:
    turn = rewrite(_turn(("買", 0, 1), ("5", 1, 2), ("0", 2, 3), ("萬私木", 3, 4)), [Change(0, 1, "买")], "simplified")
    turn = rewrite(turn, [Change(1, 3, "五十")], "number")
    turn = rewrite(turn, [Change(3, 4, "万")], "simplified")
    turn = rewrite(turn, [Change(0, 3, "拿五百二十")], "number")  # over two older edits
    turn = rewrite(turn, [Change(6, 8, "私募")], "term")
    assert turn.text == "拿五百二十万私募"
    assert [(turn.text[e.start : e.end], e.original) for e in turn.edits] == [
        ("拿五百二十", "買50"),
        ("万", "萬"),
        ("私募", "私木"),
    ]


def test_words_that_do_not_spell_the_text_stay() -> None:
    turn = rewrite(_turn(("有", 0, 1), text="有50万"), [Change(1, 3, "五十")], "number")
    assert (turn.text, _words(turn)) == ("有五十万", [("有", 0, 1)])


def test_the_log_does_not_tell_what_the_mask_hides() -> None:
    turn = rewrite(_turn(("打138", 0, 1), ("00138000", 1, 2)), [Change(1, 12, "一三八零零一三八零零零")], "number")
    masked = mask_turn(turn, "打***********")
    assert (masked.text, [w.text for w in masked.words]) == ("打***********", ["打***", "********"])
    assert "138" not in str(masked.to_json())
    kept = mask_turn(rewrite(_turn(("50万", 0, 1)), [Change(0, 2, "五十")], "number"), "五十万")
    assert kept.edits[0].original == "50"


@pytest.mark.parametrize("changes", [[], [Change(0, 1, "有")]])
def test_nothing_to_change_is_no_edit(changes: list[Change]) -> None:
    turn = _turn(("有", 0, 1))
    assert rewrite(turn, changes, "term") == turn
