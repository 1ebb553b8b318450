"""Background work of the machinery."""

from app.kit.jobref import job

deliver_event = job("jobs.core.event.deliver", timeout=60, retries=8)
tidy = job("jobs.core.machinery.tidy", timeout=120)
