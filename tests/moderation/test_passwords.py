"""Which passwords will do."""

import pytest

from moderation import passwords
from moderation.passwords import refusal

OWN = ("Amina Yusuf", "#EngagedLibraries", "engagedlibraries", "wall.library.example")


@pytest.mark.parametrize(
    "password",
    [
        "purple otter jumps",
        "four words are enough",
        "contraseña-segura-mía",
        "የኢትዮጵያ ቤተ መጻሕፍት ማኅበር",
        "مكتبة صغيرة قرب النهر",
        "図書館の猫は昼寝をしている毎日ね",
        "🦦🦉🐢🐝🦊🐙🦄🐌🦋🐞🦀🐳🦜🐿🦔" + " my reading friends",
        "x7$Kq9!vLm2@Rt5^",
    ],
)
def test_long_ones_of_one_s_own_will_do(password: str) -> None:
    assert refusal(password, OWN) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "password-short"),
        ("14 characters!", "password-short"),
        ("x" * 257, "password-long"),
        ("tab\tin the middle of it", "password-unseen"),
        ("nul\x00in the middle of it", "password-unseen"),
        ("a" * 20, "password-common"),
        ("abcabcabcabcabcabc", "password-common"),
        ("123456789012345", "password-common"),
        ("qwertyuiopasdfgh", "password-common"),
        ("passwordpassword", "password-common"),
        ("P A S S W O R D 1 2 3 4", "password-common"),
        ("correct horse battery staple", "password-common"),
        ("library-library-2026", "password-common"),
        ("#EngagedLibraries 2026", "password-common"),
        ("Amina Yusuf 12345678", "password-common"),
        ("amina.yusuf.amina.yusuf", "password-common"),
        ("!!!!!!!!!!!!!!!!!!!!", "password-common"),
    ],
)
def test_what_a_stranger_tries_first_will_not(password: str, why: str) -> None:
    assert refusal(password, OWN) == why


def test_nothing_is_cut_off() -> None:
    long = "an otter and an owl " * 12
    stored = passwords.hashed(long)
    assert passwords.is_right(stored, long)
    assert not passwords.is_right(stored, long[:-1])


def test_nothing_stored_is_never_right() -> None:
    assert not passwords.is_right("", "")
    assert not passwords.is_right("no hash at all", "x")


def test_it_is_stored_with_salt_by_argon2id_at_the_costs_that_were_promised() -> None:
    first, second = (passwords.hashed("the same every time") for _ in range(2))
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
