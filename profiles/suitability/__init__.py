"""适当性: what may be offered to whom, and by which rule."""
