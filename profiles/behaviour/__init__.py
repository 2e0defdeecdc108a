"""行为: what customers do – events in every dialect, in bulk and one by one, and what is counted from them."""
