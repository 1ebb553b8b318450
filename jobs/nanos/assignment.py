"""Assignments: telling people, reminding them, opening yearly rounds."""

from uuid import UUID

from app.nanos.services import duty, records


def tell_assigned(assignment_id: str, round: int) -> None:
    """Each person of a round hears of it."""
    duty.tell_round(UUID(assignment_id), round)


def tell_gone(assignment_id: str) -> None:
    """The nano is gone: who had it to do hears of it."""
    duty.tell_people_gone(UUID(assignment_id))


def look_after() -> None:
    """Once an hour: what is due, what begins again, what is too old to be kept."""
    duty.heal()
    duty.renew()
    duty.remind()
    records.forget_old()
