"""时间说法: days, parts of the day and clock times as people say them, resolved against the start of a conversation."""
