"""Looking into uploaded files, and forgetting what nobody needs."""

from uuid import UUID

from app.nanos.services import experience, look, upload, use


def look_into(file_id: str) -> None:
    """Get the text and the picture of one file."""
    look.look_into(UUID(file_id))


def tidy() -> None:
    """Forget uploads that were given up, and where people were in what they have not opened for long."""
    upload.forget_old()
    use.forget_old()
    experience.forget_old()
