"""What hosting tells people about: servers that stay down, money that runs out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from app.hosting.rules.period import parse_period
from app.hosting.wording import action_word, period_words, planned_failure
from app.kit import formats
from app.messaging.api import notice_kind

CRASHED, STOPPED, LOW, INSTALLED = "hosting.crashed", "hosting.no_credit", "hosting.low", "hosting.ready"
REPORT = "hosting.report"
REVERTED = "hosting.reverted"
IDLE = "hosting.idle"
STARTED, RESTARTING, PLAYED = "hosting.started", "hosting.restarting", "hosting.played"
BACKUP_FAILED, RESTORE_FAILED = "hosting.backup_failed", "hosting.restore_failed"
WEBHOOK_OFF = "hosting.webhook_off"
PLUGINS, PLUGINS_BACK = "hosting.plugins", "hosting.plugins_back"
SCHEDULE_FAILED = "hosting.schedule_failed"
DOMAIN_ELSEWHERE, DOMAIN_LAPSED = "hosting.domain_elsewhere", "hosting.domain_lapsed"
SEAT = "hosting.seat"
_SERVER = {"server": ("hosting.server", "server_id")}


def _runway(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"runway": formats.duration(int(data["minutes"]) * 60)}


def _report(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"total": formats.money(data["total_nanos"]), "period": period_words(parse_period(data["period"]))}


def _register_quiet(area: Any) -> None:
    """What happens every evening: whoever wants to hear of it says so."""
    for kind, label, text, icon, order in (
        (STARTED, _l("Ein Server ist gestartet"), _l("%(server)s läuft: Alle können mitspielen."), "play", 26),
        (
            RESTARTING, _l("Ein Server ist abgestürzt und startet neu"),
            _l("%(server)s ist abgestürzt und startet von selbst neu."), "rotate-cw", 27,
        ),
        (
            PLAYED, _l("Jemand beginnt auf einem Server zu spielen (höchstens einmal in der Stunde)"),
            _l("Auf %(server)s wird gespielt."), "user-plus", 28,
        ),
    ):  # fmt: skip
        notice_kind(
            kind, label=label, area=area, icon=icon, in_app=False, text=text, refs=_SERVER, order=order
        )


def _register_refused(area: Any) -> None:
    """Somebody else does not take what we bring any more."""
    notice_kind(
        WEBHOOK_OFF, label=_l("Discord nimmt Nachrichten eines Servers nicht mehr an"), area=area, icon="bell-off",
        tone="warn", refs=_SERVER, by_mail=True, order=29,
        text=_l("Discord nimmt Nachrichten von %(server)s nicht mehr an. Der Webhook „%(label)s“ ist ausgeschaltet."),
    )  # fmt: skip


def _register_backups(area: Any) -> None:
    """Copies that are missing, damaged, or did not come back."""
    notice_kind(
        BACKUP_FAILED, label=_l("Ein Backup hat nicht geklappt"), area=area, icon="archive-x", tone="bad",
        refs=_SERVER, by_mail=True, order=30,
        text=_l("Ein Backup von %(server)s hat nicht geklappt oder ist beschädigt. Die Welt selbst ist unverändert."),
    )  # fmt: skip
    notice_kind(
        RESTORE_FAILED, label=_l("Ein Backup ließ sich nicht wiederherstellen"), area=area, icon="archive-x",
        tone="bad", refs=_SERVER, by_mail=True, order=31,
        text=_l("Ein Backup ließ sich auf %(server)s nicht wiederherstellen. Seine Welt ist, wie sie vorher war."),
    )  # fmt: skip


def _register_plugins(area: Any) -> None:
    """What should have come by itself and did not."""
    notice_kind(
        PLUGINS, label=_l("Ein automatisches Plugin-Update ist nicht gelungen"), area=area, icon="puzzle", tone="warn",
        text=_l("Plugins von %(server)s wurden nicht aktualisiert. Es ist alles, wie es war."), refs=_SERVER, order=32,
    )  # fmt: skip
    notice_kind(
        PLUGINS_BACK, label=_l("Ein Server kommt mit geänderten Plugins nicht hoch"), area=area, icon="undo-2",
        tone="warn", refs=_SERVER, by_mail=True, order=32,
        text=_l("%(server)s kam mit den geänderten Plugins nicht hoch. Die vorigen kommen zurück."),
    )  # fmt: skip


def _until(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"until": formats.day_text(date.fromisoformat(data["until"]))}


def _register_domains(area: Any) -> None:
    """Own domains that do not lead here any more."""
    notice_kind(
        DOMAIN_ELSEWHERE, label=_l("Eine eigene Domain zeigt woanders hin"), area=area, icon="globe", tone="warn",
        text=_l("Eine Domain von %(server)s zeigt woanders hin. Am %(until)s wird sie abgeschaltet."),
        refs=_SERVER, values=_until, by_mail=True, order=33,
    )  # fmt: skip
    notice_kind(
        DOMAIN_LAPSED, label=_l("Eine eigene Domain ist abgeschaltet"), area=area, icon="globe", tone="bad",
        text=_l("Eine Domain von %(server)s ist abgeschaltet: Sie zeigt seit Tagen woanders hin."),
        refs=_SERVER, by_mail=True, order=34,
    )  # fmt: skip


def _register_team(area: Any) -> None:
    """One's own place on a server."""
    notice_kind(
        SEAT, label=_l("Du bekommst Zugriff auf einen Server"), area=area, icon="user-plus", tone="ok",
        text=_l("Du hast jetzt Zugriff auf %(server)s."), refs=_SERVER, by_mail=True, order=35,
    )  # fmt: skip


