"""The figures of the demo's speech model, and the parts of its making that need neither torch nor a voice."""

import random
import re
from pathlib import Path

import numpy as np
import pytest

from asr.transcriber import Word
from bench.demo_speech import __main__ as command
from bench.demo_speech import corpus, features, held_out, line, measure, start, vocabulary, voices
from dongke.errors import NotReady

MODEL = held_out.ROOT / "samples/demo_model"


def word(text: str, start_ms: int) -> Word:
    return Word(text, start_ms, start_ms + 200, 0.9)


def test_character_errors_and_times() -> None:
    said = [("我", 1.0), ("想", 1.2), ("买", 1.4), ("基", 1.6), ("金", 1.8)]
    heard = [word("我", 1100), word("想，", 1200), word("卖", 1400), word("金。", 1700)]
    found = measure.compare(said, heard)
    assert (found.wrong, found.said) == (2, 5)  # 买 as 卖, 基 not at all
    assert found.late == pytest.approx((0.1, 0.0, -0.1))
    assert (found + found).error_rate == found.error_rate == 0.4
    assert found.summary() == {"error_rate": 0.4, "characters": 5, "late_median": 0.0, "off_90": 0.1}
    assert measure.compare([], []).error_rate == 0.0


@pytest.mark.parametrize(("one", "other", "far"), [("", "", 0), ("基金", "", 2), ("基金", "金", 1), ("买", "卖", 1)])
def test_distance(one: str, other: str, far: int) -> None:
    assert measure.distance(one, other) == measure.distance(other, one) == far


def test_held_out_calls_are_seeded_and_other_peoples() -> None:
    made = measure.scripts()
    assert made == measure.scripts() != measure.scripts(12)
    assert len(made) == measure.CALLS
    known = set(held_out.load().others)
    assert all(text in known for script in made for _, text in script["turns"])
    unheard = [s for s in made if {v[0] for v in s["voices"].values()} & set(voices.UNHEARD)]
    assert unheard == made[-2:]
    assert not set(voices.UNHEARD) & {*voices.MEN, *voices.WOMEN}


def test_one_token_a_character(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    vocabulary.save(path, ["懂", "客", "A", "，"])
    tokens = vocabulary.read(path)
    names = vocabulary.names(path)
    assert len(names) == len(set(names)) == tokens.count
    assert {"懂", "客", "A", "，"} <= set(tokens.of_character)
    assert "厦" not in tokens.of_character
    assert names[tokens.first_time] == "<|0.00|>"
    assert names[tokens.at(1.23)] == "<|1.20|>"
    assert names[tokens.at(99)] == "<|30.00|>"
    from tokenizers import Tokenizer

    saved = Tokenizer.from_file(str(path))
    assert saved.decode(saved.encode("懂客，厦A").ids) == "懂客，厦A"  # an unknown one through its bytes
    assert saved.encode("懂客").ids == [tokens.of_character[c] for c in "懂客"]


def test_common_characters_are_those_of_the_standard() -> None:
    found = corpus.common_characters()
    assert len(found) == len(set(found)) == 3755
    assert (found[0], found[-1]) == ("啊", "座")


@pytest.mark.parametrize(
    ("syllable", "parts"), [("zhong1", ("zh", "ong", 1)), ("er4", ("", "er", 4)), ("de", ("d", "e", 5))]
)
def test_syllables_have_initial_final_and_tone(syllable: str, parts: tuple[str, str, int]) -> None:
    initial, final, tone = map(int, voices.label(syllable).split(","))
    assert (voices.INITIALS[initial - 1], voices.FINALS[final - 1], tone) == parts
    assert all(0 < value < size for value, size in zip((initial, final, tone), voices.LABELS, strict=True))


def test_features_are_those_of_the_engine() -> None:
    from faster_whisper.feature_extractor import FeatureExtractor

    sound = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    theirs = FeatureExtractor()(sound)
    ours = features.normalised(features.log_mel(sound))
    assert np.abs(ours - theirs[:, : ours.shape[1]]).max() < 1e-4


def test_the_line_keeps_the_length_and_cuts_the_band() -> None:
    time = np.arange(22_050) / 22_050
    for seed in range(6):
        low, high = (
            line.through(np.sin(2 * np.pi * f * time).astype(np.float32), 22_050, random.Random(seed))
            for f in (1000, 4500)
        )
        assert len(low) == line.WIDE
        assert (low**2).mean() > 20 * (high**2).mean()


def test_no_speech_is_heard_where_nobody_speaks() -> None:
    for sound in (line.ring, line.music):
        made = sound(3.0, 8000, random.Random(1))
        assert len(made) == 24_000
        assert 0.01 < np.abs(made).max() < 2
        assert np.array_equal(made, sound(3.0, 8000, random.Random(1)))


def test_the_shipped_weights_can_be_read_for_a_start() -> None:
    stored = start.read(MODEL / "model.bin")
    width = stored["encoder/layer_norm/gamma"].shape[0]
    assert stored["decoder/embeddings/weight"].shape == (len(vocabulary.names(MODEL / "tokenizer.json")), width)
    assert stored["encoder/layer_0/self_attention/linear_0/weight"].shape == (3 * width, width)
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in stored.values())


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    with pytest.raises(NotReady, match=re.escape("pip install torch==2.13.0 pypinyin") + "$"):
        command.check_needs()
    with pytest.raises(NotReady, match=r"pip install pypinyin$"):  # to measure needs no training
        command.check_needs(training=False)
    monkeypatch.setattr(command, "find_spec", lambda _: True)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotReady, match="apt-get install espeak-ng sox"):
        command.check_needs(training=False)
