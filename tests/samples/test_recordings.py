"""The synthetic recordings: two channels of 8 kHz a-law, listed in the manifest, without a sidecar."""

import json
import struct

import pytest

A_LAW = 6


@pytest.fixture(scope="module")
def manifest(tables):
    return tables("recordings/manifest.csv")


def header(data: bytes) -> tuple[int, int, int]:
    """Format, channels and rate from the `fmt ` chunk."""
    at = data.index(b"fmt ") + 8
    return struct.unpack("<HHI", data[at : at + 8])


def test_sound(samples, manifest):
    assert len(manifest) >= 3
    for row in manifest:
        data = (samples / "recordings" / row["file"]).read_bytes()
        assert data[:4] == b"RIFF"
        assert header(data) == (A_LAW, 2, 8000)
        assert 40 <= len(data) / 16_000 <= 90


def test_manifest_names_known_people_and_every_file(samples, manifest, customers, advisors):
    assert {r["file"] for r in manifest} == {p.name for p in (samples / "recordings").glob("*.wav")}
    for row in manifest:
        assert row["file"] == f"{row['call_id']}.wav"
        assert customers[row["customer_id"]]["advisor_id"] == row["advisor_id"]
        assert row["advisor_id"] in advisors


def test_no_sidecar_lies_beside_the_sound(samples):
    beside = {p.name for p in (samples / "recordings").glob("*.json")}
    assert beside == {"scripts.json"}


def test_truth_says_the_script(samples, manifest):
    scripts = json.loads((samples / "recordings/scripts.json").read_text(encoding="utf-8"))
    assert [s["call_id"] for s in scripts] == [r["call_id"] for r in manifest]
    for script in scripts:
        truth = json.loads((samples / f"recordings/truth/{script['call_id']}.json").read_text(encoding="utf-8"))
        assert [[u["speaker"], u["text"]] for u in truth["utterances"]] == script["turns"]
        assert truth["started_at"] == script["started_at"]
        starts = [u["start"] for u in truth["utterances"]]
        assert starts == sorted(starts)


def test_the_demo_model_is_labelled_and_names_no_hub(samples):
    folder = samples / "demo_model"
    assert "SYNTHETIC VOICE ONLY" in (folder / "README.md").read_text(encoding="utf-8").splitlines()[0]
    for path in folder.rglob("*"):
        if path.suffix in {".md", ".py", ".json", ".toml"}:
            text = path.read_text(encoding="utf-8")
            assert "huggingface" not in text
            assert "://" not in text
