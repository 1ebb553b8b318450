"""Coming in and going out: sign-up, sign-in by password, by link, with the second factor."""

from __future__ import annotations

from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone, gettext

from app.accounts.errors import LinkSpent
from app.accounts.rules import sample
from app.accounts.services import link
from app.accounts.services import sign_in as entry
from app.accounts.services import sign_up as registration
from app.accounts.services.session import end_session
from app.accounts.views import gate
from app.accounts.views.blueprint import PENDING, accounts, answer, entered, pending
from app.accounts.views.forms import CodeForm, EmailForm, EmptyForm, PasswordForm, SignInForm, SignUpForm
from app.kit import htmx
from app.kit.authz import current_actor, open_to_all, signed_in
from app.kit.config import settings
from app.kit.i18n import choose_locale
from app.kit.ids import parse_id
from app.kit.nav import nav

SIGNED_UP = "signup"


def home() -> str:
    """The first page this person may open."""
    modules = nav.modules()
    return modules[0].url if modules else url_for("accounts.profile")


def target(given: str | None) -> str:
    """Where a sign-in leads: back to the page that asked for it, if that is one of ours."""
    return htmx.safe_next(given, url_for("accounts.start"))


@accounts.get("/")
@open_to_all("the first address people type")
def start() -> ResponseReturnValue:
    """To the person's first page, or to the sign-in."""
    return redirect(home() if current_actor().signed_in else url_for("accounts.sign_in"))


@accounts.route("/anmelden", methods=["GET", "POST"])
@open_to_all("who signs in is not signed in yet")
def sign_in() -> ResponseReturnValue:
    """Address and password."""
    form = SignInForm(next=request.args.get("next", ""))
    if request.method == "GET" and current_actor().signed_in:
        return redirect(target(form.next.data))

    def act() -> ResponseReturnValue:
        lasting = bool(form.lasting.data)
        found = entry.with_password(
            form.email.data, form.password.data, visitor=gate.visitor(), lasting=lasting
        )
        return entered(found, target=target(form.next.data), lasting=lasting)

    return answer(form, "accounts/entry/sign_in.html", act, demo=sample if settings().demo else None)


@accounts.post("/abmelden")
@signed_in("everybody may leave")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    end_session(current_actor())
    session.clear()
    flash(gettext("Du bist abgemeldet."), "ok")
    return gate.drop(make_response(htmx.go(url_for("accounts.sign_in"))))


@accounts.route("/anmelden/code", methods=["GET", "POST"])
@open_to_all("the second factor comes before the session")
def second_factor() -> ResponseReturnValue:
    """The code that proves the phone."""
    waiting = pending()
    if waiting is None:
        flash(gettext("Das hat zu lange gedauert. Melde dich noch einmal an."), "warn")
        return htmx.go(url_for("accounts.sign_in"))
    held, following = waiting
    form = CodeForm()

    def act() -> ResponseReturnValue:
        found = entry.with_code(held, form.code.data, visitor=gate.visitor())
        session.pop(PENDING, None)
        return entered(found, target=following, lasting=held.lasting)

    return answer(form, "accounts/entry/second_factor.html", act)


@accounts.route("/anmelden/link", methods=["GET", "POST"])
@open_to_all("who signs in is not signed in yet")
def ask_magic() -> ResponseReturnValue:
    """Ask for a link by mail."""
    form = EmailForm(next=request.args.get("next", ""), email=request.args.get("email", ""))

    def act() -> ResponseReturnValue:
        entry.mail_link(
            form.email.data,
            kind="magic",
            visitor=gate.visitor(),
            locale=choose_locale(),
            data={"next": target(form.next.data)},
        )
        return htmx.go(url_for("accounts.mailed"))

    return answer(form, "accounts/entry/ask_magic.html", act)


@accounts.get("/anmelden/verschickt")
@open_to_all("says the same to everybody")
def mailed() -> ResponseReturnValue:
    """Look into your mailbox."""
    return render_template("accounts/entry/mailed.html", demo=settings().demo and not settings().mail_url)


@accounts.route("/anmelden/link/<token>", methods=["GET", "POST"])
@open_to_all("the link is the proof")
def open_magic(token: str) -> ResponseReturnValue:
    """Opening shows a button; only pressing it uses the link up, because mail scanners open links too."""
    try:
        letter = link.look("magic", token)
    except LinkSpent as error:
        return spent(error, url_for("accounts.ask_magic"))
    form = EmptyForm()

    def act() -> ResponseReturnValue:
        found, data = entry.with_link(token, visitor=gate.visitor())
        return entered(found, target=target(data.get("next")))

    return answer(form, "accounts/entry/open_magic.html", act, email=letter.email)


@accounts.route("/registrieren", methods=["GET", "POST"])
@open_to_all("who signs up has no account yet")
def sign_up() -> ResponseReturnValue:
    """Person and organisation in one form; both come to be when the address is confirmed."""
    form = SignUpForm()

    def act() -> ResponseReturnValue:
        link_id = registration.ask(
            email=form.email.data,
            name=form.name.data,
            password=form.password.data,
            organisation=form.organisation.data,
            visitor=gate.visitor(),
            locale=choose_locale(),
            timezone=str(get_timezone() or "Europe/Berlin"),
        )
        session[SIGNED_UP] = str(link_id)
        return htmx.go(url_for("accounts.mailed"))

    return answer(form, "accounts/entry/sign_up.html", act)


@accounts.route("/registrieren/<token>", methods=["GET", "POST"])
@open_to_all("the link is the proof")
def open_sign_up(token: str) -> ResponseReturnValue:
    """Confirm the address. In another browser the password is asked again."""
    try:
        letter = link.look("signup", token)
    except LinkSpent as error:
        return spent(error, url_for("accounts.sign_up"))
    asked_here: UUID | None = parse_id(session.get(SIGNED_UP, ""))
    form = PasswordForm()

    def act() -> ResponseReturnValue:
        found = registration.confirm(
            token, password=form.password.data, asked_here=asked_here, visitor=gate.visitor()
        )
        return entered(
            found, target=url_for("accounts.start"), say=gettext("Willkommen, dein Konto ist eingerichtet.")
        )

    return answer(
        form, "accounts/entry/open_sign_up.html", act, email=letter.email, known=asked_here == letter.id
    )


def spent(error: LinkSpent, again: str) -> ResponseReturnValue:
    """A link that does not work, and where to get a new one."""
    return render_template("accounts/entry/spent.html", message=error.message, again=again), 410
