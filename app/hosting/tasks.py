"""Background work of hosting. What touches a runtime and is quick runs on the `infra` queue; what may wait for minutes
has queues of its own, so that it holds nothing else up: `installing`, `ending` until a game has saved and ended,
`archiving` and `waking` until a world has been moved.
"""

from __future__ import annotations

from app.kit.jobref import N_, job

MOVING = 21_600
"""Six hours: 260 GB at 12 MB/s. What hangs is found by the time limits of each call to a store, long before."""

install = job(
    "jobs.hosting.server.install", queue="installing", timeout=1800, retries=4, title=N_("Server einrichten")
)
start = job("jobs.hosting.server.start", queue="infra", timeout=120, retries=4, title=N_("Server starten"))
stop = job("jobs.hosting.server.stop", queue="ending", timeout=720, retries=4, title=N_("Server stoppen"))
kill = job(
    "jobs.hosting.server.kill", queue="infra", timeout=120, retries=4, title=N_("Server sofort beenden")
)
delete = job("jobs.hosting.server.delete", queue="ending", timeout=900, retries=6, title=N_("Server löschen"))
command = job("jobs.hosting.server.command", queue="infra", timeout=30, retries=0, title=N_("Befehl senden"))
archive = job(
    "jobs.hosting.archive.archive", queue="archiving", timeout=MOVING, retries=4, title=N_("Welt archivieren")
)
wake = job(
    "jobs.hosting.archive.wake", queue="waking", timeout=MOVING, retries=4, title=N_("Welt zurückholen")
)
remove_world = job("jobs.hosting.archive.remove_world", queue="infra", timeout=120, retries=8)
remove_archive = job("jobs.hosting.archive.remove_archive", queue="archiving", timeout=120, retries=8)
tidy = job("jobs.hosting.archive.tidy", queue="archiving", timeout=600, retries=0)
rest_due = job("jobs.hosting.archive.order_due", timeout=120, retries=1)
make_backup = job(
    "jobs.hosting.backup.make", queue="archiving", timeout=MOVING, retries=4, title=N_("Backup erstellen")
)
test_backup = job(
    "jobs.hosting.backup.test",
    queue="archiving",
    timeout=MOVING,
    retries=1,
    title=N_("Backup testweise auspacken"),
)
restore = job(
    "jobs.hosting.backup.restore",
    queue="waking",
    timeout=MOVING,
    retries=4,
    title=N_("Backup wiederherstellen"),
)
backups_due = job("jobs.hosting.backup.run_due", timeout=120, retries=0)
reconcile = job(
    "jobs.hosting.server.reconcile", queue="infra", timeout=120, retries=0, title=N_("Server abgleichen")
)

roll_up = job("jobs.hosting.sample.roll_up", timeout=120, retries=1)
prune = job("jobs.hosting.sample.prune", timeout=600, retries=1)
make_report = job("jobs.hosting.report.make", timeout=300, retries=2, title=N_("Verbrauchsbericht erstellen"))
order_reports = job("jobs.hosting.report.order_due", timeout=120, retries=1)
run_schedules = job("jobs.hosting.schedule.run_due", queue="infra", timeout=120, retries=0)

send_webhook = job("jobs.hosting.webhook.send", timeout=60, retries=3)
send_lost_webhooks = job("jobs.hosting.webhook.send_lost", timeout=60, retries=0)

change_plugins = job(
    "jobs.hosting.plugin.change", queue="installing", timeout=1800, retries=4, title=N_("Plugins ändern")
)
resume_plugins = job("jobs.hosting.plugin.resume", timeout=60, retries=0)
check_plugins = job("jobs.hosting.plugin.check", timeout=900, retries=1, title=N_("Nach Updates sehen"))

look_at_domain = job("jobs.hosting.domain.look", timeout=120, retries=2, title=N_("DNS-Einträge prüfen"))
domains_due = job("jobs.hosting.domain.order_due", timeout=120, retries=0)
run_bulk = job("jobs.hosting.bulk.run", timeout=1800, retries=4, title=N_("Sammelaktion"))
resume_bulks = job("jobs.hosting.bulk.resume", timeout=60, retries=0)

SCHEDULE = [
    ("hosting.reconcile", reconcile, 60),  # the watch does it every 10 s; this is for when it is dead
    ("hosting.rest", rest_due, 60),
    ("hosting.tidy", tidy, 3600),
    ("hosting.backups", backups_due, 15),
    ("hosting.roll-up", roll_up, 60),
    ("hosting.prune", prune, 3600),
    ("hosting.reports", order_reports, 3600),
    ("hosting.schedules", run_schedules, 15),  # on the minute, and thrice more for what waits
    ("hosting.webhooks", send_lost_webhooks, 60),
    ("hosting.plugins", resume_plugins, 60),
    ("hosting.plugin-updates", check_plugins, 86_400),
    ("hosting.domains", domains_due, 600),
    ("hosting.bulks", resume_bulks, 60),
]
"""(name, job, seconds between two runs)."""
