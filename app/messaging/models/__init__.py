"""Tables of messaging."""

from app.messaging.models.attachment import Attachment
from app.messaging.models.block import Block, Report
from app.messaging.models.message import Message, MessageVersion
from app.messaging.models.notice import Notice
from app.messaging.models.preference import Preference
from app.messaging.models.room import Room, RoomMember

__all__ = [
    "Attachment",
    "Block",
    "Message",
    "MessageVersion",
    "Notice",
    "Preference",
    "Report",
    "Room",
    "RoomMember",
]
