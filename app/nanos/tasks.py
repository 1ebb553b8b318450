"""Background work of nanos."""

from __future__ import annotations

from app.kit.jobref import N_, job

look_into = job("jobs.nanos.file.look_into", timeout=120, retries=2, title=N_("Vorschau erstellen"))
end_due = job("jobs.nanos.nano.end_due", timeout=300, retries=2)
sign_missing = job("jobs.nanos.nano.sign_missing", timeout=600, retries=1)
tidy = job("jobs.nanos.file.tidy", timeout=300, retries=1)
run_due = job("jobs.nanos.barter.run_due", timeout=300, retries=2)
end_licences = job("jobs.nanos.barter.end_licences", timeout=300, retries=2)
print_receipt = job(
    "jobs.nanos.barter.print_receipt", timeout=120, retries=3, title=N_("Tauschbeleg erstellen")
)
make_export = job("jobs.nanos.export.make", timeout=1800, retries=1, title=N_("Paket erstellen"))
tell_assigned = job("jobs.nanos.assignment.tell_assigned", timeout=600, retries=3)
tell_gone = job("jobs.nanos.assignment.tell_gone", timeout=600, retries=3)
look_after = job("jobs.nanos.assignment.look_after", timeout=600, retries=2)
make_certificate = job(
    "jobs.nanos.certificate.make", timeout=120, retries=2, title=N_("Zertifikat erstellen")
)
make_records = job("jobs.nanos.records.make", timeout=300, retries=1, title=N_("Nachweis erstellen"))

# moderation
check_revision = job(
    "jobs.nanos.moderation.check_revision", timeout=60, retries=2, title=N_("Automatische Prüfung")
)
check_public = job(
    "jobs.nanos.moderation.check_public", timeout=1800, retries=1, title=N_("Automatische Prüfung")
)
check_voice = job(
    "jobs.nanos.moderation.check_voice", timeout=60, retries=2, title=N_("Automatische Prüfung")
)
draw_sample = job("jobs.nanos.moderation.draw_sample", timeout=300, retries=2, title=N_("Stichprobe ziehen"))
train_ranking = job(
    "jobs.nanos.moderation.train_ranking", timeout=600, retries=1, title=N_("Reihenfolge lernen")
)
make_transparency = job(
    "jobs.nanos.moderation.make_transparency",
    timeout=300,
    retries=2,
    title=N_("Transparenzbericht erstellen"),
)
tidy_moderation = job("jobs.nanos.moderation.tidy_moderation", timeout=600, retries=1)
count = job("jobs.nanos.insight.count", timeout=300, retries=2)
tidy_insight = job("jobs.nanos.insight.tidy", timeout=300, retries=1)
freeze_trends = job("jobs.nanos.insight.freeze_trends", timeout=600, retries=2)
make_trend_paper = job(
    "jobs.nanos.insight.make_trend_paper", timeout=300, retries=1, title=N_("PDF erstellen")
)
find_neighbours = job("jobs.nanos.insight.find_neighbours", timeout=1800, retries=1)

SCHEDULE = [
    ("nanos.end_due", end_due, 3600),
    ("nanos.tidy", tidy, "03:35"),
    ("nanos.run_due", run_due, 600),
    ("nanos.end_licences", end_licences, 900),
    ("nanos.sign_missing", sign_missing, 3600),
    ("nanos.tidy_moderation", tidy_moderation, "03:45"),
    ("nanos.train_ranking", train_ranking, "03:50"),
    ("nanos.draw_sample", draw_sample, "04:10"),
    ("nanos.look_after", look_after, 3600),
    ("nanos.count", count, 300),
    ("nanos.freeze_trends", freeze_trends, "02:50"),
    ("nanos.find_neighbours", find_neighbours, "02:20"),
    ("nanos.tidy_insight", tidy_insight, "03:25"),
]
"""The end of a day is local: looked at every hour, so that a date means the same everywhere."""

rescore = job("jobs.nanos.rating.rescore", timeout=900, retries=2, title=N_("Bewertungen neu zählen"))
tell_saved = job("jobs.nanos.saved.tell", timeout=600, retries=2)

SCHEDULE += [("nanos.tell_saved", tell_saved, 900)]
"""Every quarter of an hour: whoever wants to hear at once hears with the publication, the round finds what was missed."""

# Learning platforms
send_lti_score = job("jobs.nanos.lti.send_score", timeout=60, retries=3)
look_after_lti = job("jobs.nanos.lti.look_after", timeout=300, retries=1)

SCHEDULE += [("nanos.look_after_lti", look_after_lti, 3600)]
