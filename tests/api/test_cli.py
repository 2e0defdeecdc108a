"""The command line as a stranger meets it."""

import json
import os
import socket
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app

TALK = {
    "id": "t1",
    "channel": "call",
    "started_at": "2026-06-08T10:00:00+08:00",
    "utterances": [
        {"speaker": "advisor", "text": "您最近有资金想打理吗?"},
        {"speaker": "customer", "text": "我账上还有五十万闲着, 想买点可转债。"},
    ],
}


def run(*args: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, "-m", "api.cli", *args], input=given, capture_output=True, timeout=60)


def lines(*rows: object) -> bytes:
    return b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)


def test_tag_reads_standard_input_and_writes_one_line_a_conversation() -> None:
    done = run("tag", "-", given=lines(TALK))
    assert done.returncode == 0
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["id"] == "t1"
    found = {tag["tag"]: tag for tag in row["tags"]}
    assert found["funds.idle"]["value"] == {"low": 500000, "high": 500000, "available_from": None}
    assert found["intent.product"]["value"] == {"product": "convertible_bond"}
    assert set(found["funds.idle"]) == {"tag", "polarity", "value", "evidence"}


def test_tag_explains_itself_when_asked() -> None:
    done = run("tag", "-", "--explain", given=lines(TALK))
    tag = json.loads(done.stdout)["tags"][0]
    span = tag["spans"][-1]
    said = TALK["utterances"][span["utterance"]]["text"]  # type: ignore[index]
    assert said[span["start"] : span["end"]] == span["quote"]
    assert tag["explanation"]["recognizer"]
    assert tag["explanation"]["rule"]
    assert 0 < tag["confidence"] <= 1


def test_a_bad_line_is_reported_with_its_number_and_the_rest_goes_on() -> None:
    given = b"\n".join([b"{broken", lines({"id": "x"}), b"", lines(TALK), "\xff\xfe".encode("latin-1")])
    done = run("tag", "-", given=given)
    assert done.returncode == 2
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["t1"]
    told = done.stderr.decode()
    assert [part in told for part in ("第 1 行", "第 2 行", "第 5 行")] == [True] * 3
    assert "第 4 行" not in told
    assert "Traceback" not in told


def test_tag_is_deterministic_and_needs_no_database(tmp_path: Path) -> None:
    source, outs = tmp_path / "in.jsonl", [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    source.write_bytes(lines(TALK))
    for seed, out in enumerate(outs):
        env = os.environ | {"PYTHONHASHSEED": str(seed), "DONGKE_DATABASE_URL": "postgresql://nowhere.invalid/x"}
        subprocess.run(
            [sys.executable, "-m", "api.cli", "tag", str(source), "-o", str(out), "--explain"], check=True, env=env
        )
    assert outs[0].read_bytes() == outs[1].read_bytes() != b""


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("amounts", "大概五十来万吧", [{"low": 500000, "high": 500000}]),
        ("amounts", "买了五百股", []),
        ("dates", "下个月才到期", ["2026-07-01"]),
        (
            "windows",
            "周末别打",
            [
                {
                    "kind": "recurring",
                    "days": ["sat", "sun"],
                    "date": None,
                    "from": None,
                    "to": None,
                    "polarity": "negated",
                }
            ],
        ),
    ],
)
def test_parse(kind: str, text: str, found: list[object]) -> None:
    done = run("parse", kind, "-", given=lines({"id": "p", "text": text, "reference": TALK["started_at"]}))
    assert json.loads(done.stdout) == {"id": "p", "found": found}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["parse", "colours", "-"], "kind-unknown"),
        (["tag", "no-such-file.jsonl"], "file-unreadable"),
        (["eval", "no-such-file.jsonl"], "file-unreadable"),
        (["report", "--start", "gestern"], "date-invalid"),
        (["report", "--group", "moon"], "group-unknown"),
        (["transcribe", "no-such-file.wav"], "file-unreadable"),
        (["replay", "no-such-file.jsonl", "-o", "x.json", "--until", "2026-06-01"], "time-naive"),
    ],
)
def test_a_call_that_cannot_be_done_is_one_line_and_exit_2(args: list[str], told: str) -> None:
    done = run(*args)
    assert done.returncode == 2
    message = done.stderr.decode().strip()
    assert told in message
    assert "\n" not in message


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert all(name in shown for name in ("demo", "ingest", "transcribe", "tag", "replay", "report"))
    heavy = ("fastapi", "sqlalchemy", "nlp.pipeline", "av", "numpy")
    code = f"import sys, api.cli; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"


def test_eval_prints_the_table_of_each_file_and_of_all(tmp_path: Path) -> None:
    from api.commands import evaluate_files

    gold = dict(TALK, tags=[{"tag": "funds.idle", "polarity": "affirmed", "evidence": [1],
                             "value": {"low": 500000, "high": 500000, "available_from": None}}])  # fmt: skip
    for name in ("one.jsonl", "two.jsonl"):
        (tmp_path / name).write_bytes(lines(gold))
    tables = list(evaluate_files([tmp_path / "one.jsonl", tmp_path / "two.jsonl"], errors=1))
    assert tables[0].startswith("one.jsonl")
    (total,) = (part for part in tables if part.startswith("合计"))
    assert [line.split()[1] for line in total.splitlines() if line.startswith("funds.idle")] == ["2"]


