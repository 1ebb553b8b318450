"""Secrets: the keys of the installation, and text encrypted at rest with rotation."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from secrets import token_urlsafe

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from app.kit.config import Settings


def load_keys(settings: Settings) -> list[str]:
    """The installation's keys, newest first. Without a setting, one is made once in var/secret.key (mode 0600)."""
    given = [key.strip() for key in settings.secret_keys.get_secret_value().split(",") if key.strip()]
    if given:
        return given
    path = Path(settings.var_dir) / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return [line for line in path.read_text().split() if line]
    with os.fdopen(handle, "w") as file:
        file.write(token_urlsafe(48))
    return path.read_text().split()


def _fernet(keys: list[str]) -> MultiFernet:
    def derive(key: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"kontor at rest\0" + key.encode()).digest()))

    return MultiFernet([derive(key) for key in keys])


def seal(text: str) -> str:
    """Encrypt `text` under the newest key."""
    return _fernet(current_app.extensions["kontor-keys"]).encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """Read what `seal` wrote, under any of the keys. ValueError where none fits."""
    try:
        return _fernet(current_app.extensions["kontor-keys"]).decrypt(token.encode()).decode()
    except InvalidToken:
        raise ValueError("sealed with a key this installation does not hold") from None


def reseal(token: str) -> str:
    """The same secret under the newest key: what a rotation does to each stored value."""
    return _fernet(current_app.extensions["kontor-keys"]).rotate(token.encode()).decode()


def fingerprint(token: str) -> str:
    """One-way SHA-256 of a high-entropy token; what is stored instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()
