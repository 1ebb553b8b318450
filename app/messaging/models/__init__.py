"""Tables of messaging."""

from app.messaging.models.notice import Notice
from app.messaging.models.preference import Preference

__all__ = ["Notice", "Preference"]
