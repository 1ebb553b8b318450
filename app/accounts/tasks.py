"""Background work of accounts."""

from app.kit.jobref import job

tidy = job("jobs.accounts.access.tidy", timeout=120)

SCHEDULE = (("accounts.tidy", tidy, "03:50"),)
