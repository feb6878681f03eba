"""The page of preferences: readable and usable without script, and with nothing from elsewhere."""

from collections.abc import Iterator
from html import escape
from typing import Final

from shared.consent.domain.preferences import Preferences, PreferredChannel, PreferredPurpose

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
CHANNELS: Final = {"email": "E-mail", "call": "Calls", "sms": "Text messages",
                   "messaging": "Messaging apps", None: "Yes or no"}  # fmt: skip
CHOICES: Final = (("OptedIn", "Yes"), ("OptedOut", "No"))
PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 2rem auto;
       padding: 0 1rem; color: #1b1b1b; background: #fff; }}
fieldset {{ margin: 0 0 1.5rem; border: 1px solid #767676; border-radius: .4rem; }}
legend {{ font-weight: 600; padding: 0 .4rem; }}
.channel {{ display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: .5rem 0; }}
.channel span {{ min-width: 10rem; }}
button {{ font: inherit; padding: .5rem 1.2rem; border: 1px solid #1b1b1b; border-radius: .4rem;
         background: #fff; color: #1b1b1b; }}
button.save {{ background: #1b1b1b; color: #fff; }}
:focus-visible {{ outline: 3px solid #0b57d0; outline-offset: 2px; }}
</style></head><body><main>{body}</main></body></html>
"""


def preference_page(preferences: Preferences, token: str) -> bytes:
    """Return the page with a form for each decision, and one for all at once."""
    where = f"?token={escape(token, quote=True)}"
    company = escape(preferences.company)
    value = escape(preferences.value or "your contact point")
    purposes = "".join(_purpose(purpose) for purpose in preferences.purposes)
    return _page(
        f"Preferences \u2013 {company}",
        f"<h1>What may {company} send to {value}?</h1>"
        f'<form method="post" action="preferences{where}">{purposes}'
        f'<p><button class="save">Save</button></p></form>'
        f'<form method="post" action="preferences/unsubscribe{where}">'
        f"<h2>Nothing any more</h2><p>One click withdraws everything above.</p>"
        f"<p><button>Unsubscribe from everything</button></p></form>",
    )


def saved_page(preferences: Preferences) -> bytes:
    """Return what is shown after the form was saved."""
    company, value = escape(preferences.company), escape(preferences.value or "")
    shown = "".join(f"<li>{line}</li>" for line in _lines(preferences))
    return _page(
        f"Saved \u2013 {company}",
        f"<h1>Your choice is saved</h1><p>This is what holds for {value} now:</p><ul>{shown}</ul>",
    )


def unsubscribed_page() -> bytes:
    return _page(
        "Unsubscribed",
        "<h1>You are unsubscribed</h1><p>Nothing more will be sent to this contact point, but what "
        "a contract needs, such as a receipt.</p>",
    )


def outlived_page() -> bytes:
    return _page(
        "The link is out of date",
        "<h1>The link is out of date</h1><p>It shows nothing any more. To unsubscribe by it still "
        "works.</p>",
    )


def _page(title: str, body: str) -> bytes:
    return PAGE.format(title=title, body=body).encode()


def _purpose(purpose: PreferredPurpose) -> str:
    texts = "".join(
        f'<p lang="{escape(text.locale, quote=True)}">{escape(text.text)}</p>'
        for text in purpose.texts[-1:]
    )
    channels = "".join(_channel(purpose, channel) for channel in purpose.channels)
    return f"<fieldset><legend>{escape(purpose.purpose)}</legend>{texts}{channels}</fieldset>"


def _channel(purpose: PreferredPurpose, channel: PreferredChannel) -> str:
    name = escape(f"{purpose.purpose}/{channel.channel or ''}", quote=True)
    label = escape(CHANNELS[channel.channel])
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{value}" '
        f'aria-label="{escape(purpose.purpose, quote=True)}, {label}: {word}"'
        f"{' checked' if channel.decision == value else ''}> {word}</label>"
        for value, word in CHOICES
    )
    return f'<div class="channel"><span>{label}</span>{choices}</div>'


def _lines(preferences: Preferences) -> Iterator[str]:
    words: dict[str | None, str] = {None: "Nothing said", **dict(CHOICES)}
    for purpose in preferences.purposes:
        for channel in purpose.channels:
            label = CHANNELS[channel.channel]
            yield f"{escape(purpose.purpose)}, {escape(label)}: {words[channel.decision]}"
