"""耳朵: what every worker of an archive loads, and what the process that keeps the books must know of it."""

from dataclasses import dataclass

import structlog

from asr import archive
from asr.executors import Work
from dongke.errors import NotReady
from dongke.settings import Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ears:
    """What every worker loads: the speech model of the settings, if the archive needs one."""

    settings: Settings
    has_model: bool

    def __call__(self, threads: int) -> Work:
        from asr.whisper import load

        chosen = self.settings.model_copy(update={"speech_threads": self.settings.speech_threads or threads})
        transcriber = load(chosen) if self.has_model else None
        return lambda piece: archive.hear_piece(piece, transcriber, chosen)


def ears(settings: Settings, version: str | None) -> Ears:
    """What workers are given: the settings without secrets, which stay in this process."""
    return Ears(settings.model_copy(update={"secret_key": None, "database_url": None}), version is not None)


def model_version(settings: Settings) -> str | None:
    """The version of the speech model of the settings, which is not loaded; None where there is none."""
    from asr import whisper

    try:
        return whisper.version_of(whisper.allowed(settings))
    except NotReady as fault:
        _log.warning("no speech model", code=fault.code, detail=fault.detail)
        return None
