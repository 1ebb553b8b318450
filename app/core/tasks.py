"""Background work of the machinery."""

from app.kit.jobref import N_, job

deliver_event = job("jobs.core.event.deliver", timeout=60, retries=8)
tidy = job("jobs.core.machinery.tidy", timeout=120)
deliver_mail = job("jobs.core.mail.deliver", timeout=90, retries=8)
tidy_mail = job("jobs.core.mail.tidy", timeout=120)
tidy_files = job("jobs.core.file.tidy", timeout=600)
index_anew = job("jobs.core.search.index_anew", timeout=3600, title=N_("Suche neu aufbauen"))
tidy_search = job("jobs.core.search.tidy", timeout=1800)
