"""学到的读法: what annotated conversations teach beside the rules (docs/reading.md)."""
