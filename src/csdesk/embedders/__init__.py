"""Models of meaning for ``csdesk.matching.Matcher``. Loads no extra by itself."""
