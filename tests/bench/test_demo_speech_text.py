"""The text that the demo's speech model is trained on: seeded, varied, and nothing of what is held out."""

import random
import re

import pytest

from bench.demo_speech import corpus, grammar, held_out
from bench.demo_speech.spoken import MARKS, bare, clauses, number, sentences, spoken

MANY = 3000


@pytest.fixture(scope="module")
def trained_on() -> list[str]:
    chance = random.Random(7)
    text = corpus.load()
    return [draw(chance) for draw in (text.sentence, text.reading) for _ in range(MANY)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (10, "十"),
        (18, "十八"),
        (110, "一百一十"),
        (105, "一百零五"),
        (1010, "一千零一十"),
        (10_050, "一万零五十"),
        (123_456, "十二万三千四百五十六"),
        (300_000_000, "三亿"),
        (100_000_010, "一亿零一十"),
    ],
)
def test_numbers_as_they_are_said(value: int, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("我有50w", "我有五十万。"),
        ("3.5%左右吧", "百分之三点五左右吧。"),
        ("30-50万", "三十到五十万。"),
        ("1,200块", "一千二百块。"),
        ("2.05%", "百分之二点零五。"),
        ("1200块", "一千二百块。"),
        ("12345.6元", "一万二千三百四十五点六元。"),
        ("2026年到期", "二零二六年到期。"),
        ("尾号0312", "尾号零三一二。"),
        ("您好 请问方便吗?", "您好，请问方便吗？"),
        ("app里的etf", "APP里的ETF。"),
        ("好……的，，那个、，就这样。。", "好的，那个，就这样。"),
    ],
)
def test_written_text_as_it_is_read_out(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize("unreadable", ["excelsior", "哈哈😂", "[动画表情]", "", "?!", "123.45.6"])
def test_what_cannot_be_read_out_is_left_out(unreadable: str) -> None:
    found = spoken(unreadable)
    assert found is None or re.fullmatch(f"[一-鿿A-Z{MARKS}]+", found)
    if not re.search("[0-9]", unreadable):
        assert found is None


def test_the_same_seed_says_the_same() -> None:
    text = corpus.load()
    one, other, another = random.Random(3), random.Random(3), random.Random(4)
    said = [text.sentence(one) for _ in range(50)]
    assert said == [text.sentence(other) for _ in range(50)]
    assert said != [text.sentence(another) for _ in range(50)]


def test_no_sentence_of_the_demo_is_trained_on(trained_on: list[str]) -> None:
    demo = {bare(s) for text in held_out.load().demo for s in sentences(text)}
    assert len(demo) > 30
    said = {bare(s) for text in trained_on for s in sentences(text)}
    assert not demo & said
    assert not demo & {bare(s) for text in corpus.load().said for s in sentences(text)}


def test_nothing_telling_of_the_held_out_authors_is_trained_on(trained_on: list[str]) -> None:
    out = held_out.load()
    telling = {c for text in (*out.demo, *out.others) for c in clauses(text) if len(c) >= held_out.TELLING}
    assert len(telling) > 5000
    assert not telling & {c for text in (*trained_on, *corpus.load().said) for c in clauses(text)}


def test_the_ban_knows_its_look_alikes() -> None:
    out = held_out.load()
    assert not out.allows("好，再见。")  # short, but a sentence of the demo
    assert not out.allows("那个，您最近有没有投资的打算？")  # a clause of the demo in another sentence
    assert out.allows("您最近有没有买车的打算？")
    assert out.allows("再见了啊。")


def test_held_out_authors_are_files_that_are_there() -> None:
    assert all((held_out.TALKS / f"{name}.txt").is_file() for name in held_out.AUTHORS)
    assert not set(held_out.AUTHORS) & set(corpus.MISHEARD)
    assert len(held_out.load().others) > 5000


def test_text_is_wide(trained_on: list[str]) -> None:
    assert len(set(trained_on)) > 0.8 * MANY
    assert len({c for text in trained_on for c in text}) > 1800
    assert set("".join(trained_on)) <= set(corpus.characters())


def test_every_template_ends_and_can_be_read_out() -> None:
    made, chance = grammar.load(), random.Random(1)
    for template in made.templates:
        said = made.expand(template, chance)
        assert not re.search(r"[\[\]{}|]", said)
    for _ in range(500):
        sentence = made.sentence(chance)
        assert spoken(sentence) is not None
        assert set(sentence) <= set(corpus.characters())


def test_evidence_marks_are_not_read_out() -> None:
    assert held_out._without_marks("别发短信, 打电话 [2][3]") == "别发短信, 打电话"
    assert held_out._without_marks("他说[笑] [1]") == "他说[笑]"
