"""版本 of the code."""

VERSION = "0.1.0"
