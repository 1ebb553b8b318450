"""Background work of messaging."""

from app.kit.jobref import job

tidy = job("jobs.messaging.notice.tidy", timeout=120)
tidy_chat = job("jobs.messaging.chat.tidy", timeout=600)
send_digests = job("jobs.messaging.chat.send_digests", timeout=600)

SCHEDULE = (
    ("messaging.tidy", tidy, "03:55"),
    ("messaging.tidy_chat", tidy_chat, "04:05"),
    ("messaging.digests", send_digests, 300),
)
