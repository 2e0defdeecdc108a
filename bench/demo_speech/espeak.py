"""espeak-ng in this process (ctypes): samples, and the sample at which every syllable begins."""

import ctypes
from functools import lru_cache
from typing import Any

from dongke.errors import NotReady

SYNCHRONOUS = 2
BUFFER_MS = 200
RATE, PITCH, RANGE = 1, 3, 4  #: espeak_PARAMETER
WORD = 1  #: espeak_EVENT_TYPE


class _Name(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """The library, which has one voice at a time."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as fault:
            raise NotReady("espeak-missing", "没有 espeak-ng: apt-get install espeak-ng") from fault
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self.rate: int = self._library.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, None, 0)
        self._sound: list[Any] = []
        self._starts: list[int] = []
        self._callback = _Callback(self._take)  # kept: the library holds no reference of its own
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice = ""

    def say(self, pinyin: str, voice: str, speed: int, pitch: int, pitch_range: int) -> tuple[Any, list[int]]:
        """Samples (float32, -1 to 1) of syllables with tone numbers, and the sample where each begins."""
        import numpy as np

        if voice != self._voice and self._library.espeak_SetVoiceByName(f"cmn-latn-pinyin+{voice}".encode()):
            raise NotReady("espeak-voice", f"espeak-ng 没有声音 {voice}")
        self._voice = voice
        for parameter, value in ((RATE, speed), (PITCH, pitch), (RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._sound.clear()
        self._starts.clear()
        text = pinyin.encode() + b"\0"
        self._library.espeak_Synth(text, len(text), 0, 1, 0, 1, None, None)
        sound = np.concatenate(self._sound) if self._sound else np.zeros(0, np.int16)
        return sound.astype(np.float32) / 32768, list(self._starts)

    def _take(self, sound: Any, count: int, events: Any) -> int:
        import numpy as np

        if count > 0:
            self._sound.append(np.ctypeslib.as_array(sound, shape=(count,)).copy())
        i = 0
        while events[i].type:
            if events[i].type == WORD and events[i].length:  # others are of no text: marks with a voice's own pause
                self._starts.append(events[i].sample)
            i += 1
        return 0


@lru_cache(maxsize=1)
def load() -> Espeak:
    """The one library of this process."""
    return Espeak()
