"""日志: what customers said never stands in it."""

import json
import subprocess
import sys

from api import logs

SAID = "我的电话是13812345678"
PROGRAM = f"""
import logging, structlog
from api import logs

logs.configure("INFO")
try:
    try:
        int({SAID!r})
    except ValueError as fault:
        raise RuntimeError({SAID!r}) from fault
except RuntimeError as fault:
    structlog.get_logger("x").error("failed", ident="K1", exc_info=fault)
    logging.getLogger("library").error("failed too", exc_info=fault)
"""


def test_an_exception_is_logged_by_kind_and_place_without_its_message() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, timeout=60, check=True)
    told = done.stderr.decode()
    assert "13812345678" not in told
    own = json.loads(told.splitlines()[0])
    assert (own["event"], own["ident"]) == ("failed", "K1")
    assert "builtins.RuntimeError" in own["exception"]
    assert "builtins.ValueError" in own["exception"]
    assert "line 8" in own["exception"]
    assert "ERROR library: failed too" in told
    assert done.stdout == b""


def test_an_exception_without_a_traceback_is_named() -> None:
    fault = KeyError(SAID)
    assert logs.places((KeyError, fault, None)) == "builtins.KeyError"
