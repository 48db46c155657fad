"""What comes due by itself: ``run_due`` and its parts."""
