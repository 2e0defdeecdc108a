"""Dongke 懂客: the shared kernel – values, settings, database, clock, errors, scope. Knows no package above it."""
