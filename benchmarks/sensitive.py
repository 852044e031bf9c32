"""Made numbers, keys and addresses in the sentences and tables around them, and texts that resemble them.

Check digits are computed here, independently of what Carrel checks them with. Half of the texts are lines of
documents that nobody wrote for this: numbers are put between their words, and those that have many digits of
their own are texts without a sensitive number.
"""

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

CHECKSUMMED = ("card", "iban", "vat", "national")
"""The classes whose numbers prove themselves."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with one sensitive piece."""

    kind: str
    """The class of the piece."""
    before: str
    """The text before it."""
    piece: str
    """What is to be masked."""
    after: str
    """The text after it."""


def _digits(dice: random.Random, count: int) -> str:
    return "".join(dice.choices(string.digits, k=count))


def _grouped(number: str, *sizes: int, by: str = " ") -> str:
    groups, position = [], 0
    for size in sizes:
        groups.append(number[position : position + size])
        position += size
    return by.join(groups)


def _luhn(number: str) -> str:
    """A number with its check digit."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return number + str(-total % 10)


def _weighted(number: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))


def _numeric(text: str) -> str:
    return "".join(str(int(character, 36)) for character in text)


def card(dice: random.Random) -> str:
    """The number of a payment card, as cards and receipts print it."""
    prefix, length = dice.choice(
        [("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16), ("3530", 16), ("36", 14), ("4", 19)]
    )
    number = _luhn(prefix + _digits(dice, length - 1 - len(prefix)))
    by = dice.choice([" ", " ", "-", "\u00a0", "", "\u2011", "\n"])
    if length == 15:
        return _grouped(number, 4, 6, 5, by=by)
    return _grouped(number, 4, 4, 4, *((4,) if length == 16 else (4, 3) if length == 19 else (2,)), by=by)


_ACCOUNTS = {
    "DE": "n" * 18,
    "FR": "n" * 10 + "c" * 11 + "nn",
    "GB": "aaaa" + "n" * 14,
    "ES": "n" * 20,
    "IT": "a" + "n" * 10 + "c" * 12,
    "NL": "aaaa" + "n" * 10,
    "AT": "n" * 16,
    "CH": "n" * 5 + "c" * 12,
    "PL": "n" * 24,
    "SE": "n" * 20,
    "NO": "n" * 11,
}


def iban(dice: random.Random) -> str:
    """An international bank account number."""
    country, form = dice.choice(list(_ACCOUNTS.items()))
    letters = {"n": string.digits, "a": string.ascii_uppercase, "c": string.digits + string.ascii_uppercase}
    account = "".join(dice.choice(letters[sign]) for sign in form)
    check = 98 - int(_numeric(f"{account}{country}00")) % 97
    number = f"{country}{check:02}{account}"
    by = dice.choice([" ", " ", " ", "", "-", "\u202f", "\n"])
    return _grouped(number, *[4] * (len(number) // 4 + 1), by=by).rstrip(by)


def vat(dice: random.Random) -> str:
    """A VAT number with its country."""
    country = dice.choice(["DE", "FR", "AT", "NL", "BE", "ES", "IT", "PL", "DK", "GB", "CHE"])
    if country == "DE":
        number = dice.choice("123456789") + _digits(dice, 7)
        product = 10
        for digit in number:
            total = (int(digit) + product) % 10 or 10
            product = total * 2 % 11
        text = number + str((11 - product) % 10)
    elif country == "FR":
        siren = _luhn(_digits(dice, 8))
        text = f"{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}"
    elif country == "AT":
        number = _digits(dice, 7)
        total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(number))
        text = f"U{number}{(6 - total) % 10}"
    elif country == "NL":
        while True:
            number = _digits(dice, 8)
            check = _weighted(number, range(9, 1, -1)) % 11
            if check < 10 and number.strip("0"):
                break
        text = f"{number}{check}B{dice.randint(1, 99):02}"
    elif country == "BE":
        number = "0" + dice.choice("456789") + _digits(dice, 6)
        text = f"{number}{97 - int(number) % 97:02}"
    elif country == "ES":
        number = _digits(dice, 8)
        text = number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]
    elif country == "IT":
        text = _luhn(_digits(dice, 7) + dice.choice(["001", "015", "058", "063"]))
    elif country == "PL":
        while True:
            number = dice.choice("123456789") + _digits(dice, 8)
            check = _weighted(number, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11
            if check < 10:
                break
        text = f"{number}{check}"
    elif country == "DK":
        while True:
            text = dice.choice("123456789") + _digits(dice, 7)
            if _weighted(text, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0:
                break
    elif country == "GB":
        number = dice.choice("123456789") + _digits(dice, 6)
        text = f"{number}{97 - (_weighted(number, range(8, 1, -1)) + 55) % 97:02}"
    else:
        while True:
            number = _digits(dice, 8)
            check = -_weighted(number, (5, 4, 3, 2, 7, 6, 5, 4)) % 11
            if check < 10:
                break
        text = f"-{_grouped(f'{number}{check}', 3, 3, 3, by='.')} MWST"
    return f"{country}{dice.choice(['', '', ' ']) if country != 'CHE' else ''}{text}"


def _date(dice: random.Random, form: str) -> str:
    year, month, day = dice.randint(1940, 1999), dice.randint(1, 12), dice.randint(1, 28)
    return form.format(y=year % 100, Y=year, m=month, d=day)


def _mod11(dice: random.Random, length: int, weights: Sequence[int], *, negative: bool = True) -> str:
    while True:
        number = dice.choice("123456789") + _digits(dice, length - 2)
        total = _weighted(number, weights)
        check = (-total if negative else total) % 11
        if check < 10:
            return f"{number}{check}"


def _german(dice: random.Random) -> str:
    while True:
        digits = dice.sample(string.digits, 9)
        number = [*digits, dice.choice(digits)]
        dice.shuffle(number)
        if number[0] != "0" and not any(
            a == b == c for a, b, c in zip(number, number[1:], number[2:], strict=False)
        ):
            break
    product = 10
    for digit in number:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return _grouped("".join(number) + str((11 - product) % 10), *dice.choice([(2, 3, 3, 3), (11,)]))


def _italian(dice: random.Random) -> str:
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    code = "".join(dice.choices("BCDFGLMNPRSTV", k=6)) + _date(dice, "{y:02}") + dice.choice("ABCDEHLMPRST")
    code += f"{dice.randint(1, 28):02}{dice.choice('ABCDEFGHIL')}{dice.randint(100, 999)}"
    value = 0
    for place, character in enumerate(code):
        number = int(character) if character.isdigit() else ord(character) - 65
        value += odd[number] if place % 2 == 0 else number
    return code + chr(65 + value % 26)


def _french(dice: random.Random) -> str:
    number = (
        f"{dice.choice('12')}{_date(dice, '{y:02}{m:02}')}{dice.randint(1, 19):02}{dice.randint(1, 400):03}"
    )
    number += f"{dice.randint(1, 300):03}"
    full = f"{number}{97 - int(number) % 97:02}"
    return _grouped(full, *dice.choice([(1, 2, 2, 2, 3, 3, 2), (13, 2), (15,)]))


def _belgian(dice: random.Random) -> str:
    number = _date(dice, "{y:02}{m:02}{d:02}") + f"{dice.randint(1, 997):03}"
    full = f"{number}{97 - int(number) % 97:02}"
    return f"{full[:2]}.{full[2:4]}.{full[4:6]}-{full[6:9]}.{full[9:]}"


def _british_health(dice: random.Random) -> str:
    return _grouped(_mod11(dice, 10, range(10, 1, -1)), 3, 3, 4)


def _swiss(dice: random.Random) -> str:
    number = "756" + _digits(dice, 9)
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(number))
    return _grouped(f"{number}{-total % 10}", 3, 4, 4, 2, by=".")


def _spanish(dice: random.Random) -> str:
    number = _digits(dice, 8)
    return f"{number}{dice.choice(['', '-', ' '])}{'TRWAGMYFPDXBNJZSQVHLCKE'[int(number) % 23]}"


def _swedish(dice: random.Random) -> str:
    number = _luhn(_date(dice, "{y:02}{m:02}{d:02}") + _digits(dice, 3))
    return f"{number[:6]}-{number[6:]}"


def _finnish(dice: random.Random) -> str:
    born, serial = _date(dice, "{d:02}{m:02}{y:02}"), f"{dice.randint(2, 899):03}"
    return f"{born}-{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(born + serial) % 31]}"


def _polish(dice: random.Random) -> str:
    number = _date(dice, "{y:02}{m:02}{d:02}") + _digits(dice, 4)
    return f"{number}{-_weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10}"


def _brazilian(dice: random.Random) -> str:
    number = _digits(dice, 9)
    for first in (10, 11):
        number += str(-_weighted(number, range(first, 1, -1)) % 11 % 10)
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def _portuguese(dice: random.Random) -> str:
    number = dice.choice("1235") + _digits(dice, 7)
    return number + str((-_weighted(number, range(9, 1, -1)) % 11) % 10)


NATIONAL: dict[str, tuple[Callable[[random.Random], str], str]] = {
    "German tax number": (_german, "Steuer-ID"),
    "Italian tax code": (_italian, "Codice fiscale"),
    "French social security": (_french, "Numéro de sécurité sociale"),
    "Belgian national number": (_belgian, "Rijksregisternummer"),
    "British NHS number": (_british_health, "NHS number"),
    "Swiss social security": (_swiss, "AHV-Nummer"),
    "Spanish identity number": (_spanish, "DNI"),
    "Swedish personal number": (_swedish, "Personnummer"),
    "Finnish identity code": (_finnish, "Henkilötunnus"),
    "Polish PESEL": (_polish, "PESEL"),
    "Brazilian CPF": (_brazilian, "CPF"),
    "Dutch BSN": (lambda dice: _mod11(dice, 9, range(9, 1, -1), negative=False), "BSN"),
    "Canadian SIN": (lambda dice: _grouped(_luhn(dice.choice("1234567") + _digits(dice, 7)), 3, 3, 3), "SIN"),
    "Portuguese NIF": (_portuguese, "NIF"),
}
"""Numbers of people by name: how they are made, and what they are called in documents."""


def key(dice: random.Random) -> str:
    """A key or token."""
    letters = string.ascii_letters + string.digits
    return dice.choice(
        [
            "AKIA" + "".join(dice.choices(string.ascii_uppercase + "234567", k=16)),
            "ghp_" + "".join(dice.choices(letters, k=36)),
            "sk_live_" + "".join(dice.choices(letters, k=24)),
            "xoxb-" + _digits(dice, 12) + "-" + "".join(dice.choices(letters, k=24)),
            "AIza" + "".join(dice.choices(letters, k=35)),
            "glpat-" + "".join(dice.choices(letters, k=20)),
        ]
    )


def email(dice: random.Random) -> str:
    """An e-mail address."""
    name = dice.choice(["anna.berg", "j-luc", "info", "k.o'hara", "süleyman", "m_rossi+bills"])
    return f"{name}{dice.randint(1, 99)}@{dice.choice(['mail.example.org', 'praxis-nord.de', 'uni.ac.uk'])}"


def phone(dice: random.Random) -> str:
    """A telephone number, as people write it."""
    return dice.choice(
        [
            f"+49 30 {dice.randint(2000000, 8999999)}",
            f"+44 20 7946 {dice.randint(0, 999):04}",
            f"(212) 55{dice.randint(0, 9)}-{dice.randint(1000, 9999)}",
            f"+33 1 42 {dice.randint(10, 99)} {dice.randint(10, 99)} {dice.randint(10, 99)}",
            f"0171 {dice.randint(2000000, 8999999)}",
            f"030/{dice.randint(2000000, 8999999)}",
        ]
    )


def negatives(dice: random.Random, count: int) -> list[str]:
    """Texts with numbers that are none of a class, though they resemble it."""

    def wrong(number: str) -> str:
        """The number with another last digit."""
        last = max(place for place, character in enumerate(number) if character.isdigit())
        return f"{number[:last]}{(int(number[last]) + dice.randint(1, 8)) % 10}{number[last + 1 :]}"

    makers: list[Callable[[], str]] = [
        lambda: f"Order {_digits(dice, 8)}-{_digits(dice, 4)} was shipped.",
        lambda: f"card {wrong(card(dice))} declined",
        lambda: f"account {wrong(iban(dice))}",
        lambda: f"VAT {wrong(_grouped(_luhn(_digits(dice, 8)), 3, 3, 3))}",
        lambda: f"ISBN 978-{dice.randint(0, 9)}-{_digits(dice, 2)}-{_digits(dice, 6)}-{dice.randint(0, 9)}",
        lambda: f"{dice.random():.16f} {dice.random():.15f} {dice.random():.12f}",
        lambda: f"{dice.getrandbits(160):040x}",
        lambda: f"{dice.getrandbits(32):08x}-{dice.getrandbits(16):04x}-4{dice.getrandbits(12):03x}",
        lambda: (
            f"{dice.randint(1, 255)}.{dice.randint(0, 255)}.{dice.randint(0, 255)}.{dice.randint(1, 255)}"
        ),
        lambda: (
            f"20{dice.randint(10, 26)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T"
            f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}.{_digits(dice, 6)}Z"
        ),
        lambda: f"{dice.randint(1, 999):,}.{_digits(dice, 2)} EUR of {dice.randint(10**6, 10**9):,} EUR",
        lambda: f"Total {dice.randint(1, 999)} {_digits(dice, 3)} {_digits(dice, 3)} inhabitants",
        lambda: (
            f"| {dice.randint(1000, 9999)} | {_digits(dice, 4)} | {_digits(dice, 6)} | {_digits(dice, 3)} |"
        ),
        lambda: f"{dice.uniform(-90, 90):.6f}, {dice.uniform(-180, 180):.6f}",
        lambda: f"version {dice.randint(0, 9)}.{dice.randint(0, 40)}.{dice.randint(0, 2000)}",
        lambda: f"Artikel {_digits(dice, 6)}, Los {_digits(dice, 5)}, Regal {_digits(dice, 2)}",
        lambda: f"2015 2016 2017 2018 20{dice.randint(19, 26)}: {_digits(dice, 3)} {_digits(dice, 3)}",
        lambda: f"Reference DE{_digits(dice, 5)} of {_digits(dice, 4)}",
        lambda: (
            f"§ {dice.randint(1, 999)} Abs. {dice.randint(1, 9)}, 20{_digits(dice, 2)} S. {_digits(dice, 4)}"
        ),
        lambda: f"arXiv:{_digits(dice, 4)}.{_digits(dice, 5)}, pp. {_digits(dice, 3)}-{_digits(dice, 3)}",
    ]
    return [makers[number % len(makers)]() for number in range(count)]
