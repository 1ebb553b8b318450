"""`flask --app wsgi person …`: the first operator, and the way back in when no mail goes out."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.accounts.services import credential
from app.accounts.services import person as people
from app.kit.errors import KontorError

person = AppGroup("person", help="Make people and help them in.")


def _told(error: KontorError) -> click.ClickException:
    return click.ClickException(
        "; ".join([error.message, *getattr(error, "fields", {}).values()]).strip("; ")
    )


@person.command()
@click.argument("email")
@click.argument("name")
@click.option("--operator", is_flag=True, help="The person operates this installation.")
def create(email: str, name: str, operator: bool) -> None:
    """Make a person and print the link with which they set their password (good for an hour)."""
    try:
        people.create_person(email=email, name=name, is_operator=operator)
        click.echo(credential.reset_link(email))
    except KontorError as error:
        raise _told(error) from None


@person.command()
@click.argument("email")
def link(email: str) -> None:
    """Print a link with which this person sets a new password (good for an hour, once)."""
    try:
        click.echo(credential.reset_link(email))
    except KontorError as error:
        raise _told(error) from None


@person.command()
@click.argument("email")
@click.option("--take", is_flag=True, help="Take the mark away instead.")
def operator(email: str, take: bool) -> None:
    """Give this person the operator's mark. No page can do that."""
    try:
        people.make_operator(email, operator=not take)
    except KontorError as error:
        raise _told(error) from None
    click.echo(f"{email} {'no longer operates' if take else 'operates'} this installation")
