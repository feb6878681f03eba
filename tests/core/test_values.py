"""Currencies and countries: which codes are taken, and that none of them is lost."""

import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest
from pydantic import TypeAdapter, ValidationError

from shared.core.values import Country, Currency, countries, currencies

CURRENCY: TypeAdapter[str] = TypeAdapter(Currency)
COUNTRY: TypeAdapter[str] = TypeAdapter(Country)

WITHOUT_TELEPHONES = {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}
MONEY = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN
    BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD
    FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY
    KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
    RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND
    TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW
    ZWG
""".split()  # noqa: SIM905  # a list of so many is unreadable


@pytest.mark.parametrize("code", ["USD", "EUR", "JPY", "KWD", "VES", "XCG", "XOF", "ZWG"])
def test_money_of_today_is_a_currency(code: str) -> None:
    assert CURRENCY.validate_python(code) == code


@pytest.mark.parametrize(
    "code", ["XXX", "XTS", "XAU", "XDR", "CHE", "BOV", "DEM", "SVC", "VED", "VEF", "QQQ", "usd"]
)
def test_metals_funds_and_money_of_the_past_are_no_currency(code: str) -> None:
    with pytest.raises(ValidationError):
        CURRENCY.validate_python(code)


def test_money_that_a_document_may_name_stays_a_currency() -> None:
    assert set(MONEY) <= currencies()


@pytest.mark.parametrize("code", ["US", "DE", "AQ", "BV", "TW", "XK", "AX", "UM"])
def test_a_country_is_one_with_or_without_telephones(code: str) -> None:
    assert COUNTRY.validate_python(code) == code


@pytest.mark.parametrize("code", ["ZZ", "XA", "XB", "EU", "EZ", "UN", "IC", "QO", "UK", "SU", "us"])
def test_unions_and_codes_for_tests_are_no_country(code: str) -> None:
    with pytest.raises(ValidationError):
        COUNTRY.validate_python(code)


def test_countries_are_those_that_telephone_and_those_that_do_not() -> None:
    assert countries() == phonenumbers.SUPPORTED_REGIONS | WITHOUT_TELEPHONES


def test_neither_is_looked_up_before_it_is_needed() -> None:
    code = "import shared.core.values, sys; print('babel' in sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert out.stdout.strip() == "False"
