"""Programs out of Debian's packages, for tests, without installing them."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from app.kit.config import ROOT
from tests.services.processes import missing

CACHE = ROOT / "var" / "cache" / "debian"


def debian_program(name: str, package: str) -> str:
    """The program, installed or out of Debian's package: installing would start a service that listens to everybody."""
    found = shutil.which(name) or str(CACHE / package / "usr" / "bin" / name)
    if not Path(found).exists():
        _unpack(package)
    return found if Path(found).exists() else missing(name, f"apt-get install {package}")


def _unpack(package: str) -> None:
    """Fetch a package, which apt checks, and lay its files below the cache; nothing of it is installed."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        fetch = ["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", package]
        if subprocess.run(fetch, cwd=scratch, capture_output=True, timeout=300).returncode != 0:
            subprocess.run(["apt-get", "-qq", "update"], capture_output=True, timeout=300)
            subprocess.run(fetch, cwd=scratch, capture_output=True, timeout=300)
        for file in Path(scratch).glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", file, Path(scratch) / "root"], check=True)
            shutil.rmtree(CACHE / package, ignore_errors=True)
            (Path(scratch) / "root").rename(CACHE / package)
