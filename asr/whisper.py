"""faster-whisper as the speech engine 语音识别, by setting: a local folder or a model's name."""

import hashlib
import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.audio import loudness_db
from asr.timeline import Timeline
from asr.transcriber import DEMO, SAMPLE_RATE, Segment, Word
from dongke.errors import DongkeError, NotReady
from dongke.settings import Settings

if TYPE_CHECKING:
    from asr.transcriber import Samples

DEMO_MARK = "DEMO_ONLY"  #: a file of this name in the folder fences the model to the demo
DEMO_WORDS_EARLY_MS = 190  #: the demo model times its words this much too early
NEEDED = ("model.bin", "config.json", "tokenizer.json")
MAX_HOTWORD_TOKENS = 150  #: prompt and hotwords over 200 tokens together crash CTranslate2
HOTWORDS = (
    "科创板 创业板 北交所 港股通 融资融券 两融 国债逆回购 可转债 收益凭证 货币基金 指数基金 债券基金 私募 ETF 打新 "
    "条件单 佣金 万分之一 转户 销户 投资顾问 风险测评 适当性 三方存管 固收加 理财 定投 期权 集合竞价 大额存单"
)
VAD = {"threshold": 0.3, "min_silence_duration_ms": 500, "speech_pad_ms": 400}  #: telephone band: 0.5 loses a seventh

SEED = 20_260_101  #: of the words that are drawn where searching fails
FAINT_DB = 40.0  #: a stretch this much fainter than the channel's loudest is the other party's echo


