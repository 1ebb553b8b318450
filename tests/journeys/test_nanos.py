"""A nano's whole way as its people go it: offered by one organisation, found, bartered and rated by another, receipts for both.

Two browsers and a moderator's, at a desk and on the telephone. Every step is a press or a word typed on a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Download, Locator, Route, expect
from pypdf import PdfReader

from app.kit import assets
from app.kit.config import ROOT
from tests.journeys.conftest import House, running_house
from tests.journeys.fair import DESKTOP, PHONE, Device, Fair, Person, fair, handout

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PIECE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Offer:
    """What the adult education centre has, and what somebody types who cannot spell it."""

    device: Device
    title: str
    outcome: str
    description: str
    searched: str
    marked: str
    read_as: bool
    """The results say how the word was read: not where it is only a part of what was found."""


OFFERS = (
    Offer(
        DESKTOP, "Netzwerkgrundlagen", "Sie erklären, wie ein Router Pakete weiterleitet",
        "Adressen, Kabel und Funk: was in einem kleinen Büro zusammenspielt.", "Netzwekgrunlagen", "Netzwerkgrundlagen",
        True,
    ),
    Offer(
        PHONE, "Datensicherungskonzept", "Sie planen, was wann wohin gesichert wird",
        "Drei Kopien, zwei Orte, eine davon außer Haus.", "datensichrung", "Datensicherung", False,
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def platform() -> Iterator[House]:
    with running_house(demo=False, only="redis,web,live,worker,clock", KONTOR_MODULES="nanos") as running:
        yield running


@pytest.fixture(scope="module")
def axe() -> str:
    assets.sync(ROOT / "var", dev=True)
    vendor = assets.vendor_dir(ROOT / "var")
    return (vendor / assets.read_manifest(vendor)["axe"]["path"]).read_text("utf-8")


@pytest.mark.parametrize("offer", OFFERS, ids=[one.device.name for one in OFFERS])
def test_from_the_first_upload_to_both_receipts(
    platform: House, chromium: Browser, axe: str, offer: Offer
) -> None:
    with fair(platform, chromium, axe, offer.device) as all_:
        vera, cem, mona = all_.provider, all_.company, all_.moderator
        mona.go("/nanos/moderation")
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("upload", lambda: upload(vera, offer, all_)),
            ("draft", lambda: describe(vera, offer)),
            ("moderation", lambda: moderate(mona, vera, offer)),
            ("search", lambda: find(cem, offer)),
            ("locked", lambda: nothing_to_take_yet(cem, vera)),
            ("chat", lambda: talk(cem, vera, offer)),
            ("offer", lambda: bargain(cem, vera, offer)),
            ("accept", lambda: accept(cem, vera)),
            ("delivery", lambda: deliver(cem, vera)),
            ("access", lambda: read(cem, offer)),
            ("confirm", lambda: confirm(cem, vera)),
            ("rating", lambda: rate(cem, vera, offer)),
            ("receipts", lambda: receipts(cem, vera, offer)),
        )
        for name, step in steps:
            step()
            all_.reached(name)
        all_.sound()


def upload(vera: Person, offer: Offer, all_: Fair) -> None:
    """A file of two pieces; on the telephone the second is lost on the way and sent again."""
    vera.go("/nanos")
    vera.looks("00-empty-or-not")
    vera.follow(vera.link("Nano anbieten").first)
    vera.page.get_by_label("Titel").fill(offer.title)
    vera.does("Weiter")
    vera.sees(offer.title)
    pdf = handout(offer.title, offer.description, PIECE + 500_000)
    held: list[Route] = []

    def hold_the_second(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    vera.page.route(f"**/uploads/*offset={PIECE}", hold_the_second)
    vera.page.locator("#file").set_input_files(
        {"name": "handreichung.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    vera.press(vera.button("Speichern und weiter"))
    expect(vera.page.locator("[data-upload-percent]")).to_have_text(f"{PIECE * 100 // len(pdf)} %")
    expect(vera.page.locator("[data-upload-words]")).to_have_text("Wird hochgeladen")
    vera.looks("01-upload", thorough=True)
    if vera.device.touch:
        held[0].abort("connectionreset")
        expect(vera.page.locator("[data-upload-words]")).to_contain_text("Verbindung unterbrochen")
        all_.listener.complaints[:] = [one for one in all_.listener.complaints if "offset=" not in one]
    else:
        held[0].continue_()
    vera.page.wait_for_url(re.compile("/details$"))


def describe(vera: Person, offer: Offer) -> None:
    """The second step, saved once with gaps; then submitted."""
    page = vera.page
    page.locator("#outcome").fill(offer.outcome)
    vera.does("Entwurf speichern")
    expect(page.get_by_text("Entwurf gespeichert.")).to_be_visible()
    expect(page.locator("#outcome")).to_have_value(offer.outcome)
    page.locator("#description").fill(offer.description)
    for field, word in (
        ("subject", "IT und Digitalisierung"),
        ("type", "Text zum Lesen"),
        ("level", "Einstieg"),
        ("language", "Deutsch"),
        ("region", "Braunschweig"),
        ("licence", "Im Tausch"),
    ):
        page.locator(f"#{field}").select_option(label=word)
    page.locator("#minutes").fill("12")
    vera.press(page.get_by_label("Beschäftigte"))
    page.locator("#terms").fill("Ein Nano zur Kalkulation")
    vera.looks("02-details", thorough=True)
    vera.does("Speichern und ansehen")
    page.wait_for_url(re.compile("/draft$"))
    vera.looks("03-draft")
    vera.does("Zur Prüfung einreichen")
    expect(page.get_by_text("Dieses Nano wird geprüft.")).to_be_visible()
    vera.looks("04-in-review")
    vera.stays()


def moderate(mona: Person, vera: Person, offer: Offer) -> None:
    """The moderator's queue has counted it by itself; she takes it over and publishes; the provider hears at once."""
    mona.connected()
    expect(mona.page.get_by_text("1 Vorgang offen")).to_be_visible()
    mona.looks("05-queue", thorough=True)
    expect(mona.page.get_by_text("Nichts zu tun")).to_be_hidden()
    mona.does("Nächsten übernehmen")
    mona.sees(offer.title)
    expect(mona.page.get_by_text(offer.description).first).to_be_visible()
    mona.looks("06-case", thorough=True)
    mona.does("Veröffentlichen")
    expect(mona.page.get_by_text("0 Vorgänge offen")).to_be_visible()
    mona.looks("07-decided")
    bell = vera.link("Mitteilungen, 1 ungelesen")
    expect(bell).to_be_visible()
    expect(vera.link("Zur Seite des Nanos")).to_be_visible()
    vera.stayed()
    vera.looks("08-published-while-watching")
    vera.follow(bell)
    expect(vera.page.get_by_text(f"„{offer.title}“ ist geprüft und veröffentlicht.")).to_be_visible()
    vera.looks("09-notice")
    vera.follow(vera.button("Ansehen"))
    vera.sees(offer.title)
    vera.looks("10-own-page")


