"""Job bodies for the worker tests; they leave a line in a file for each time they really ran."""

import os
import time
from pathlib import Path


def note(path: str, text: str = "ran") -> None:
    """Leave a line."""
    with Path(path).open("a") as file:
        file.write(f"{text} {os.getpid()}\n")


def slow(path: str, seconds: float) -> None:
    """Leave a line, and another one after a while."""
    note(path, "began")
    time.sleep(seconds)
    note(path, "ended")
