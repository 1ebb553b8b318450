"""How files of packages are handed out: as which type, and what a browser lets them do. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

TYPES = {
    "html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml", "js": "text/javascript",
    "mjs": "text/javascript", "css": "text/css", "json": "application/json", "xml": "application/xml",
    "xsd": "application/xml", "dtd": "application/xml-dtd", "txt": "text/plain", "vtt": "text/vtt", "csv": "text/csv",
    "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "ico": "image/x-icon", "bmp": "image/bmp",
    "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg", "mp3": "audio/mpeg",
    "m4a": "audio/mp4", "ogg": "audio/ogg", "oga": "audio/ogg", "wav": "audio/wav", "aac": "audio/aac",
    "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
    "pdf": "application/pdf", "wasm": "application/wasm",
}  # fmt: skip
OTHER = "application/octet-stream"
ALONE = "allow-scripts allow-forms allow-modals"
"""Sandbox without a content origin: the package is nobody, and shares nothing with anybody."""
APART = f"{ALONE} allow-same-origin"
"""Sandbox in an origin of its own, which is not ours."""


def type_of(path: str) -> str:
    """By the ending; what is not known is downloaded and never run."""
    return TYPES.get(path.rpartition(".")[2].lower(), OTHER) if "." in path else OTHER


def policy(base: str, *, app: str, apart: bool) -> str:
    """What a file of a package may do: anything with its own package, nothing with the rest of the web.

    `base`: the address below which the package lies, with its slash. `app`: our pages' origin, which may show it, and
    origins of whose frames our page is a part.
    """
    inside = f"{base} data: blob:"
    parts = [
        "default-src 'none'", f"script-src {base} blob: 'unsafe-inline' 'unsafe-eval'",
        f"style-src {base} 'unsafe-inline'", f"img-src {inside}", f"media-src {inside}", f"font-src {inside}",
        f"connect-src {inside}", f"frame-src {inside}", f"worker-src {base} blob:", f"base-uri {base}",
        "form-action 'none'", "object-src 'none'",
    ]  # fmt: skip
    # Frames in a package without an origin have ancestors without one, whom no list can name.
    parts.append(f"frame-ancestors {app} {_origin(base)}" if apart else f"sandbox {ALONE}")
    return "; ".join(parts)


def launch_policy(base: str, *, app: str) -> str:
    """Of the page around a package in an origin of its own: our two scripts, and the package in a frame."""
    return (
        f"default-src 'none'; script-src {base}; style-src {base}; frame-src {base}; connect-src {base}; "
        f"img-src {base} data:; media-src {base}; font-src {base} data:; frame-ancestors {app}; "
        "base-uri 'none'; form-action 'none'"
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
