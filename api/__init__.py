"""Every entrance: HTTP, command line, worker, scheduler. `api/pipeline.py` lists the stages in order – read it first."""
