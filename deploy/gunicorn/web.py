"""gunicorn for pages: few threads, more workers; each worker has its own listening socket (--reuse-port).

Keep-alive connections stay with the worker that accepted them; with one shared socket a single worker may end up
with all of them.
"""

import os
import socket
import struct

from app.kit.metric_files import retire

bind = [f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"]
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = 4
worker_connections = 10000  # kept open between clicks: thousands of people read at a time
backlog = 4096
reuse_port = True
preload_app = True  # loaded once, then forked: a quicker start, shared memory
control_socket_disable = True  # its path is shared by all instances of one user
timeout = 60
graceful_timeout = 5
keepalive = 20
sendfile = False  # Python's own waits for ever for a client that takes nothing
stall_seconds = int(os.environ.get("WEB_STALL_SECONDS", "60"))
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) else None
loglevel = "warning"
forwarded_allow_ips = ""  # the application decides whom it believes (KONTOR_TRUSTED_PROXIES)


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """A client that sends or takes nothing for so long gives its thread back: gunicorn has no limit for that, but what is
    accepted inherits these of the kernel (socket(7))."""
    for listener in worker.sockets:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", stall_seconds, 0))


def child_exit(_server, worker):  # type: ignore[no-untyped-def]
    """What a worker counted stays, what it showed goes."""
    retire(worker.pid)