def _planned(data: dict[str, Any]) -> Mapping[str, Any]:
    return {"what": action_word(data["action"]), "why": planned_failure(data["action"], data["reason"])}


def _register_plans(area: Any) -> None:
    """What was planned and did not happen."""
    notice_kind(
        SCHEDULE_FAILED, label=_l("Ein Zeitplan hat nicht geklappt"), area=area, icon="calendar-x", tone="warn",
        text=_l("„%(what)s“ nach Zeitplan hat auf %(server)s nicht geklappt. %(why)s"),
        refs=_SERVER, values=_planned, by_mail=True, order=36,
    )  # fmt: skip


def register_kinds() -> None:
    """Make the kinds known, with what is switched on by default."""
    area = _l("Server")
    notice_kind(
        CRASHED, label=_l("Ein Server bleibt nach Abstürzen aus"), area=area, icon="triangle-alert", tone="bad",
        text=_l("%(server)s ist abgestürzt und bleibt aus, bis jemand ihn startet."), refs=_SERVER, by_mail=True, order=20,
    )  # fmt: skip
    notice_kind(
        STOPPED, label=_l("Ein Server stoppt, weil das Guthaben zu Ende geht"), area=area, icon="wallet", tone="bad",
        text=_l("%(server)s wurde gespeichert und gestoppt: Das Guthaben ist aufgebraucht. Deine Welt ist sicher."),
        refs=_SERVER, by_mail=True, order=21,
    )  # fmt: skip
    notice_kind(
        LOW, label=_l("Das Guthaben geht zur Neige"), area=area, icon="wallet", tone="warn",
        text=_l("Das Guthaben reicht noch für etwa %(runway)s. Lade es auf, damit deine Server weiterlaufen."),
        values=_runway, by_mail=True, order=22,
    )  # fmt: skip
    notice_kind(
        INSTALLED, label=_l("Ein neuer Server ist bereit"), area=area, icon="circle-check", tone="ok",
        text=_l("%(server)s ist eingerichtet."), refs=_SERVER, order=23,
    )  # fmt: skip
    notice_kind(  # the usual end of an evening: whoever wants to hear of it says so
        IDLE, label=_l("Ein Server stoppt, weil niemand spielt"), area=area, icon="moon", in_app=False,
        text=_l("%(server)s hat gespeichert und gestoppt, weil niemand gespielt hat."), refs=_SERVER, order=25,
    )  # fmt: skip
    _register_quiet(area)
    _register_refused(area)
    notice_kind(
        REVERTED, label=_l("Ein Server kommt mit neuen Einstellungen nicht hoch"), area=area, icon="undo-2", tone="warn",
        text=_l("%(server)s kam mit den neuen Einstellungen nicht hoch. Die letzten guten gelten wieder."),
        refs=_SERVER, by_mail=True, order=22,
    )  # fmt: skip
    _register_plugins(area)
    _register_domains(area)
    _register_backups(area)
    _register_team(area)
    _register_plans(area)
    notice_kind(
        REPORT, label=_l("Dein Verbrauchsbericht"), area=area, icon="file-text", order=24, by_mail=True,
        text=_l("Der Verbrauchsbericht %(period)s ist da. Summe: %(total)s."), values=_report,
    )  # fmt: skip
