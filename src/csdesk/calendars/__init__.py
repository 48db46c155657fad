"""Holiday sources: adapters that answer which dates of a year are closed or worked. Loads no extra by itself."""
