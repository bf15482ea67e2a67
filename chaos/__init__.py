"""`python -m chaos`: the product under faults, at length, judged by the ledger; the short forms are in `make test`."""
