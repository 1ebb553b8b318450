"""Pure decisions of accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.rules import address, code, limits, membership, password, session, slug

NOW = datetime(2026, 11, 21, 12, 0, 15, tzinfo=UTC)
ROLES = ("owner", "admin", "member", None)


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [
        ("Alice@Example.ORG", "alice@example.org"),
        ("  bob@example.org ", "bob@example.org"),
        ("jörg@müller.example", "jörg@müller.example"),
        ("J\u00d6RG@xn--mller-kva.example", "jörg@müller.example"),
    ],
)
def test_addresses_are_compared_in_one_form(given_text: str, stored: str) -> None:
    assert address.normal(given_text) == stored


@pytest.mark.parametrize(
    "text", ["", "x", "a@b", "a b@c.de", "a@b.de, c@d.de", "a@b.de\nBcc: x@y.de", '"<script>"@x.de']
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):
        address.normal(text)


@pytest.mark.parametrize(
    ("full", "network", "kept"),
    [
        ("203.0.113.77", "203.0.113.77", "203.0.113.0"),
        ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::"),
        ("", "unknown", ""),
        ("unfug", "unknown", ""),
        (None, "unknown", ""),
    ],
)
def test_how_much_of_a_network_address_is_used_and_kept(full: str | None, network: str, kept: str) -> None:
    assert (address.network_of(full), address.anonymous(full)) == (network, kept)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kurz", "short"),
        ("x" * 201, "long"),
        ("bob@example.org", "address"),
        ("aaaaaaaaaaaa", "monotone"),
        ("vier Katzen auf dem Dach", None),
    ],
)
def test_passwords(text: str, why: str | None) -> None:
    assert password.weakness(text, "Bob@example.org") == why


def test_nobody_raises_anybody_above_themselves() -> None:
    rank = {"owner": 3, "admin": 2, "member": 1, None: 0}
    for giver in ROLES:
        for current in ROLES[:3]:
            assert membership.can_remove(giver, current) == (rank[giver] >= max(rank[current], 2))
            for wanted in ROLES[:3]:
                allowed = rank[giver] >= 2 and rank[giver] >= max(rank[current], rank[wanted])
                assert membership.can_change(giver, current, wanted) == allowed


@pytest.mark.parametrize(
    ("current", "wanted", "owners", "refused"),
    [
        ("owner", None, 1, True),
        ("owner", "member", 1, True),
        ("owner", "owner", 1, False),
        ("owner", None, 2, False),
        ("admin", None, 1, False),
    ],
)
def test_the_last_owner(current: str, wanted: str | None, owners: int, refused: bool) -> None:
    assert membership.leaves_no_owner(current, wanted, owners) == refused


@given(st.integers(0, 10**6 - 1), st.integers(-5, 5))
def test_a_code_fits_within_one_step_only(number: int, away: int) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    text = pyotp.TOTP(secret).at(int(NOW.timestamp()) + 30 * away)
    found = code.matching_step(secret, text, NOW, last_step=0)
    if abs(away) <= 1:
        assert found is not None
        assert code.matching_step(secret, text, NOW, last_step=found) in (None, found + 1, found + 2)
    typed = f"{number:06}"
    near = {pyotp.TOTP(secret).at(int(NOW.timestamp()) + 30 * step) for step in (-1, 0, 1)}
    assert (code.matching_step(secret, typed, NOW, 0) is not None) == (typed in near)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34 5"])
def test_what_is_no_code(text: str) -> None:
    assert code.matching_step("JBSWY3DPEHPK3PXP", text, NOW, 0) is None


def test_backup_codes_are_read_as_people_write_them() -> None:
    assert code.plain_backup_code(" ABCD-efgh jkmn ") == "abcdefghjkmn"
    assert code.plain_backup_code("abcd-efgh-jkm") is None
    assert code.plain_backup_code("abcd-efgh-jkl0") is None
    assert code.grouped("abcdefghjkmn") == "abcd-efgh-jkmn"


def test_the_digest_of_a_backup_code_depends_on_the_person() -> None:
    assert code.backup_digest("abcdefghjkmn", UUID(int=1)) != code.backup_digest("abcdefghjkmn", UUID(int=2))


@given(st.text(max_size=200))
def test_a_short_name_always_fits_an_address(name: str) -> None:
    made = slug.slug_of(name)
    assert 1 <= len(made) <= 40
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")


def test_umlauts_in_a_short_name() -> None:
    assert slug.slug_of("Größte Möbel GmbH & Co.") == "groesste-moebel-gmbh-co"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0 Safari/537.36 Edg/139.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/139.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        ("curl/8.5.0", "curl"),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_described_shortly(agent: str, device: str) -> None:
    assert session.device_of(agent) == device


@given(st.integers(0, 10_000), st.booleans())
def test_no_session_outlives_its_longest(hours: int, lasting: bool) -> None:
    end = session.expiry(NOW, NOW + timedelta(hours=hours), lasting=lasting)
    assert end <= NOW + session.LONGEST


def test_the_longest_wait_counts() -> None:
    one, two = limits.Limit("a", 1, 60), limits.Limit("b", 5, 900)
    assert limits.over({one: (1, 60), two: (5, 900)}) is None
    assert limits.over({one: (2, 30), two: (6, 800)}) == 800
    assert limits.over({one: (2, 30), two: (5, 800)}) == 30
