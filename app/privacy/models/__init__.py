"""Tables of privacy."""

from app.privacy.models.request import Erasure, Export

__all__ = ["Erasure", "Export"]
