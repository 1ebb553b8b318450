"""Background work of privacy."""

from app.kit.jobref import N_, job

make_export = job(
    "jobs.privacy.request.make_export", timeout=600, retries=2, title=N_("Deine Daten zusammenstellen")
)
erase_due = job("jobs.privacy.request.erase_due", timeout=600, retries=1)

SCHEDULE = (("privacy.erase-due", erase_due, 3600),)
