"""References and keys: derived, and opaque."""

from hypothesis import given
from hypothesis import strategies as st

from delivery.references import (
    REFERENCE,
    address_hash,
    delivery_id,
    delivery_key,
    digest_reference,
    read_reference,
    reference_of,
)

KEY = "1/initial-ppm/1/2026-01-07/escalation/1"


def test_a_reference_is_the_same_for_everyone_and_says_nothing_of_the_case() -> None:
    reference = reference_of("CLA-1001", KEY)

    assert reference == reference_of("CLA-1001", KEY)
    assert REFERENCE.fullmatch(reference)
    assert reference != reference_of("CLA-1002", KEY)
    assert reference != digest_reference("CLA-1001", KEY)


@given(st.text(), st.text())
def test_a_reference_is_read_however_it_was_typed(child: str, key: str) -> None:
    reference = reference_of(child, key)

    for typed in (reference, reference.lower(), reference.replace("-", ""), f" {reference.replace('-', ' ')} "):
        assert read_reference(typed) == reference


def test_what_is_no_reference_is_none() -> None:
    for typed in ("", "K7QX", "K7QX-2MPA-V4T", "K7QX-2MPA-V4TD-AAAA", "K7QX-2MPA-V4T1", "initial-ppm"):
        assert read_reference(typed) is None


def test_a_delivery_is_one_thing_one_person_one_channel() -> None:
    key = delivery_key(f"CLA-1001/{KEY}", "j-smith", "smtp")

    assert key == "CLA-1001/1/initial-ppm/1/2026-01-07/escalation/1/j-smith/smtp"
    assert len({delivery_id(key), delivery_id(delivery_key(f"CLA-1001/{KEY}", "j-smith", "notify"))}) == 2
    assert "CLA" not in delivery_id(key)


def test_an_address_is_the_same_however_it_is_written() -> None:
    assert address_hash("J.Smith@Example.org ") == address_hash("j.smith@example.org")
