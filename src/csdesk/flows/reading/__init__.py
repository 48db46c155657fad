"""Questions to a desk: records, lists, reports, explanations. Nothing is written."""
