"""Discord webhooks of a server: list, enter, change, test, switch, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app.hosting.policies import P
from app.hosting.queries.server import ServerDetail, find_server
from app.hosting.queries.webhook import WebhookView, deliveries, find_webhook, webhooks_of
from app.hosting.rules.webhook import SWITCHES_OFF, USUAL, Answer
from app.hosting.services import webhook as services
from app.hosting.services.webhook_text import LABELS
from app.hosting.views import hosting
from app.hosting.views.webhook_words import Words, answer_note
from app.kit import htmx
from app.kit.authz import allows, current_actor
from app.kit.errors import Conflict, Invalid
from app.kit.forms import Form


class WebhookForm(Form):
    """A webhook; the address stays empty where it is to stay."""

    address = StringField(
        _l("Adresse des Webhooks"),
        validators=[Length(max=400)],
        description=_l(
            "Beginnt mit https://discord.com/api/webhooks/. Wer sie kennt, kann in den Kanal schreiben."
        ),
    )
    label = StringField(
        _l("Name für euch"), validators=[Length(max=60)], description=_l("Zum Beispiel der Kanal: #status.")
    )
    topics = SelectMultipleField(
        _l("Was gemeldet wird"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    locale = SelectField(_l("Sprache der Nachrichten"), choices=[("de", "Deutsch"), ("en", "English")])

    def values(self) -> dict[str, Any]:
        """As the services take it."""
        return {
            "address": self.address.data or "", "label": self.label.data or "", "topics": self.topics.data or [],
            "locale": self.locale.data,
        }  # fmt: skip


class NewWebhookForm(WebhookForm):
    """A new one needs its address."""

    address = StringField(
        _l("Adresse des Webhooks"),
        validators=[InputRequired(_l("Füge die Adresse des Webhooks ein.")), Length(max=400)],
        description=_l(
            "Beginnt mit https://discord.com/api/webhooks/. Wer sie kennt, kann in den Kanal schreiben."
        ),
    )


def _offered(form: WebhookForm) -> WebhookForm:
    form.topics.choices = [(topic.value, LABELS[topic]) for topic in services.topics_for(current_actor())]
    return form


@hosting.get("/servers/<uuid:server_id>/webhooks")
@allows(P.webhook_read)
def server_webhooks(server_id: UUID) -> ResponseReturnValue:
    """The list, and the form for another one."""
    actor = current_actor()
    blank = {"topics": [topic.value for topic in USUAL], "locale": actor.locale}
    return _list(find_server(actor, server_id), _offered(NewWebhookForm(formdata=None, data=blank)))


def _list(server: ServerDetail, form: WebhookForm) -> str:
    rows = webhooks_of(current_actor(), server.id)
    return render_template(
        "hosting/webhook/list.html", server=server, webhooks=rows, form=form, words=Words, most=services.MOST
    )


@hosting.post("/servers/<uuid:server_id>/webhooks")
@allows(P.webhook_create)
def create_webhook(server_id: UUID) -> ResponseReturnValue:
    """Enter one; the next step is to test it."""
    actor = current_actor()
    server, form = find_server(actor, server_id), _offered(NewWebhookForm())
    return _saved(
        form,
        lambda: services.create_webhook(actor, server_id, **form.values()),
        lambda made: (
            url_for("hosting.webhook", webhook_id=made),
            _("Eingetragen. Schick eine Testnachricht."),
        ),
        lambda: _list(server, form),
    )


def _saved(
    form: WebhookForm,
    act: Callable[[], Any],
    done: Callable[[Any], tuple[str, str]],
    again: Callable[[], str],
) -> ResponseReturnValue:
    """Act on a valid form and go on; else the page again with what is wrong."""
    if not form.validate_on_submit():
        return again(), 422
    try:
        made = act()
    except (Invalid, Conflict) as error:
        form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
        return again(), error.status
    url, text = done(made)
    flash(text, "ok")
    return htmx.go(url)


@hosting.get("/webhooks/<uuid:webhook_id>")
@allows(P.webhook_read)
def webhook(webhook_id: UUID) -> ResponseReturnValue:
    """One webhook: what it tells, its latest messages, the test."""
    found = find_webhook(current_actor(), webhook_id)
    data = {"label": found.label, "topics": [topic.value for topic in found.topics], "locale": found.locale}
    return _page(found, _offered(WebhookForm(formdata=None, data=data)))


def _page(found: WebhookView, form: WebhookForm) -> str:
    return render_template(
        "hosting/webhook/show.html", server=find_server(current_actor(), found.server_id), form=form,
        **_messages(found),
    )  # fmt: skip


def _messages(found: WebhookView) -> dict[str, Any]:
    return {"webhook": found, "rows": deliveries(found.id), "words": Words, "once": uuid4()}


@hosting.post("/webhooks/<uuid:webhook_id>")
@allows(P.webhook_change)
def change_webhook(webhook_id: UUID) -> ResponseReturnValue:
    """Change what it tells, or where."""
    actor = current_actor()
    found, form = find_webhook(actor, webhook_id), _offered(WebhookForm())
    return _saved(
        form,
        lambda: services.change_webhook(actor, webhook_id, **form.values()),
        lambda _made: (url_for("hosting.webhook", webhook_id=webhook_id), _("Gespeichert.")),
        lambda: _page(found, form),
    )


@hosting.post("/webhooks/<uuid:webhook_id>/test")
@allows(P.webhook_test)
def test_webhook(webhook_id: UUID) -> ResponseReturnValue:
    """Post a message now and show what came of it."""
    actor = current_actor()
    answer = services.try_webhook(actor, webhook_id, once=request.form.get("once"))
    if not htmx.wants_fragment() or (answer is not None and answer.outcome in SWITCHES_OFF):
        if answer is not None:
            flash(*answer_note(answer))
        return htmx.go(url_for("hosting.webhook", webhook_id=webhook_id))
    return _tested(find_webhook(actor, webhook_id), answer)


def _tested(found: WebhookView, answer: Answer | None) -> str:
    result = answer_note(answer) if answer is not None else None
    return render_template("hosting/webhook/_messages.html", result=result, **_messages(found))


@hosting.post("/webhooks/<uuid:webhook_id>/switch")
@allows(P.webhook_change)
def switch_webhook(webhook_id: UUID) -> ResponseReturnValue:
    """On or off."""
    on = request.form.get("on") == "1"
    services.switch_webhook(current_actor(), webhook_id, on=on)
    flash(_("Eingeschaltet.") if on else _("Ausgeschaltet."), "ok")
    return htmx.go(url_for("hosting.webhook", webhook_id=webhook_id))


@hosting.get("/webhooks/<uuid:webhook_id>/delete")
@allows(P.webhook_delete)
def confirm_delete_webhook(webhook_id: UUID) -> ResponseReturnValue:
    """Ask first."""
    found = find_webhook(current_actor(), webhook_id)
    return render_template("hosting/webhook/delete.html", webhook=found)


@hosting.post("/webhooks/<uuid:webhook_id>/delete")
@allows(P.webhook_delete)
def delete_webhook(webhook_id: UUID) -> ResponseReturnValue:
    """Remove it with its address."""
    server_id = services.delete_webhook(current_actor(), webhook_id)
    flash(_("Webhook gelöscht."), "ok")
    return htmx.go(url_for("hosting.server_webhooks", server_id=server_id))
