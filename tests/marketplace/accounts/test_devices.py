"""Device names from what browsers say."""

import pytest

from marketplace.accounts.devices import device_name

ANDROID = (
    "Mozilla/5.0 (Linux; Android 9; SM-J600G) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (ANDROID, "Android · Chrome"),
        (ANDROID + " Zalo android/230", "Android · Zalo"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605 Version/15 Safari/604",
            "iPhone · Safari",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/130.0", "Windows · Firefox"),
        ("", ""),
        ("curl/8", ""),
        ("x" * 100_000, ""),
    ],
)
def test_a_device_is_named_in_two_words(said, name):
    assert device_name(said) == name
