"""What a player may set about a game server, as a template's file declares it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Value = str | int | bool
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=60)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Part):
    """A text for people in each language of the product."""

    de: str = Field(min_length=1, max_length=300)
    en: str = Field(min_length=1, max_length=300)

    def text(self, locale: str) -> str:
        return self.en if locale.startswith("en") else self.de


class Choice(Part):
    value: str = Field(min_length=1, max_length=60)
    label: Words


class Setting(Part):
    """One thing a player may set, and how the game is told: an environment variable or a line of server.properties."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    label: Words
    help: Words | None = None
    type: Literal["integer", "text", "boolean", "choice"]
    default: Value
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = Field(default=100, ge=1, le=300)
    choices: tuple[Choice, ...] = ()
    env: EnvironmentName | None = None
    property: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$")] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.env is None) == (self.property is None):
            raise ValueError("exactly one of env and property")
        if self.type == "choice" and not self.choices:
            raise ValueError("a choice needs choices")
        if self.type == "integer" and (self.minimum is None or self.maximum is None):
            raise ValueError("an integer needs minimum and maximum")
        if (fault := self.fault(self.default)) is not None:
            raise ValueError(f"default: {fault}")
        return self

    def fault(self, value: object) -> str | None:
        """What is wrong with a value: "type", "range", "length", "characters" or "choice"; None when nothing is."""
        if self.type == "boolean":
            return None if isinstance(value, bool) else "type"
        if self.type == "integer":
            if not isinstance(value, int) or isinstance(value, bool):
                return "type"
            return None if (self.minimum or 0) <= value <= (self.maximum or 0) else "range"
        if not isinstance(value, str):
            return "type"
        if self.type == "choice":
            return None if any(choice.value == value for choice in self.choices) else "choice"
        if len(value) > self.max_length:
            return "length"
        return "characters" if any(not char.isprintable() for char in value) else None


def plain(value: Value) -> str:
    """A setting's value as games write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
