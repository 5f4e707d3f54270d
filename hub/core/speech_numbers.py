"""Numbers in whatever language: counted, with decimals, or digit by digit in groups that can be followed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 10**15
"""From here on nobody can follow: digits one by one."""
GROUP: Final = 3
LONGEST_GROUP: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a language has of its own."""

    ones: tuple[str, ...]
    """From zero to nine."""
    counted: Callable[[int, str], str]
    """A number below LARGEST, and the gender of what is counted: m, f, n, or nothing where nothing is."""
    thousands: str
    """The sign between groups of digits."""
    mark: str
    """The sign before the decimals, and its name."""
    point: str
    minus: str
    decimals_counted: int = 0
    """So many decimals are still said as a number; more of them one by one."""

    def cardinal(self, number: int, gender: str = "") -> str:
        """42 → forty-two."""
        return self.counted(number, gender) if number < LARGEST else self.digits(str(number))

    def decimal(self, text: str, gender: str = "") -> str:
        """`-1,234.50` → minus one thousand two hundred thirty-four point five zero."""
        bare = text.replace(self.thousands, "").replace("\N{MINUS SIGN}", "-")
        sign = f"{self.minus} " if bare.startswith("-") else ""
        whole, _, part = bare.lstrip("-").partition(self.mark)
        if not part:
            return sign + self.cardinal(int(whole), gender)
        return f"{sign}{self.cardinal(int(whole))} {self.point} {self._decimals(part)}"

    def _decimals(self, text: str) -> str:
        """05 → zéro cinq and 14 → quatorze, where decimals are counted."""
        bare = text.lstrip("0")
        if not bare or len(bare) > self.decimals_counted:
            return self.spelled(text)
        return " ".join([*[self.ones[0]] * (len(text) - len(bare)), self.counted(int(bare), "")])

    def digits(self, text: str) -> str:
        """0042 → zero zero four two; a long run is told in threes, the last group may be of four."""
        groups = []
        while len(text) > LONGEST_GROUP:
            groups.append(text[:GROUP])
            text = text[GROUP:]
        return ", ".join(self.spelled(group) for group in [*groups, text] if group)

    def grouped(self, text: str) -> str:
        """(555) 123-4567 → the digits, in the groups that somebody wrote."""
        return ", ".join(self.digits(group) for group in re.findall(r"\d+", text))

    def spelled(self, text: str) -> str:
        """4f2a → four F two A."""
        return " ".join(
            self.ones[int(letter)] if letter.isascii() and letter.isdecimal() else letter.upper()
            for letter in text
        )
