"""Reading what customers mean: conversations in, tags with evidence out. Pure: no database, web or network."""