class WhisperTranscriber:
    """A loaded model. `demo` models get no hotwords, one temperature, and later word times.

    The same samples give the same segments, whatever was heard before: see `_Steady`. One channel at a time.
    """

    def __init__(self, model: Any, version: str, *, demo: bool) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._version = version
        self._demo = demo
        self._options = _options(model, demo=demo)

    @property
    def version(self) -> str:
        return self._version

    @property
    def source(self) -> str:
        return f"{DEMO}{self._version}" if self._demo else self._version

    def segments(self, samples: "Samples") -> tuple[Segment, ...]:
        """All segments of one channel. The engine's generator is lazy: it is drained here, where faults are caught."""
        try:
            stretches = speech(samples)
            if not stretches:
                return ()
            timeline = Timeline([(start * 1000 // SAMPLE_RATE, end * 1000 // SAMPLE_RATE) for start, end in stretches])
            with self._lock:
                if isinstance(self._model.model, _Steady):
                    self._model.model.renew()
                found, _ = self._model.transcribe(_joined(samples, stretches), **self._options)
                return tuple(_segment(s, timeline, DEMO_WORDS_EARLY_MS if self._demo else 0) for s in found)
        except MemoryError:
            raise  # nothing is wrong with the recording
        except Exception as fault:
            raise DongkeError("speech-failed", f"语音识别失败: {type(fault).__name__}: {fault}") from fault


class _Steady:
    """CTranslate2's model, which draws the same numbers for every channel.

    Where a window cannot be read, faster-whisper draws words at random. The generator belongs to the model's thread and
    is seeded once in the thread's life: what had been heard before would decide what is heard. A model that was drawn
    from is therefore made anew before the next channel.
    """

    def __init__(self, model: Any, make: Callable[[], Any]) -> None:
        self._model = model
        self._make = make
        self._is_drawn_from = False

    def renew(self) -> None:
        """The model as it was at first."""
        if self._is_drawn_from:
            self._model, self._is_drawn_from = self._make(), False

    def generate(self, *inputs: Any, **options: Any) -> Any:
        """CTranslate2's; temperature 0 searches, all others draw."""
        self._is_drawn_from |= options.get("sampling_topk", 1) != 1
        return self._model.generate(*inputs, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def load(settings: Settings) -> WhisperTranscriber:
    """The engine that the settings name, loaded once per process.

    Raises NotReady: `model-missing` at once (never after retries), `model-broken`, `model-demo-only` where the demo
    model is named outside the demo.
    """
    folder = allowed(settings)
    # the demo model's matrices are so small that two threads wait for each other and take three times as long as one
    threads = 1 if is_demo(folder) else settings.speech_threads
    return _load(folder, settings.speech_device, settings.speech_compute_type, threads)


def allowed(settings: Settings) -> Path:
    """The folder of the model that `load` would load. Raises NotReady `model-missing`, `model-demo-only`."""
    _quiet_hub(settings)
    folder = find(settings)
    if is_demo(folder) and not settings.demo:
        raise NotReady("model-demo-only", f"演示语音模型 {folder.name} 只能在演示环境使用 (它只听得懂合成语音)")
    return folder


def find(settings: Settings) -> Path:
    """The folder of the model; a name is looked up in the local cache, and fetched only where the hub is allowed."""
    folder = Path(settings.speech_model)
    if not folder.is_dir():
        if folder.is_absolute() or settings.speech_model.startswith("."):
            raise NotReady("model-missing", f"没有语音模型文件夹 {settings.speech_model}")
        folder = _from_cache(settings)
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise NotReady("model-missing", f"语音模型 {folder.name} 缺少 {', '.join(missing)}")
    return folder.resolve()


def is_demo(folder: Path) -> bool:
    """Whether the folder holds the demo model."""
    return (folder / DEMO_MARK).is_file()


def version_of(folder: Path) -> str:
    """Name and hash of the model in that folder."""
    with (folder / "model.bin").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{_name(folder)}@{digest[:8]}"


def _name(folder: Path) -> str:
    """The folder's name; for a hub cache (models--owner--name/snapshots/<commit>) that of the model."""
    if folder.parent.name == "snapshots":
        return folder.parent.parent.name.split("--")[-1]
    return folder.name


def _from_cache(settings: Settings) -> Path:
    _quiet_hub(settings)
    try:
        from faster_whisper import download_model

        return Path(download_model(settings.speech_model, local_files_only=not settings.speech_allow_hub))
    except Exception as fault:
        allowed = "" if settings.speech_allow_hub else ", 且不允许联网获取 (DONGKE_SPEECH_ALLOW_HUB)"
        raise NotReady("model-missing", f"本机没有语音模型 {settings.speech_model}{allowed}") from fault


@lru_cache(maxsize=1)
def _load(folder: Path, device: str, compute_type: str, threads: int) -> WhisperTranscriber:
    import ctranslate2
    from faster_whisper import WhisperModel

    ctranslate2.set_random_seed(SEED)
    try:
        model = WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)
        options = {"device": device, "compute_type": compute_type, "intra_threads": threads}
        model.model = _Steady(model.model, lambda: ctranslate2.models.Whisper(str(folder), **options))
    except Exception as fault:
        raise NotReady("model-broken", f"语音模型 {folder.name} 无法加载: {fault}") from fault
    return WhisperTranscriber(model, version_of(folder), demo=is_demo(folder))


def _quiet_hub(settings: Settings) -> None:
    """Without this, before the first import, a missing file costs 24 seconds of retries."""
    if not settings.speech_allow_hub:
        os.environ["HF_HUB_OFFLINE"] = "1"


def _options(model: Any, *, demo: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "language": "zh",
        "task": "transcribe",
        "beam_size": 5,
        "condition_on_previous_text": False,
        "vad_filter": False,  # done before, by `speech`
        "word_timestamps": True,
    }
    return options | ({"temperature": 0.0} if demo else {"hotwords": hotwords(model.hf_tokenizer)})


def hotwords(tokenizer: Any) -> str:
    """As many of the hotwords as the model can bear, by its tokenizer."""
    kept: list[str] = []
    tokens = 0
    for word in HOTWORDS.split():
        tokens += len(tokenizer.encode(" " + word, add_special_tokens=False).ids)
        if tokens > MAX_HOTWORD_TOKENS:
            break
        kept.append(word)
    return " ".join(kept)


def speech(samples: "Samples") -> list[tuple[int, int]]:
    """Where somebody speaks, as (start, end) in samples.

    Done here rather than in `transcribe`: word times must be corrected before they are laid over the pauses, else the
    first word after a pause lands before it, in the other party's turn.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    found = [(int(c["start"]), int(c["end"])) for c in get_speech_timestamps(samples, VadOptions(**VAD))]
    least = loudness_db(samples, 99.0) - FAINT_DB  # not the loudest: a click is no voice
    return [(start, end) for start, end in found if loudness_db(samples[start:end]) > least]


def _joined(samples: "Samples", stretches: list[tuple[int, int]]) -> "Samples":
    import numpy as np

    return np.concatenate([samples[start:end] for start, end in stretches])


def _segment(found: Any, timeline: Timeline, late_ms: int) -> Segment:
    spoken = found.words or [_Whole(found)]
    words = tuple(
        timeline.restore(
            Word(w.word, round(w.start * 1000) + late_ms, round(w.end * 1000) + late_ms, float(w.probability))
        )
        for w in spoken
    )
    return Segment(
        text=found.text,
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        words=words,
        avg_logprob=float(found.avg_logprob),
        no_speech_prob=float(found.no_speech_prob),
        compression_ratio=float(found.compression_ratio),
    )


class _Whole:
    """A segment without words, as if it were one word."""

    def __init__(self, segment: Any) -> None:
        self.word, self.start, self.end, self.probability = segment.text, segment.start, segment.end, 1.0
