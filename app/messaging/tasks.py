"""Background work of messaging."""

from app.kit.jobref import job

tidy = job("jobs.messaging.notice.tidy", timeout=120)

SCHEDULE = (("messaging.tidy", tidy, "03:55"),)
