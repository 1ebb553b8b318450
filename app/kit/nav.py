"""The one navigation: modules put their pages in, each person sees those they may open.

Products (hosting, …) are modules with pages below; with a single visible product its pages stand at the top level.
`section`s (organisation, operation) are headed lists below the products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from flask import current_app, g, request, url_for

from app.kit.authz import Actor, current_actor, may

Label = Any  # str or a lazy translation


@dataclass(frozen=True)
class Page:
    """One entry: an endpoint with a label, and who may see it."""

    module: str
    label: Label
    icon: str
    endpoint: str
    permission: StrEnum | None = None
    operator: bool = False
    order: int = 100
    match: str = ""
    badge: Callable[[Actor], int] | None = None
    under: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Module:
    """A product, or a section (a headed list that is never folded)."""

    name: str
    label: Label
    icon: str
    order: int = 100
    section: bool = False


@dataclass(frozen=True)
class Shell:
    """What the shell asks the modules: endpoints by name, and small questions answered for an actor."""

    home: str = ""
    search: str = ""
    sign_in: str = ""
    sign_out: str = ""
    register: str = ""
    profile: str = ""
    notices: str = ""
    switch: str = ""
    keep_theme: Callable[[Actor, str], None] | None = None
    live_parts: str = ""
    organisations: Callable[[Actor], list[tuple[Any, str]]] | None = None
    unread: Callable[[Actor], int] | None = None
    notices_id: Callable[[Actor], str] | None = None
    chat: str = ""
    chat_unread: Callable[[Actor], int] | None = None
    chat_id: Callable[[Actor], str] | None = None


@dataclass
class View:
    """A page as the templates see it."""

    label: str
    icon: str
    url: str
    current: bool
    badge: int = 0
    here: bool = False
    """It is this very page that is shown, and not one below it."""
    group: list[View] = field(default_factory=list)
    """Itself and the pages under it, where there are any."""

    @property
    def tabs(self) -> list[tuple[str, str, bool, int | None]]:
        """The group as `ui.tabs` wants it, on its own pages alone."""
        shown = self.group if any(one.here for one in self.group) else []
        return [(one.label, one.url, one.here, one.badge or None) for one in shown]


@dataclass
class ModuleView:
    """A module with its visible pages."""

    name: str
    label: str
    icon: str
    section: bool
    current: bool
    pages: list[View] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.pages[0].url

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """The pages as `ui.tabs` wants them."""
        return [(page.label, page.url, page.current) for page in self.pages]


class Nav:
    """The registry. Filled once while the application is built; `register` twice replaces, it never doubles."""

    def __init__(self) -> None:
        self._modules: dict[str, Module] = {}
        self._pages: dict[tuple[str, str], Page] = {}
        self._account: dict[str, Page] = {}
        self._foot: dict[str, Page] = {}
        self._shell: dict[str, Any] = {}

    def module(
        self, name: str, *, label: Label, icon: str = "", order: int = 100, section: bool = False
    ) -> None:
        """A product module, or with `section=True` a headed list of pages (Organisation, Betrieb)."""
        self._modules[name] = Module(name, label, icon, order, section)

    def add(
        self,
        *,
        module: str,
        label: Label,
        icon: str,
        endpoint: str,
        permission: StrEnum | None = None,
        operator: bool = False,
        order: int = 100,
        match: str = "",
        badge: Callable[[Actor], int] | None = None,
        under: str = "",
        also: tuple[str, ...] = (),
    ) -> None:
        """A page of a module. `match` is the endpoint prefix for which the entry stays marked as current, `also` are
        single endpoints that belong to it.

        `under` is the endpoint of another page of the module: they share its entry, and are tabs on each other's page.
        """
        self._pages[module, endpoint] = Page(
            module, label, icon, endpoint, permission, operator, order, match, badge, under, also
        )

    def account(self, *, label: Label, icon: str, endpoint: str, order: int = 100) -> None:
        """A line of the account menu."""
        self._account[endpoint] = Page("", label, icon, endpoint, order=order)

    def foot(self, *, label: Label, endpoint: str, order: int = 100) -> None:
        """A link at the foot of every page (imprint, privacy, licences)."""
        self._foot[endpoint] = Page("", label, "", endpoint, order=order)

    def shell(self, **parts: Any) -> None:
        """Fill slots of the shell; see `Shell` for their names."""
        Shell(**parts)
        self._shell.update(parts)

    # What templates ask, per request

    def slots(self) -> Shell:
        """The shell's slots; endpoints this application does not have are left empty. Worked out once a request."""
        if "nav_slots" not in g:
            known = current_app.view_functions
            filled = {k: v for k, v in self._shell.items() if not isinstance(v, str) or v in known}
            g.nav_slots = Shell(**filled)
        found: Shell = g.nav_slots
        return found

    @staticmethod
    def url(endpoint: str) -> str:
        """The address of a page without arguments; remembered, because each page asks for all of them."""
        known: dict[tuple[str, str], str] = current_app.extensions.setdefault("kontor-nav-urls", {})
        key = (request.script_root, endpoint)
        if key not in known:
            known[key] = url_for(endpoint)
        return known[key]

    def modules(self) -> list[ModuleView]:
        """Visible modules with their visible pages, in order; worked out once a request."""
        if "nav_modules" not in g:
            g.nav_modules = self._build(current_actor())
        found: list[ModuleView] = g.nav_modules
        return found

    def products(self) -> list[ModuleView]:
        return [m for m in self.modules() if not m.section]

    def sections(self) -> list[ModuleView]:
        return [m for m in self.modules() if m.section]

    def account_lines(self) -> list[View]:
        return self._views(self._account)

    def foot_lines(self) -> list[View]:
        return self._views(self._foot)

    def _views(self, pages: dict[str, Page]) -> list[View]:
        known = current_app.view_functions
        ordered = sorted((p for p in pages.values() if p.endpoint in known), key=lambda p: p.order)
        return [
            View(str(p.label), p.icon, self.url(p.endpoint), request.endpoint == p.endpoint) for p in ordered
        ]

    def _build(self, actor: Actor) -> list[ModuleView]:
        known = current_app.view_functions
        visible = [p for p in self._pages.values() if p.endpoint in known and _visible(p, actor)]
        here = _current(
            visible
        )  # of all modules: an operator's page of a product stands among the operator's
        built = []
        for module in sorted(self._modules.values(), key=lambda m: (m.section, m.order, m.name)):
            pages = sorted((p for p in visible if p.module == module.name), key=lambda p: p.order)
            if not pages:
                continue
            views = {
                p.endpoint: View(
                    str(p.label), p.icon, self.url(p.endpoint), p is here, p.badge(actor) if p.badge else 0,
                    p.endpoint == request.endpoint,
                )
                for p in pages
            }  # fmt: skip
            built.append(
                ModuleView(
                    module.name, str(module.label), module.icon, module.section, here in pages, _grouped(pages, views)
                )
            )  # fmt: skip
        return built

    def page_tabs(self) -> list[tuple[str, str, bool, int | None]]:
        """The tabs of the running page's group; none below its pages, and where it has the entry to itself."""
        return next((one.tabs for module in self.modules() for one in module.pages if one.tabs), [])


def _grouped(pages: list[Page], views: dict[str, View]) -> list[View]:
    """One view for each entry: pages under another one are gathered below it, with its mark and badge for all of them."""
    groups: dict[str, list[Page]] = {}
    for page in pages:
        groups.setdefault(page.under or page.endpoint, []).append(page)
    found = []
    for leader, members in groups.items():
        first = views[leader if leader in views else members[0].endpoint]
        if len(members) > 1:
            group = [replace(views[page.endpoint]) for page in members]
            first = replace(
                first,
                current=any(one.current for one in group),
                badge=sum(one.badge for one in group),
                group=group,
            )
        found.append(first)
    return found


def _visible(page: Page, actor: Actor) -> bool:
    if page.operator and not actor.is_operator:
        return False
    return page.permission is None or may(actor, page.permission)


def _current(pages: list[Page]) -> Page | None:
    """The page for the running endpoint: itself or one that belongs to it, else the longest matching prefix."""
    endpoint = request.endpoint or ""
    for page in pages:
        if page.endpoint == endpoint or endpoint in page.also:
            return page
    matching = [p for p in pages if p.match and endpoint.startswith(p.match)]
    return max(matching, key=lambda p: len(p.match), default=None)


nav = Nav()
