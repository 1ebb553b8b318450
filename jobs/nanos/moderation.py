"""What moderation does in the background: pointing at places, drawing samples, learning the order, making reports."""

from uuid import UUID

from app.nanos.services import checking, learning, moderation_tidy, sampling, transparency, voice_check


def check_revision(nano_id: str, number: int) -> None:
    """Look one revision over; 0 is what is public."""
    checking.check_revision(UUID(nano_id), number)


def check_public() -> None:
    """Look everything public over, after the lists changed."""
    checking.check_public()


def check_voice(kind: str, voice_id: str, opens: bool) -> None:
    """Look over what somebody said at a nano; `opens`: what is found becomes an item of the queue."""
    voice_check.check_voice(kind, UUID(voice_id), opens=opens)


def draw_sample() -> None:
    """Draw this week's sample, once."""
    sampling.draw_sample()


def train_ranking() -> None:
    """Learn the order of the queue from what people decided."""
    learning.train()


def make_transparency(report_id: str) -> dict[str, str]:
    """Make one report; the result says where it can be seen."""
    return transparency.make(UUID(report_id))


def tidy_moderation() -> None:
    """Forget what is kept no longer than it must."""
    moderation_tidy.tidy()
