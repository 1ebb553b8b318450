"""Colour contrast after WCAG 2.2, and an operator's accent made fit for both themes."""

from __future__ import annotations

import colorsys
import re

MINIMUM = 4.5
WHITE = "#ffffff"
DARK_SURFACE = "#1f2630"
_DARK_INK = "#10152e"
_HEX = re.compile(r"^#[0-9a-fA-F]{6}$")


def _channels(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Ratio from 1 to 21 between two #rrggbb colours."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def hex_colour(text: str) -> str | None:
    """The colour in lower case when it is #rrggbb and readable on white, else None."""
    if not _HEX.match(text) or contrast(text, WHITE) < MINIMUM:
        return None
    return text.lower()


def _shade(colour: str, lightness: float, saturation: float = 1.0) -> str:
    hue, _light, sat = colorsys.rgb_to_hls(*_channels(colour))
    rgb = colorsys.hls_to_rgb(hue, lightness, sat * saturation)
    return "#" + "".join(f"{round(c * 255):02x}" for c in rgb)


def lighter(colour: str, against: str = DARK_SURFACE, ratio: float = 6.0) -> str:
    """The same hue, light enough to be read on a dark surface."""
    lightness = colorsys.rgb_to_hls(*_channels(colour))[1]
    while lightness < 0.97:
        candidate = _shade(colour, lightness)
        if contrast(candidate, against) >= ratio:
            return candidate
        lightness += 0.01
    return "#f4f6fb"


def _soft(colour: str) -> str:
    """A tint of the colour on which the colour itself can still be read."""
    for lightness in (0.955, 0.965, 0.975, 0.985):
        if contrast(colour, _shade(colour, lightness)) >= MINIMUM:
            return _shade(colour, lightness)
    return WHITE


def _deep(colour: str, accent: str) -> str:
    """A dark shade of the colour on which its light form can still be read."""
    for lightness in (0.17, 0.14, 0.11, 0.08):
        if contrast(accent, _shade(colour, lightness, 0.5)) >= MINIMUM:
            return _shade(colour, lightness, 0.5)
    return "#101419"


def themed_accent(colour: str) -> str:
    """CSS that puts an accent (readable on white) in place of the built-in one, in both themes."""
    dark = lighter(colour)
    lightness = colorsys.rgb_to_hls(*_channels(colour))[1]
    strong = _shade(colour, max(0.0, lightness - 0.08))
    pairs = {
        "accent": (colour, dark),
        "accent-strong": (strong, _shade(dark, min(0.95, colorsys.rgb_to_hls(*_channels(dark))[1] + 0.06))),
        "accent-soft": (_soft(colour), _deep(colour, dark)),
        "on-accent": (WHITE, _DARK_INK),
        "series-1": (colour, dark),
    }
    lines = "\n".join(
        f"    --{name}: light-dark({light}, {night});" for name, (light, night) in pairs.items()
    )
    return f"@layer tokens {{\n  :root {{\n{lines}\n  }}\n}}\n"
