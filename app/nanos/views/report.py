"""Notices of illegal content: the form for everybody, the page of a notice for who has its link; the rules."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.kit.authz import current_actor, open_to_all
from app.kit.config import settings
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import choose_locale
from app.nanos.queries.moderation_settings import chosen, terms
from app.nanos.queries.statement import ItemView, NoticeView, get_notice
from app.nanos.queries.voice_subject import RATING
from app.nanos.rules.notice import Given, places, thing_in
from app.nanos.services.appeal import appeal_as_notifier
from app.nanos.services.notice import digest, give_notice
from app.nanos.subjects import subject_labels
from app.nanos.views import nanos
from app.nanos.views.moderation_forms import AppealForm, NoticeForm, category_choices


@nanos.get("/report")
@open_to_all("anybody may give notice of illegal content (Art. 16 DSA)")
def report() -> ResponseReturnValue:
    """The form; a page leads here with the address of the thing filled in. What is named is said by its kind alone: whether
    it is there is nobody's to learn here."""
    actor, url = current_actor(), request.args.get("url", "")[:500]
    form = NoticeForm(
        formdata=None,
        data={
            "urls": url if thing_in(url, settings().public_url) else "",
            "name": actor.name,
            "email": actor.email,
        },
    )
    return _form(form)


def _form(form: NoticeForm, status: int = 200) -> ResponseReturnValue:
    form.category.choices = category_choices()
    named = places(form.urls.data or "", settings().public_url)[:2]
    kind = named[0].thing[0] if len(named) == 1 and named[0].thing else ""
    return render_template(
        "nanos/moderation/report.html", form=form, thing=subject_labels().get(kind), genuine=kind == RATING
    ), status


@nanos.post("/report")
@open_to_all("anybody may give notice of illegal content (Art. 16 DSA)")
def send_report() -> ResponseReturnValue:
    """Take it, confirm it, show where it can be followed."""
    form = NoticeForm()
    form.category.choices = category_choices()
    form.validate_on_submit()
    given = Given(
        form.urls.data or "", form.explanation.data or "", form.category.data or "", form.name.data or "",
        form.email.data or "", bool(form.good_faith.data),
    )  # fmt: skip
    try:
        receipt = give_notice(
            current_actor(),
            given,
            visitor=request.remote_addr or "",
            locale=choose_locale(),
            once=form.once.data or "",
        )
    except Invalid as error:
        form.take_errors(error)
        return _form(form, 422)
    flash(_("Angekommen. Ihre Meldung hat die Nummer %(number)s.", number=receipt.number), "ok")
    return redirect(url_for("nanos.notice_status", secret=receipt.secret), 303)


def _notice(secret: str) -> NoticeView:
    return get_notice(digest(secret[:100]))


@nanos.get("/report/<secret>")
@open_to_all("the link is the proof")
def notice_status(secret: str) -> ResponseReturnValue:
    """How a notice goes."""
    return render_template("nanos/moderation/notice.html", notice=_notice(secret), secret=secret)


def _item(notice: NoticeView, item_id: UUID) -> ItemView:
    found = next((one for one in notice.items if one.id == item_id), None)
    if found is None or not found.measure:
        raise NotFound
    return found


@nanos.get("/report/<secret>/<uuid:item_id>")
@open_to_all("the link is the proof")
def notice_appeal(secret: str, item_id: UUID) -> ResponseReturnValue:
    """Complain about what was decided of one address."""
    return _appeal(secret, item_id, AppealForm(formdata=None))


def _appeal(secret: str, item_id: UUID, form: AppealForm, status: int = 200) -> ResponseReturnValue:
    notice = _notice(secret)
    item = _item(notice, item_id)
    return render_template(
        "nanos/moderation/notice_appeal.html", notice=notice, item=item, secret=secret, form=form
    ), status


@nanos.post("/report/<secret>/<uuid:item_id>")
@open_to_all("the link is the proof")
def send_notice_appeal(secret: str, item_id: UUID) -> ResponseReturnValue:
    """Somebody else looks at it again."""
    form = AppealForm()
    form.validate_on_submit()
    try:
        appeal_as_notifier(current_actor(), secret[:100], item_id, form.text.data or "")
    except Invalid as error:
        form.take_errors(error)
        return _appeal(secret, item_id, form, 422)
    flash(_("Ihre Beschwerde ist angekommen."), "ok")
    return redirect(url_for("nanos.notice_status", secret=secret), 303)


@nanos.get("/rules")
@open_to_all("terms and contact points are for everybody (Art. 11, 12, 14 DSA)")
def rules() -> ResponseReturnValue:
    """The rules in force, and whom to write to."""
    text = terms(str(get_locale()))
    parts: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("# "):
            parts.append((line[2:].strip(), []))
        elif line.strip():
            if not parts:
                parts.append(("", []))
            parts[-1][1].append(line.strip())
    return render_template("nanos/moderation/rules.html", parts=parts, chosen=chosen())
