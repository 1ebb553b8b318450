"""What a platform's message must say: any claim that is altered, missing or of another kind is refused."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.nanos.gateways.lti import read_keys
from app.nanos.rules.lti import Expected, LtiFault, nano_of, origin_of, read_message, scores_url

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NOW = 1_800_000_000.0
EXPECTED = Expected("https://moodle.example", "abc", ("1", "2"), "nonce", NOW)
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
GOOD: dict[str, Any] = {
    "iss": "https://moodle.example", "aud": "abc", "exp": NOW + 60, "iat": NOW, "nonce": "nonce", "sub": "7",
    f"{LTI}version": "1.3.0", f"{LTI}message_type": "LtiResourceLinkRequest", f"{LTI}deployment_id": "1",
    f"{LTI}target_link_uri": "https://kontor.example/nanos/x", f"{LTI}resource_link": {"id": "9"},
    AGS: {"scope": [SCORE], "lineitem": "https://moodle.example/item?x=1"},
}  # fmt: skip
NEEDED = sorted(set(GOOD) - {AGS})
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=5,
)  # fmt: skip


def test_a_good_one() -> None:
    found = read_message(GOOD, EXPECTED)
    assert (found.subject, found.link, found.line_item) == ("7", "9", "https://moodle.example/item?x=1")
    assert read_message({**GOOD, "aud": ["abc"], "azp": "abc"}, EXPECTED)


@given(st.sampled_from(NEEDED), json)
def test_a_claim_of_another_kind_is_refused_or_means_what_it_says(name: str, value: Any) -> None:
    """Free texts may be others; what is checked against something is refused."""
    try:
        found = read_message({**GOOD, name: value}, EXPECTED)
    except LtiFault:
        return
    free = {"sub": found.subject, f"{LTI}target_link_uri": found.target}
    if name in free:
        assert free[name] == value and len(value) > 0
    elif name == f"{LTI}resource_link":
        assert found.link == value["id"]
    elif name == "exp":
        assert value > NOW - 61
    elif name == "iat":
        assert abs(value - NOW) <= 661
    else:
        assert value == GOOD[name] or (name, value) in ((f"{LTI}deployment_id", "2"), ("aud", ["abc"]))


@pytest.mark.parametrize("name", NEEDED)
def test_a_claim_that_is_missing(name: str) -> None:
    with pytest.raises(LtiFault):
        read_message({key: value for key, value in GOOD.items() if key != name}, EXPECTED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", "https://moodle.example/"), ("iss", "https://evil.example"), ("aud", "abcd"), ("aud", ["abc", "other"]),
        ("aud", []), ("azp", "other"), ("azp", None), ("exp", NOW - 60), ("exp", True), ("exp", float("nan")),
        ("iat", NOW - 661), ("iat", NOW + 61), ("nonce", "Nonce"), ("nonce", None), ("sub", ""), ("sub", "x" * 256),
        ("sub", 7), ("sub", "a\x00"), (f"{LTI}version", "1.3"), (f"{LTI}deployment_id", "3"), (f"{LTI}deployment_id", 1),
        (f"{LTI}message_type", "LtiSubmissionReviewRequest"), (f"{LTI}resource_link", {"id": ""}),
        (f"{LTI}resource_link", "9"), (f"{LTI}message_type", "LtiDeepLinkingRequest"),
    ],
)  # fmt: skip
def test_a_claim_that_is_altered(name: str, value: Any) -> None:
    with pytest.raises(LtiFault):
        read_message({**GOOD, name: value}, EXPECTED)


@pytest.mark.parametrize(
    "endpoint",
    [
        None, [], {}, {"scope": [SCORE]}, {"scope": SCORE, "lineitem": "https://a.example/x"},
        {"scope": ["https://other"], "lineitem": "https://a.example/x"}, {"scope": [SCORE], "lineitem": "file:///etc/passwd"},
        {"scope": [SCORE], "lineitem": "https://u:p@a.example/"},
        {"scope": [SCORE], "lineitem": "https://a.example/" + "x" * 2000},
    ],
)  # fmt: skip
def test_no_score_where_none_is_wanted(endpoint: Any) -> None:
    claims = copy.deepcopy(GOOD)
    claims[AGS] = endpoint
    assert read_message(claims, EXPECTED).line_item == ""


def test_the_nano_of_a_launch() -> None:
    one = UUID(int=7)
    assert nano_of(f"https://k.example/nanos/{one}", "https://k.example") == one
    assert nano_of(f"https://k.example/sub/nanos/{one}/", "https://k.example/sub/") == one
    for target in (
        f"https://k.example.evil/nanos/{one}", f"https://k.example/nanos/{one}/edit", f"http://k.example/nanos/{one}",
        f"https://k.example//nanos/{one}", f"https://k.example/nanos/{one}?x", "https://k.example/nanos/", "",
    ):  # fmt: skip
        with pytest.raises(LtiFault):
            nano_of(target, "https://k.example")


def test_addresses() -> None:
    assert (
        scores_url("https://m.example/a/lineitem?type_id=1#x")
        == "https://m.example/a/lineitem/scores?type_id=1"
    )
    assert origin_of("https://M.example:8443/a?b") == "https://m.example:8443"
    for text in (
        "",
        "moodle",
        "https://",
        "javascript:alert(1)",
        "https://a b/",
        "https://a;script-src *",
        "https://[::1]/",
    ):
        assert origin_of(text) == "", text


@given(st.text(max_size=200))
def test_an_origin_never_breaks_out_of_a_policy(text: str) -> None:
    for given_ in (text, f"https://{text}"):
        assert not set(origin_of(given_)) & set(" ;,'\"*\n\r\t")


@given(json)
def test_no_nonsense_is_a_key(said: Any) -> None:
    import json as text

    for body in (
        said,
        {"keys": said},
        {"keys": [said]},
        {"keys": [{"kty": "RSA", "kid": "x", "n": said, "e": "AQAB"}]},
    ):
        with pytest.raises(LtiFault):
            read_keys(text.dumps(body).encode())


def test_short_keys_are_none() -> None:
    import json as text

    from joserfc.jwk import RSAKey

    from tests.nanos.lti_platform import pem

    for bits, good in ((1024, False), (2048, True)):
        key = RSAKey.import_key(pem(bits)[1]).as_dict()
        body = text.dumps({"keys": [{**key, "kid": "a", "use": "sig"}, {"kty": "EC"}]}).encode()
        if good:
            assert [one["kid"] for one in read_keys(body)] == ["a"]
        else:
            with pytest.raises(LtiFault):
                read_keys(body)