def test_eval_lists_errors_by_cause_with_their_words(tmp_path: Path) -> None:
    from api.commands import evaluate_files

    text = """## call 2026-06-10T10:00
A 您手上有闲钱吗
C 有五十万闲着, 想买点国债 [1]
A 好的
1 funds.idle low=900000 high=900000
"""
    (tmp_path / "mine.txt").write_text(text, encoding="utf-8")
    told = "\n".join(evaluate_files([tmp_path / "mine.txt"], errors=2))
    assert "== 取值不同: 1" in told
    assert "low: 应为 900000, 读成 500000" in told
    assert "误认" in told  # the wish for 国债, which these annotators overlooked
    assert "客: 有五十万闲着, 想买点国债" in told


def test_a_setting_of_the_wrong_kind_is_one_line_without_its_value() -> None:
    env = os.environ | {"DONGKE_PORT": "s3cret", "DONGKE_TOKEN_HOURS": "many"}
    done = subprocess.run([sys.executable, "-m", "api.cli", "serve"], env=env, capture_output=True, timeout=60)
    told = done.stderr.decode()
    assert done.returncode == 2
    assert "DONGKE_PORT, DONGKE_TOKEN_HOURS" in told
    assert "settings-invalid" in told
    assert "s3cret" not in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("command", [["worker"], ["scheduler"], ["db", "quarantine"], ["report"]])
def test_a_database_that_is_away_is_one_line(command: list[str]) -> None:
    env = os.environ | {"DONGKE_DATABASE_URL": "postgresql://nobody:s3cret@127.0.0.1:1/none"}
    done = subprocess.run([sys.executable, "-m", "api.cli", *command], env=env, capture_output=True, timeout=60)
    told = done.stderr.decode()
    assert done.returncode == 2
    assert "database-unavailable" in told
    assert "s3cret" not in told
    assert told.count("\n") == 1


def test_a_report_that_ends_before_it_starts_is_refused() -> None:
    done = run("report", "--start", "2026-06-02", "--end", "2026-06-01")
    assert done.returncode == 2
    assert "date-invalid" in done.stderr.decode()


def test_the_demo_leaves_a_database_for_real_work_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It empties the database that it uses: that must be its own."""
    from api import demo
    from dongke import db
    from dongke.settings import settings

    monkeypatch.setattr(os, "environ", dict(os.environ) | {"DONGKE_DATA_DIR": str(tmp_path)})
    monkeypatch.setitem(os.environ, "DONGKE_DATABASE_URL", "postgresql://server/production")
    settings.cache_clear()
    demo._enter_demo()
    assert "DONGKE_DATABASE_URL" not in os.environ
    settings.cache_clear()
    db.forget_engine()


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_one_line(command: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        env = os.environ | {"DONGKE_PORT": port, "DONGKE_SECRET_KEY": "k" * 40, "DONGKE_DATA_DIR": str(tmp_path)}
        done = subprocess.run([sys.executable, "-m", "api.cli", command], env=env, capture_output=True, timeout=60)
    told = done.stderr.decode()
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in told
    assert "address-taken" in told
    assert told.count("\n") == 1


def test_lines_of_a_story_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "story.jsonl").write_bytes(lines({"type": "dance"}, {"type": "advisor", "id": "A1", "branch": "B1"}))
    env = os.environ | {"DONGKE_DATA_DIR": str(tmp_path / "data")}
    asked = [
        "replay",
        str(tmp_path / "story.jsonl"),
        "--until",
        "2026-06-01T00:00:00+08:00",
        "-o",
        str(tmp_path / "o.json"),
    ]
    done = subprocess.run([sys.executable, "-m", "api.cli", *asked], env=env, capture_output=True, timeout=120)
    assert "第 1 行" in done.stderr.decode()
    assert "story-line-unknown" in done.stderr.decode()
    assert json.loads((tmp_path / "o.json").read_text())["faults"][0]["line"] == 1


def test_the_demo_model_is_refused_by_its_name_outside_the_demo(tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    with wave.open(str(sound), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    env = {name: value for name, value in os.environ.items() if name != "DONGKE_DEMO"}
    env["DONGKE_SPEECH_MODEL"] = str(Path(__file__).parents[2] / "samples" / "demo_model")
    asked = [sys.executable, "-m", "api.cli", "transcribe", str(sound)]
    done = subprocess.run(asked, env=env, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "model-demo-only" in done.stderr.decode()


@pytest.mark.parametrize(("command", "ready"), [("serve", b"Application startup complete"), ("scheduler", b"leads")])
def test_a_process_that_is_told_to_end_takes_its_database_with_it(command: str, ready: bytes, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    env = os.environ | {"DONGKE_PORT": port, "DONGKE_SECRET_KEY": "k" * 40, "DONGKE_DATA_DIR": str(tmp_path / "data")}
    asked = [sys.executable, "-m", "api.cli", command]
    with subprocess.Popen(asked, env=env, stderr=subprocess.PIPE) as process:
        assert process.stderr
        assert any(ready in line for line in process.stderr)
        process.terminate()
        process.stderr.read()
        assert process.wait(60) == 0
    assert (tmp_path / "data" / "postgres" / "PG_VERSION").is_file()
    assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists()
