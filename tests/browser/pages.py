"""The pages that are opened in the browser. Pages without arguments are found by themselves (test_pages.py);
those that need an id, a query or a special person are listed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.site import Site


@dataclass(frozen=True)
class Page:
    """A page: its name in the test's report, its path or how to get it, who opens it, and the status it answers."""

    name: str
    path: str | Callable[[Site], str]
    as_: str = "alice"
    status: int = 200

    def url(self, site: Site) -> str:
        return site.url + (self.path if isinstance(self.path, str) else self.path(site))


def _with(pattern: str) -> Callable[[Site], str]:
    """A path with ids of what `furnish` made: "/hosting/servers/{server}"."""
    return lambda site: pattern.format(**site.made, dora=site.people.dora.id)


_SERVER = "/hosting/servers/{server}"
_PLUGINS = "/hosting/servers/{plugged}/plugins"
_FILES = "/hosting/servers/{stopped}/files"
_STYLE_GUIDE = ("controls", "data", "charts", "forms", "feedback", "live")

PAGES: list[Page] = [
    *(Page(f"style guide: {part}", f"/_ui?section={part}") for part in _STYLE_GUIDE),
    Page("style guide in English", "/_ui?section=controls&lang=en"),
    Page("style guide, signed out", "/_ui?section=controls", as_=""),
    Page("not found", "/there-is-nothing-here", status=404),
    Page("not found, signed out", "/there-is-nothing-here", as_="", status=404),
    Page("server, running", _with(_SERVER)),
    Page("server, running, a member", _with(_SERVER), as_="bob"),
    Page("server, a day", _with(_SERVER + "?window=24h")),
    Page("server, crashed", _with("/hosting/servers/{crashed}")),
    Page("server, stopped", _with("/hosting/servers/{stopped}")),
    Page("server, draft", _with("/hosting/servers/{draft}")),
    Page("console", _with(_SERVER + "/console")),
    Page("usage, a stretch nobody can show", _with(_SERVER + "/monitoring?from=200&to=100"), status=422),
    Page("server events", _with(_SERVER + "/events")),
    Page("server events of one person", _with(_SERVER + "/events?person={dora}")),
    Page("team", _with(_SERVER + "/team")),
    Page("team, a member", _with(_SERVER + "/team"), as_="bob"),
    Page("team in English", _with(_SERVER + "/team?lang=en")),
    Page("let somebody in", _with(_SERVER + "/team/new")),
    Page("change a seat", _with(_SERVER + "/team/{seat}/change")),
    Page("remove a seat", _with(_SERVER + "/team/{seat}/remove")),
    Page("withdraw a seat's invitation", _with(_SERVER + "/team/{asked}/remove")),
    Page("servers, a guest", "/hosting/servers", as_="gina"),
    Page("server, a guest", _with(_SERVER), as_="gina"),
    Page("no such server for a guest", _with("/hosting/servers/{stopped}"), as_="gina", status=404),
    Page("plans", _with(_SERVER + "/schedules")),
    Page("plans, a member", _with(_SERVER + "/schedules"), as_="bob"),
    Page("plans, none yet", _with("/hosting/servers/{stopped}/schedules")),
    Page("new plan", _with(_SERVER + "/schedules/new?suggestion=evening")),
    Page("plan with its history", _with(_SERVER + "/schedules/{plan}")),
    Page("change a plan", _with(_SERVER + "/schedules/{plan}/change")),
    Page("delete a plan", _with(_SERVER + "/schedules/{plan}/delete")),
    Page("webhooks", _with(_SERVER + "/webhooks")),
    Page("webhooks, none yet", _with("/hosting/servers/{stopped}/webhooks")),
    Page("webhook", _with("/hosting/webhooks/{webhook}")),
    Page("webhook that Discord threw out", _with("/hosting/webhooks/{webhook_off}")),
    Page("delete a webhook", _with("/hosting/webhooks/{webhook}/delete")),
    Page("files", _with(_FILES)),
    Page("files of a running game", _with(_SERVER + "/files")),
    Page("files, a long list", _with(_FILES + "?p=plugins/many")),
    Page("files, none yet", _with("/hosting/servers/{draft}/files")),
    Page("edit a file", _with(_FILES + "/edit?p=server.properties")),
    Page("edit what is no text", _with(_FILES + "/edit?p=world/level.dat"), status=409),
    Page("new folder", _with(_FILES + "/new")),
    Page("rename a file", _with(_FILES + "/rename?p=caf%5Cxe9+%5Cxe2%5Cx80%5Cxae.txt")),
    Page("delete a folder", _with(_FILES + "/delete?p=plugins")),
    Page("move a file", _with(_FILES + "/move?p=server.properties&to=plugins")),
    Page("move where it lies", _with(_FILES + "/move?p=plugins")),
    Page("delete several files", _with(_FILES + "/chosen?act=delete&n=alt&n=server.properties")),
    Page("move several files", _with(_FILES + "/chosen?act=move&n=alt&n=server.properties")),
    Page("unpack an archive", _with(_FILES + "/unpack?p=insel.zip")),
    Page("worlds", _with(_FILES + "/worlds")),
    Page("backups", _with(_SERVER + "/backups")),
    Page("backups, a member", _with(_SERVER + "/backups"), as_="bob"),
    Page("backups after a restore", _with("/hosting/servers/{restored}/backups")),
    Page("backups of a draft", _with("/hosting/servers/{draft}/backups")),
    Page("automatic backups", _with(_SERVER + "/backups/settings")),
    Page("backup", _with(_SERVER + "/backups/{backup}")),
    Page("backup that is damaged", _with(_SERVER + "/backups/{backup_damaged}")),
    Page("delete a backup", _with(_SERVER + "/backups/{backup}/delete")),
    Page("restore a backup", _with("/hosting/servers/{restored}/backups/{backup_restored}/restore")),
    Page("restore while it runs", _with(_SERVER + "/backups/{backup}/restore")),
    Page("new server from a backup", _with(_SERVER + "/backups/{backup}/new-server")),
    Page("plugins", _with(_PLUGINS)),
    Page("plugins, a member", _with(_PLUGINS), as_="bob"),
    Page("plugins, a game that takes none", _with(_SERVER + "/plugins")),
    Page("plugins, suggestions", _with(_PLUGINS + "/find")),
    Page("plugins, nothing found", _with(_PLUGINS + "/find?q=gibtesnicht")),
    Page("plugin with its versions", _with(_PLUGINS + "/project?project={luckperms}")),
    Page("plugin that is gone", _with(_PLUGINS + "/project?project=gone"), status=409),
    Page("install a plugin", _with(_PLUGINS + "/install?project={worldedit}")),
    Page("install what does not fit", _with(_PLUGINS + "/install?project={enemy}")),
    Page("update a plugin", _with(_PLUGINS + "/update?plugin={plugin}")),
    Page("remove a plugin", _with("/hosting/plugins/{plugin}/remove")),
    Page("remove a plugin others need", _with("/hosting/plugins/{needed}/remove")),
    Page("take plugins back", _with("/hosting/plugin-changes/{plugin_change}/undo")),
    Page("addresses", _with(_SERVER + "/domains")),
    Page("addresses, a member", _with(_SERVER + "/domains"), as_="bob"),
    Page("addresses, none yet", _with("/hosting/servers/{stopped}/domains")),
    Page("remove a domain", _with(_SERVER + "/domains/{domain}/delete")),
    Page("many servers at once, its outcome", _with("/hosting/bulk/{bulk}"), as_="bob"),
    Page("server settings", _with("/hosting/servers/{stopped}/settings")),
    Page("delete a server", _with("/hosting/servers/{stopped}/delete")),
    Page("kill a server", _with(_SERVER + "/kill")),
    Page("new server from a template", "/hosting/servers/new?template=paper-1-20"),
    Page("servers, nothing found", "/hosting/servers?q=gibtesnicht"),
    Page("report", _with("/hosting/reports/{report}")),
    Page("delete a report", _with("/hosting/reports/{report}/delete")),
    Page("job", _with("/auftrag/{job}")),
    Page("search with hits", "/suche?q=bau"),
    Page("search without hits", "/suche?q=xyzxyz"),
    Page("member", _with("/organisation/mitglieder/{dora}")),
    Page("remove a member", _with("/organisation/mitglieder/{dora}/ende")),
    Page("revoke a token", _with("/organisation/token/{token}/ende")),
    Page("mail in the outbox", _with("/betrieb/postausgang/{mail}"), as_="olga"),
    Page("withdraw a voucher", _with("/betrieb/gutscheine/{voucher}/zurueckziehen"), as_="olga"),
    Page("second factor of a person", _with("/betrieb/personen/{dora}/zweiter-faktor"), as_="olga"),
]