def find(cem: Person, offer: Offer) -> None:
    """Misspelt; the results say how it was read and mark where it stands."""
    cem.go("/nanos")
    box = cem.page.get_by_label("Was möchten Sie lernen?")
    box.fill(offer.searched)
    box.press("Enter")
    card = cem.page.locator(".nanos-card").filter(has=cem.page.locator("mark", has_text=offer.marked))
    expect(card).to_have_count(1)
    expect(cem.page.get_by_text("Gelesen als:")).to_have_count(int(offer.read_as))
    cem.looks("11-found", thorough=True)
    cem.follow(card.get_by_role("link", name=offer.title))
    cem.sees(offer.title)


def nothing_to_take_yet(cem: Person, vera: Person) -> None:
    """Neither by the page nor by the address, which the provider's own page shows."""
    expect(cem.page.get_by_text("Die Dateien gibt der Anbieter im Tausch.")).to_be_visible()
    expect(cem.link("Herunterladen")).to_have_count(0)
    expect(cem.link("Jetzt lernen")).to_have_count(0)
    cem.looks("12-locked", thorough=True)
    address = vera.link("Herunterladen").get_attribute("href")
    assert cem.page.request.get(f"{cem.url}{address}").status in (403, 404)
    assert vera.page.request.get(f"{vera.url}{address}").status == 200


