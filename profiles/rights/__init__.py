"""客户权利: consent, refusal, deletion of tags, restriction and erasure, effective wherever anything is read."""
