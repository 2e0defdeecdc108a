"""The dynamic profile 画像: append-only facts with two times, folded into what we believe now."""
