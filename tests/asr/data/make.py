"""Made the three sounds beside this file whose coders PyAV only reads: two seconds of a rising tone, 300 to 3,000 Hz.

On Debian: apt install sox libvo-amrwbenc0, then: python3 tests/asr/data/make.py
(chirp.gsm is GSM 06.10 without header, chirp-gsm.wav the same in WAV, chirp.awb is AMR-WB at 23.85 kbit/s.)
"""

import ctypes
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SYNTH = ("synth", "2", "sine", "300-3000", "gain", "-6")
SAMPLES = 320  #: of a frame, 20 ms at 16 kHz
MODE = 8  #: 23.85 kbit/s


def main() -> None:
    for name, how in (("chirp.gsm", ()), ("chirp-gsm.wav", ("-e", "gsm-full-rate"))):
        subprocess.run(["sox", "-R", "-n", "-r", "8000", "-c", "1", *how, HERE / name, *SYNTH], check=True)
    raw = ["sox", "-R", "-n", "-r", "16000", "-c", "1", "-b", "16", "-e", "signed", "-L", "-t", "raw", "-", *SYNTH]
    pcm = subprocess.run(raw, check=True, capture_output=True).stdout
    library = sys.argv[1] if len(sys.argv) > 1 else "libvo-amrwbenc.so.0"
    (HERE / "chirp.awb").write_bytes(b"#!AMR-WB\n" + _amr_wb(ctypes.CDLL(library), pcm))


def _amr_wb(library: ctypes.CDLL, pcm: bytes) -> bytes:
    library.E_IF_init.restype = ctypes.c_void_p
    state, out, size = ctypes.c_void_p(library.E_IF_init()), ctypes.create_string_buffer(64), SAMPLES * 2
    made = b""
    for start in range(0, len(pcm) - size + 1, size):
        length = library.E_IF_encode(state, MODE, pcm[start : start + size], out, 0)
        made += out.raw[:length]
    library.E_IF_exit(state)
    return made


if __name__ == "__main__":
    main()
