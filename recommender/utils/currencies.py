"""Currencies as shops write them: ISO 4217 codes, signs, and rates as a setting says them. It knows no item."""

import re
from collections.abc import Mapping

# by these are columns such as price_usd known; codes that are words as well (ALL, TOP) are left out
_CODES = """
AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KZT MAD MXN MYR NGN NOK
NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR
"""
CODES = frozenset(_CODES.split())
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "€": ("EUR",),
    "EURO": ("EUR",),
    "EUROS": ("EUR",),
    "£": ("GBP", "EGP"),
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "HKD", "SGD", "TWD", "ARS", "CLP", "COP"),
    "US$": ("USD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "S$": ("SGD",),
    "NT$": ("TWD",),
    "R$": ("BRL",),
    "¥": ("CNY", "JPY"),
    "￥": ("CNY", "JPY"),
    "元": ("CNY",),
    "人民币": ("CNY",),
    "RMB": ("CNY",),
    "円": ("JPY",),
    "원": ("KRW",),
    "₩": ("KRW",),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₺": ("TRY",),
    "₴": ("UAH",),
    "₫": ("VND",),
    "₪": ("ILS",),
    "฿": ("THB",),
    "ZŁ": ("PLN",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "LEI": ("RON",),
    "KR": ("SEK", "NOK", "DKK", "ISK"),
    "KR.": ("DKK", "SEK", "NOK", "ISK"),
}
_CODE = re.compile(r"[A-Z]{3}")


def read_currency(text: str, base: str = "") -> str:
    """The code of a currency; a sign that several share is the shop's own (`base`) if it is among them, else it stays.

    "" for a blank text.
    """
    sign = re.sub(r"\s+", "", text).upper()
    meant = _SIGNS.get(sign, ())
    if base in meant:
        return base
    if len(meant) == 1:
        return meant[0]
    return sign if meant or _CODE.fullmatch(sign) else text.strip()


def check_currency(text: str) -> str:
    """A setting's code of a currency in capitals, or ""; ValueError for anything else."""
    code = text.strip().upper()
    if code and not _CODE.fullmatch(code):
        raise ValueError(f"{text!r} is no currency: write its code of three letters, such as EUR")
    return code


def parse_rates(text: str) -> dict[str, float]:
    """What one of each currency is worth in the shop's own, as USD=0.92,GBP=1.17 says it; raises ValueError."""
    rates: dict[str, float] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (part.strip() for part in pair.partition("="))
        code = check_currency(name)
        try:
            rate = float(number)
        except ValueError:
            rate = 0.0
        if not equals or not code or not 0 < rate < float("inf"):
            raise ValueError(f"{pair!r} is no rate: write USD=0.92 where a dollar is worth 0.92 of the shop's currency")
        rates[code] = rate
    return rates


def check_rates(text: str) -> str:
    """The same text, if it says rates; raises ValueError."""
    parse_rates(text)
    return text


def convert(amount: float, currency: str, rates: Mapping[str, float]) -> float | None:
    """An amount in the shop's own currency, to a hundredth; None where no rate is known."""
    rate = rates.get(currency)
    return None if rate is None else round(amount * rate, 2)
