"""Authority: who may give customers what, and the ledger that no split can beat. Pure decisions."""
