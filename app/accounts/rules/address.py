"""Mail addresses and network addresses: how they are compared, and how much of them is kept."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from email_validator import EmailNotValidError, validate_email


def normal(text: str) -> str:
    """The address as it is stored and compared: Unicode form, case folded. ValueError when it is none."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return found.normalized.casefold()


def _parse(address: str) -> str | IPv6Address:
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped.compressed if found.ipv4_mapped else found
    return found.compressed


def network_of(address: str | None) -> str:
    """Whom a guess is counted against: an IPv4 address, or the /64 an IPv6 customer commands."""
    found = _parse(address or "")
    if isinstance(found, IPv6Address):
        return str(ip_network(f"{found}/64", strict=False))
    return found or "unknown"


def anonymous(address: str | None) -> str:
    """What the list of sessions keeps: enough to recognise the provider, too little to name a household."""
    found = _parse(address or "")
    if isinstance(found, IPv6Address):
        return f"{ip_network(f'{found}/48', strict=False).network_address}"
    return found.rpartition(".")[0] + ".0" if found else ""