def talk(cem: Person, vera: Person, offer: Offer) -> None:
    """A question and an answer, each seen at once on the other side; what is unread is counted until it is read."""
    vera.stays()
    cem.does("Nachricht an den Anbieter")
    cem.stays()
    say(cem, "Guten Tag! Taugt das auch für Auszubildende?")
    unread = vera.link("Nachrichten, 1 ungelesen")
    expect(unread).to_be_visible()
    vera.stayed()
    vera.follow(unread)
    vera.looks("13-rooms")
    vera.follow(vera.page.locator(".chat-room").filter(has_text=offer.title))
    expect(lines(vera)).to_have_text(["Guten Tag! Taugt das auch für Auszubildende?"])
    expect(vera.link("Nachrichten", exact=True).first).to_be_visible()
    vera.stays()
    say(vera, "Ja, im ersten Lehrjahr. Wir suchen etwas zur Kalkulation.")
    expect(lines(cem)).to_have_count(2)
    cem.stayed()
    say(cem, "Haben wir. Ich mache Ihnen ein Angebot.")
    expect(lines(vera).last).to_have_text("Haben wir. Ich mache Ihnen ein Angebot.")
    vera.stayed()
    for person in (cem, vera):
        expect(person.page.locator(".topbar a[href='/nachrichten'] .unread")).to_have_count(0)
        person.looks("14-chat", thorough=True)


def say(person: Person, text: str) -> None:
    box = person.page.get_by_role("textbox", name="Nachricht")
    box.fill(text)
    person.press(person.button("Senden"))
    expect(box).to_have_value("")


def lines(person: Person) -> Locator:
    return person.page.locator(".chat-line .chat-text")


def state(person: Person, name: str, number: str, vat: str) -> None:
    """What stands on receipts, asked for before the first offer or answer."""
    page = person.page
    page.get_by_label("Name, wie er auf Belegen steht").fill(name)
    page.get_by_label("Anschrift").fill("Wendenring 1\n38114 Braunschweig")
    page.get_by_label("Steuernummer oder USt-IdNr.").fill(number)
    page.get_by_label("Umsatzsteuer").select_option(value=vat)
    person.looks("15-statement")
    person.does("Speichern")


def bargain(cem: Person, vera: Person, offer: Offer) -> None:
    """Nano against nano; the other side wants a little more, and the first sees what changed without a reload."""
    vera.stays()
    cem.follow(cem.link("Zum Vorgang"))
    cem.follow(cem.link("Tausch anbieten"))
    state(cem, "Nordwerk GmbH", "DE123456789", "regular")
    page = cem.page
    cem.press(page.get_by_label("Angebote kalkulieren"))
    page.locator("#give_value").fill("120")
    page.locator("#get_value").fill("100")
    cem.looks("16-offer-form", thorough=True)
    cem.does("Tausch anbieten")
    cem.sees("Volkshochschule Braunschweig ist dran")
    cem.stays()
    cem.looks("17-offered")

    vera.follow(vera.link("Mitteilungen, 1 ungelesen"))
    vera.follow(vera.button("Ansehen").first)
    vera.sees("Sie sind dran: Nordwerk GmbH wartet auf Ihre Antwort")
    vera.looks("18-asked")
    vera.follow(vera.link("Gegenangebot"))
    state(vera, "Volkshochschule Braunschweig", "14/123/45678", "exempt22")
    vera.page.locator("#get_credits").fill("20")
    vera.page.locator("#give_value").fill("140,00")
    vera.page.locator("#get_value").fill("125,50")
    vera.looks("19-counter-form")
    vera.does("Gegenangebot senden")
    vera.sees("Nordwerk GmbH ist dran")
    vera.stays()


def accept(cem: Person, vera: Person) -> None:
    """It names the revision that was read."""
    yes = cem.button("Fassung 2 annehmen")
    expect(yes).to_be_visible()
    cem.stayed()
    expect(cem.page.locator(".trade-changes").first).to_contain_text("140,00")
    cem.looks("20-countered", thorough=True)
    cem.does("Fassung 2 annehmen")
    for person in (cem, vera):
        person.sees("Sie sind dran: liefern")
    vera.stayed()
    cem.stays()
    vera.looks("21-agreed")


