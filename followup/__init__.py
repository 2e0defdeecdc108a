"""The follow-up tracker 跟进: opportunities opened by tags and discharged only by proof."""
