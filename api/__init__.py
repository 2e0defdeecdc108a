"""Every entrance: HTTP, command line, worker, scheduler. Read `api/pipeline.py` first: it lists the stages."""
