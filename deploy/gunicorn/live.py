"""gunicorn for WebSockets, apart from the pages: a busy page must not delay a live message.

gevent on PostgreSQL (thousands of sockets a process). On SQLite threads: there a lock held by another process would
freeze every greenlet of the worker.
"""

import os
import threading
import time

from app.kit.metric_files import retire

_on_postgres = os.environ.get("KONTOR_DATABASE_URL", "").startswith("postgres")

bind = [
    f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('LIVE_PORT') or int(os.environ.get('PORT', '8000')) + 1}"
]
workers = int(os.environ.get("LIVE_WORKERS", "1"))
worker_class = "gevent" if _on_postgres else "gthread"
worker_connections = 20000
threads = int(os.environ.get("LIVE_THREADS", "400"))
reuse_port = True
control_socket_disable = True
timeout = 60
graceful_timeout = 3
backlog = 4096
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) else None
loglevel = "warning"
forwarded_allow_ips = ""


def child_exit(_server, worker):  # type: ignore[no-untyped-def]
    """What a worker counted stays, what it showed goes."""
    retire(worker.pid)


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """When the worker is told to end, every socket is closed with 1012 so that browsers come back at once."""

    def say_goodbye() -> None:
        while worker.alive:
            time.sleep(0.1)
        worker.wsgi.stop()

    threading.Thread(target=say_goodbye, daemon=True).start()
