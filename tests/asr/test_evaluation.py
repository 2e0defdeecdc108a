"""`dongke asr-eval` with the real engine: a scripted Whisper folder, the demo model, other people's transcripts."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from asr import evaluation
from dongke.errors import BadInput
from dongke.settings import settings
from tests.asr.conftest import DEMO_MODEL, ROOT, SENTENCE, noise, tone, write_wav

SAMPLES = ROOT / "samples" / "recordings"
SHAPES = Path(__file__).parent / "transcripts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sample calls with their truth, one of them as WebVTT, on two lines."""
    made = tmp_path / "eval"
    made.mkdir()
    for name in ("R4001", "R4004"):
        shutil.copy(SAMPLES / f"{name}.wav", made)
        shutil.copy(SAMPLES / "truth" / f"{name}.json", made / f"{name}.truth.json")
    (made / "manifest.csv").write_text(
        "file,reference,line,noise\nR4001.wav,R4001.truth.json,固话,低\nR4004.wav,R4004.truth.json,手机,低\n",
        encoding="utf-8",
    )
    return made


def _set(monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    monkeypatch.setenv("DONGKE_DEMO", "1")
    monkeypatch.setenv("DONGKE_SPEECH_MODEL", str(model))
    monkeypatch.setenv("DONGKE_SPEECH_THREADS", "2")
    settings.cache_clear()


def _run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["asr-eval", *args], catch_exceptions=False)
    return result.exit_code, result.output


def test_the_demo_model_is_judged_by_condition(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, DEMO_MODEL)
    code, shown = _run(str(folder), "--json", str(folder / "out.json"))
    assert code == 0
    assert "演示模型" in shown  # nobody may take these figures for those of people's speech
    for heading in ("字错率", "术语召回", "说话人正确", "实时率", "全部", "line = 固话", "line = 手机", "noise = 低"):
        assert heading in shown
    found = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert found["model"].startswith("demo:demo_model@")
    assert (found["overall"]["recordings"], found["conditions"]["line"]["手机"]["recordings"]) == (2, 1)
    cer = found["overall"]["cer"]
    assert 0 <= cer["low"] <= cer["value"] <= cer["high"] < 0.2
    assert found["conditions"]["line"]["固话"]["cer"]["low"] is None  # one recording tells no interval
    assert found["overall"]["role_accuracy"]["value"] > 0.9
    assert found["overall"]["rtf"]["value"] > 0


def test_a_model_that_says_one_sentence_is_counted_by_hand(
    folder: Path, scripted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says SENTENCE into whatever it is given: one window for each channel of this call."""
    _set(monkeypatch, scripted)
    (folder / "manifest.csv").write_text("file,reference\nR4001.wav,R4001.truth.json\n", encoding="utf-8")
    code, shown = _run(str(folder / "manifest.csv"), "--json", "-")
    assert code == 0
    (row,) = json.loads(shown)["recordings"]
    assert row["chars"] == 144
    assert row["errors"] >= 144 - 2 * len(SENTENCE)
    assert row["seconds"] == pytest.approx(53.2, abs=0.1)


def test_other_peoples_transcripts_are_judged_without_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, tmp_path / "no-model")
    for name in ("aliyun.json", "tencent.json"):
        shutil.copy(SHAPES / name, tmp_path)
    truth = "WEBVTT\n\n00:01.000 --> 00:02.900\n<v 坐席>您好，请问是陈先生吗？\n\n"
    truth += "00:03.500 --> 00:05.300\n<v 客户>我有八十万。\n"
    (tmp_path / "truth.vtt").write_text(truth, encoding="utf-8")
    (tmp_path / "manifest.csv").write_text(
        "id,file,reference,heard,advisor_channel,vendor\n"
        "1,,truth.vtt,aliyun.json,,甲\n2,,truth.vtt,tencent.json,0,乙\n",
        encoding="utf-8",
    )
    code, shown = _run(str(tmp_path), "--json", "-")
    assert code == 0
    found = json.loads(shown)
    assert {vendor: f["cer"]["value"] for vendor, f in found["conditions"]["vendor"].items()} == {
        "甲": round(found["recordings"][0]["errors"] / 14, 4),
        "乙": round(found["recordings"][1]["errors"] / 14, 4),
    }
    assert found["recordings"][0]["errors"] == found["recordings"][1]["errors"]
    assert found["overall"]["rtf"]["value"] is None  # nobody knows how long they took


def test_silence_and_faults_are_told_and_stop_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, DEMO_MODEL)
    write_wav(folder / "hum.wav", tone(3.0) + noise(3.0))
    (folder / "hum.vtt").write_text("WEBVTT\n", encoding="utf-8")  # nobody speaks: the transcript beside the sound
    (folder / "broken.wav").write_bytes(b"RIFF")
    (folder / "bad.srt").write_text("没有时间", encoding="utf-8")
    (folder / "manifest.csv").write_text(
        "file,reference,advisor_channel\nR4004.wav,R4004.truth.json,\nhum.wav,,\nbroken.wav,R4004.truth.json,\n"
        "gone.wav,R4004.truth.json,\nR4004.wav,bad.srt,\nR4004.wav,,\nR4004.wav,R4004.truth.json,7\n../x.wav,,\n",
        encoding="utf-8",
    )
    code, shown = _run(str(folder), "--json", str(folder / "out.json"))
    assert code == 1
    rows = json.loads((folder / "out.json").read_text(encoding="utf-8"))["recordings"]
    codes = [row.get("code") for row in rows]
    assert codes[:2] == [None, None]
    assert codes[2].startswith("audio-")
    assert codes[3:] == [
        "audio-missing",
        "transcript-invalid",
        "reference-missing",
        "manifest-line",
        "path-forbidden",
    ]
    assert (rows[1]["chars"], rows[1]["errors"]) == (0, 0)
    assert "reference-missing" in shown


@pytest.mark.parametrize(("args", "code"), [(["--numbers", "roman"], "numbers-unknown"), ([], "manifest-missing")])
def test_what_cannot_be_run_at_all(tmp_path: Path, args: list[str], code: str) -> None:
    with pytest.raises(BadInput) as fault:
        CliRunner().invoke(app, ["asr-eval", str(tmp_path), *args], catch_exceptions=False)
    assert fault.value.code == code


def test_every_line_of_a_manifest_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,reference\n,\n", encoding="utf-8")
    (line,) = evaluation.cases(tmp_path)
    assert isinstance(line, evaluation.Judged)
    assert line.id == "第 2 行"