def deliver(cem: Person, vera: Person) -> None:
    """Each with one press, and each sees the other's at once."""
    vera.does("Jetzt liefern")
    vera.sees("Nordwerk GmbH ist dran: liefern")
    cem.sees("Volkshochschule Braunschweig hat geliefert")
    cem.stayed()
    vera.stays()
    cem.looks("22-delivered-by-one")
    cem.does("Jetzt liefern")
    vera.sees("Nordwerk GmbH hat geliefert")
    vera.stayed()
    cem.looks("23-delivered-by-both", thorough=True)


def read(cem: Person, offer: Offer) -> None:
    """From the deal to the content, which opens now, and back."""
    cem.follow(cem.link(f"{offer.title} öffnen"))
    cem.sees(offer.title)
    cem.looks("24-open")
    with cem.page.expect_download() as loading:
        cem.press(cem.link("Herunterladen"))
    assert offer.description in words(loading.value)
    cem.follow(cem.link("Jetzt lernen"))
    cem.page.wait_for_url("**/learn/**")
    cem.sees(offer.title)
    cem.looks("25-learning")
    cem.page.go_back()
    cem.page.go_back()
    cem.sees("Volkshochschule Braunschweig hat geliefert")


def confirm(cem: Person, vera: Person) -> None:
    """Both have what they were promised; both see that it is done."""
    for person in (cem, vera):
        person.stays()
    vera.does("Empfang bestätigen")
    expect(cem.page.locator(".trade-part").first).to_contain_text("Empfang bestätigt")
    cem.stayed()
    vera.stays()
    cem.does("Empfang bestätigen")
    for person in (cem, vera):
        person.sees("Abgeschlossen")
    vera.stayed()
    for person in (cem, vera):
        person.looks("26-completed", thorough=True)


def rate(cem: Person, vera: Person, offer: Offer) -> None:
    """From the finished deal each rates what they got; the page says it."""
    for person, title, stars in ((cem, offer.title, "5"), (vera, "Angebote kalkulieren", "4")):
        person.follow(person.link(re.compile(f"^{title}.* bewerten$")))
        person.press(person.page.locator(f"input[name=stars][value='{stars}']"))
        person.page.get_by_label("Kommentar").fill("Kurz, klar, sofort zu gebrauchen.")
        person.looks("27-rating-form")
        person.does("Speichern")
        expect(person.page.get_by_text("Kurz, klar, sofort zu gebrauchen.").first).to_be_visible()
        person.looks("28-rated", thorough=person is cem)


def receipts(cem: Person, vera: Person, offer: Offer) -> None:
    """A paper for each side with values, number, both names and what each states about its taxes."""
    ours, theirs = f"„Angebote kalkulieren für {offer.device.name}“", f"„{offer.title}“"
    for person, first, second in (
        (cem, ("Nordwerk GmbH", ours, "125,50 €"), ("Volkshochschule Braunschweig", theirs, "140,00 €")),
        (vera, ("Volkshochschule Braunschweig", theirs, "140,00 €"), ("Nordwerk GmbH", ours, "125,50 €")),
    ):
        person.follow(person.page.locator("nav a:visible", has_text="Tauschen").first)
        person.follow(person.link(re.compile("^Beendet")))
        person.looks("29-ended")
        person.follow(person.link(offer.title))
        person.sees("Abgeschlossen")
        number = person.page.url.rsplit("/", 1)[1]
        with person.page.expect_download() as loading:
            person.press(person.link("Tauschbeleg (PDF)"))
        assert loading.value.suggested_filename.endswith(".pdf")
        said = words(loading.value)
        gave, got = said.index(f"Gegeben: {first[0]}"), said.index(f"Erhalten: {second[0]}")
        assert first[1] in said[gave:got] and first[2] in said[gave:got], said
        assert second[1] in said[got:] and second[2] in said[got:], said
        assert "20 Credits" in said and number in said and "Fassung 2" in said, said
        for stated in (
            "DE123456789",
            "14/123/45678",
            "Regelbesteuerung (19 %)",
            "Steuerfrei nach § 4 Nr. 22 UStG",
        ):
            assert stated in said, stated


def words(paper: Download) -> str:
    """What a downloaded PDF says, on one line."""
    text = " ".join(page.extract_text() for page in PdfReader(paper.path()).pages)
    return " ".join(text.split())
