"""What the system must have: looked for first, installed by apt where we may, otherwise one line says what to type."""

import ctypes
import importlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Need:
    """Something outside Python: is it there, which Debian packages bring it, and what it is for."""

    name: str
    there: Callable[[], bool]
    packages: tuple[str, ...]
    purpose: str


def _library(*names: str) -> Callable[[], bool]:
    def there() -> bool:
        try:
            for name in names:
                ctypes.CDLL(name)
        except OSError:
            return False
        return True

    return there


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def _fonts() -> bool:
    return any(Path("/usr/share/fonts").glob("**/*.[to]tf")) and Path("/etc/fonts/fonts.conf").exists()


def _ensurepip() -> bool:
    importlib.invalidate_caches()  # it may have come since we last looked
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        return False
    return True


VENV = Need("venv", _ensurepip, ("python3-venv",), "making the environment")
RUN = (
    Need(
        "pango",
        _library(
            "libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"
        ),
        ("libglib2.0-0", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        "PDF reports",
    ),
    Need("fonts", _fonts, ("fontconfig", "fonts-dejavu-core"), "PDF reports"),
)
TEST = (
    Need("chromium", _program("chromium"), ("chromium",), "browser tests"),
    # Playwright's driver is a Node that needs it.
    Need("libatomic", _library("libatomic.so.1"), ("libatomic1",), "browser tests"),
    Need("poppler", _program("pdftotext"), ("poppler-utils",), "reading reports back"),
    Need("sshd", _program("sshd"), ("openssh-server",), "tests of archives over SFTP"),
    Need("zstd", _program("zstd"), ("zstd",), "restoring archives by hand"),
    Need("docker", _program("dockerd"), ("docker.io", "iptables"), "tests of the Docker runtime"),
    Need("ip", _program("ip"), ("iproute2",), "the network of those"),
)


def _become_root() -> list[str] | None:
    """What goes before a command that needs root; None where we may not."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def may_install() -> bool:
    """Whether apt may be used without asking anybody."""
    return shutil.which("apt-get") is not None and _become_root() is not None


def install(needs: tuple[Need, ...]) -> list[Need]:
    """See to it that everything is there; returns what is still missing, after one line that names the remedy."""
    missing = [need for need in needs if not need.there()]
    if not missing:
        return []
    packages = sorted({package for need in missing for package in need.packages})
    purposes = ", ".join(dict.fromkeys(need.purpose for need in missing))
    prefix = _become_root()
    if prefix is not None and shutil.which("apt-get"):
        print(f"==> Installing {' '.join(packages)} ({purposes})", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet: dict[str, Any] = {"env": env, "stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        command = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        # Try what the machine knows first; the lists may be fresh.
        if subprocess.run(command, stderr=subprocess.DEVNULL, **quiet).returncode != 0:
            subprocess.run([*prefix, "apt-get", "update", "-qq"], **quiet)
            subprocess.run(command, **quiet)
        missing = [need for need in missing if not need.there()]
    if missing:
        packages = sorted({package for need in missing for package in need.packages})
        purposes = ", ".join(dict.fromkeys(need.purpose for need in missing))
        print(f"!!! Missing for {purposes}; type: sudo apt-get install -y {' '.join(packages)}", flush=True)
    return missing


def pip_wheel(scratch: Path) -> Path | None:
    """Debian's pip as a wheel, unpacked without being root; None where that is not possible."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "lists" / "partial").mkdir(parents=True)
    (scratch / "archives" / "partial").mkdir(parents=True)
    own = ["-o", f"Dir::State::lists={scratch / 'lists'}", "-o", f"Dir::Cache={scratch}"]
    own += ["-o", f"Dir::Cache::archives={scratch / 'archives'}", "-o", "APT::Sandbox::User="]
    fetch = ["download", "-qq", "python3-pip-whl"]
    for options in ([], own):
        if options:
            subprocess.run(["apt-get", *options, "update", "-qq"], cwd=scratch, capture_output=True)
        subprocess.run(["apt-get", *options, *fetch], cwd=scratch, capture_output=True)
        for package in scratch.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(scratch / "root")], check=True)
            return next((scratch / "root").glob("**/pip-*.whl"), None)
    return None
