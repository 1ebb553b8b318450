"""What people may choose from, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext

LANGUAGES = [("de", "Deutsch"), ("en", "English")]
THEME_TEXTS = [
    ("auto", lazy_gettext("Wie das Gerät")),
    ("light", lazy_gettext("Hell")),
    ("dark", lazy_gettext("Dunkel")),
]
ROLE_TEXTS = {
    "member": lazy_gettext("Mitglied"),
    "guest": lazy_gettext("Gast"),
    "admin": lazy_gettext("Verwaltung"),
    "owner": lazy_gettext("Inhaber"),
}
ROLE_HINTS = {
    "member": lazy_gettext("Arbeitet mit."),
    "guest": lazy_gettext("Sieht nur, was einzeln freigegeben wird, zum Beispiel einen Server."),
    "admin": lazy_gettext("Verwaltet außerdem Mitglieder, Geld und Einstellungen."),
    "owner": lazy_gettext("Darf alles, auch über Inhaber entscheiden."),
}
METHODS = {
    "password": lazy_gettext("Passwort"),
    "link": lazy_gettext("Link per Mail"),
    "signup": lazy_gettext("Anlegen des Kontos"),
    "reset": lazy_gettext("neues Passwort"),
    "invitation": lazy_gettext("Einladung"),
}
LIFETIME_TEXTS = [
    ("30", lazy_gettext("30 Tage")),
    ("90", lazy_gettext("90 Tage")),
    ("365", lazy_gettext("Ein Jahr")),
    ("0", lazy_gettext("Ohne Ende")),
]
