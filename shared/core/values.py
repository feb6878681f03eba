"""The kinds of value that bodies and records are written in."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

LINE = r"^[^\x00-\x1f\x7f]*$"
KEY = r"^[^/\\?#\x00-\x1f\x7f]+$"  # what can be part of a path, and the id of a document

# ISO 4217, what is money today; funds and metals are not.
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN
    BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD
    FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY
    KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
    RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER
    ZAR ZMW ZWG
    """.split()  # noqa: SIM905  # a list of so many is unreadable
)


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("not an ISO 4217 currency code")
    return code


@cache
def _countries() -> frozenset[str]:
    # Loaded with the first country: a cold start is not made to wait for it.
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415

    # Countries without a telephone plan of their own, so phonenumbers does not list them.
    return frozenset(SUPPORTED_REGIONS) | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}


def _known_country(code: str) -> str:
    if code not in _countries():
        raise ValueError("not an ISO 3166-1 alpha-2 country code")
    return code


def _line(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=LINE)


Line = Annotated[str, _line(100)]
LongLine = Annotated[str, _line(250)]
Text = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Key = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=KEY)
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known_currency)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_known_country)]
CompanyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,10}$")]
Guid = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True
    ),
]
# A clock that was never set says year 1, and some programs mean never by year 9999: neither can be
# converted into another time zone.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC)),
]
Whole = Annotated[int, Field(ge=0, le=2**53 - 1)]


AttributeValue = bool | int | float | str | list[str] | list[int] | list[float] | None
Attributes = dict[str, AttributeValue]


def as_text(moment: datetime) -> str:
    """Return RFC 3339 in UTC with all six digits, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Record(BaseModel):
    """Stored or answered: camelCase in JSON; unknown fields are ignored."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        defer_build=True,  # most of them are not needed by the request that a cold start is for
    )


class Body(BaseModel):
    """Sent by a caller: an unknown field is refused, so that no typing error is lost."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        allow_inf_nan=False,  # JSON has neither, and what is stored must be JSON
        defer_build=True,
    )


class Setting(Body):
    """Configured: sent, stored and answered in one shape."""
