"""What `make` calls: brings this machine to the point where the target can run, then runs it.

    python3 deploy/setup.py run|demo|test|test-fast|check|translations|bench [arguments]

Everything that has not changed since the last time is skipped. Standard library only.
"""

import fcntl
import json
import os
import socket
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):
    raise SystemExit(f"!!! Kontor needs Python 3.11 or newer; this is {sys.version.split()[0]}")

from install import system
from install.environment import (
    MARK,
    PYTHON,
    ROOT,
    Stamp,
    digest,
    fail,
    install_requirements,
    make_environment,
    run,
    usable_home,
)

VAR = Path(os.environ.get("KONTOR_VAR_DIR") or ROOT / "var").absolute()


def prepare_translations() -> None:
    """Compile the catalogues when they changed."""
    sources = sorted((ROOT / "app" / "translations").glob("*/LC_MESSAGES/*.po"))
    stamp = Stamp(VAR / "stamps" / "translations", digest(str(ROOT), sources))
    if sources and not (stamp.fresh and all(path.with_suffix(".mo").exists() for path in sources)):
        run(PYTHON, "-m", "babel.messages.frontend", "-q", "compile", "-d", ROOT / "app" / "translations")
        stamp.set()


def prepare_front_end(*extra: str) -> None:
    """Fetch the front-end files with their checksums when the list changed."""
    stamp = Stamp(
        VAR / "stamps" / f"assets{''.join(extra)}",
        digest(str(VAR), ROOT / "assets.toml", ROOT / "package-lock.json"),
    )
    if not (stamp.fresh and (VAR / "static" / "vendor").is_dir()):
        print(f"{MARK} Fetching the front-end files", flush=True)
        run(PYTHON, "-m", "app.kit.assets", "sync", *extra, quiet=True)
        stamp.set()


def prepare_database() -> None:
    """Bring the database to the newest migration and put the demo organisation in."""
    given = os.environ.get("KONTOR_DATABASE_URL", "")
    file = VAR / "kontor.db"
    identity = given or (f"{file} {file.stat().st_ino}" if file.exists() else "none")
    code = [
        *(ROOT / "migrations").glob("versions/*.py"),
        *(ROOT / "app").glob("*/demo*"),
        *(ROOT / "app").glob("*/demo/*.py"),
    ]
    code = [path for path in code if path.is_file()]
    inputs = digest(code)
    if not given and Stamp(VAR / "stamps" / "database", identity + inputs).fresh:
        return
    print(f"{MARK} Preparing the database and the demo organisation", flush=True)
    run(
        PYTHON,
        "-m",
        "flask",
        "--app",
        "wsgi",
        "kontor",
        "prepare",
        *(["--demo"] if os.environ["KONTOR_DEMO"] == "1" else []),
    )
    identity = given or f"{file} {file.stat().st_ino}"
    Stamp(VAR / "stamps" / "database", identity + inputs).set()


def check_ports() -> None:
    """Say at once when somebody else has our port."""
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    for number in (port, int(os.environ.get("LIVE_PORT", port + 1))):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except OSError as error:
                fail(
                    f"Port {number} on {host}: {error.strerror}. Choose another one: PORT={port + 10} make run"
                )


def one_at_a_time() -> None:
    """Two installers must not meet in one folder; the lock ends with this process."""
    VAR.mkdir(parents=True, exist_ok=True)
    lock = open(VAR / "setup.lock", "w")  # noqa: SIM115
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(f"{MARK} Waiting for another make in this folder", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    globals()["_lock"] = lock


def become(*arguments: str | Path) -> None:
    """Replace this process, so that signals reach the program and not a wrapper."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(arguments[0], [str(a) for a in arguments])


def sign_in_lines() -> str:
    """How to sign in to the demo organisation, as the demo wrote it down."""
    try:
        found = json.loads((VAR / "demo.json").read_text())
    except (OSError, ValueError):
        return ""
    return "".join(f"    {who['email']}  {who['password']}  ({who['role']})\n" for who in found)


def start() -> None:
    """Run the platform until Ctrl+C."""
    port, host = os.environ.get("PORT", "8000"), os.environ.get("HOST", "127.0.0.1")
    shown = (
        os.environ.get("KONTOR_PUBLIC_URL")
        or f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    )
    took = time.monotonic() - BEGAN
    text = f"\n    Kontor is ready after {{seconds}} s (preparing took {took:.1f} s): {shown}\n"
    lines = sign_in_lines()
    text += f"    Sign in with\n{lines}" if lines else ""
    text += "    Ctrl+C stops everything, game servers too.\n"
    scale = "worker-infra=" + os.environ.get("INFRA_WORKERS", "2")
    become(PYTHON, "-m", "app.kit.runner", "--scale", scale, "--announce", text)


WORKERS = ("-n", str(min(os.cpu_count() or 2, 4)))
PARALLEL = (*WORKERS, "--dist", "worksteal")
FAST = "not slow and not docker and not browser and not postgres and not bench"


def main() -> None:
    """Prepare and run one target."""
    target, *rest = sys.argv[1:] or ["run"]
    os.environ.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # else each of the platform's processes compiles all of it again
    if target == "run":
        check_ports()
    one_at_a_time()
    usable_home(VAR)
    os.environ.setdefault("KONTOR_DEMO", "1" if target in ("run", "demo") else "0")
    make_environment()
    install_requirements("requirements.txt" if target in ("run", "demo") else "requirements-dev.txt")
    if target not in ("check", "translations"):
        system.install(system.RUN + (system.TEST if target in ("test", "bench") else ()))
    prepare_translations()
    prepare_front_end(*(["--dev"] if target in ("test", "bench") else []))
    if target in ("run", "demo"):
        prepare_database()
    if target == "run":
        start()
    elif target == "demo":
        print(sign_in_lines(), end="")
    elif target == "test":
        become(PYTHON, "-m", "pytest", "-q", *WORKERS, "--dist", "loadgroup", "-m", "not bench", *rest)
    elif target == "test-fast":
        become(PYTHON, "-m", "pytest", "-q", *PARALLEL, "--hypothesis-profile", "quick", "-m", FAST, *rest)
    elif target == "bench":
        become(PYTHON, "-m", "benchmarks", *rest)
    elif target == "translations":
        become(PYTHON, "-m", "app.workshop.translations", "--update")
    elif target == "check":
        become(PYTHON, ROOT / "deploy" / "check.py", *rest)
    else:
        fail(f"there is no target {target!r}; `make help` lists them")


BEGAN = time.monotonic()

if __name__ == "__main__":
    main()
