"""What a customer decides by a link, over HTTP: no bearer, and a page that needs no script."""

from typing import Any, Final
from urllib.parse import parse_qsl

import azure.functions as func

from functions._customer import CLOSED
from functions._http.parsing import parse
from functions._http.trigger import JSON, Call, Operation, Reply, serve
from functions.consent.links import PER_TOKEN, UNSEEN, TokenQuery
from functions.consent.preference_page import (
    POLICY,
    outlived_page,
    preference_page,
    saved_page,
    unsubscribed_page,
)
from shared.consent.domain.preferences import (
    LinkOutlived,
    NewPreferences,
    Preferences,
    Unsubscribed,
)
from shared.consent.links import preferences as usecases
from shared.consent.links.tokens import LinkNotFound, PreferenceLink, digest_of
from shared.core.errors import Invalid, Stale, TooMany

bp = func.Blueprint()

HTML: Final = "text/html"
FORM: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
LINK_REFUSES: Final = (LinkNotFound, TooMany, Stale, *CLOSED)
MAX_FORM_BYTES: Final = 16 * 1024


@serve(
    bp,
    Operation(
        "GET",
        "preferences",
        returns=Preferences,
        tag="Consent",
        headers={"Accept": "text/html answers a page for people"},
        refuses=(*LINK_REFUSES, LinkOutlived),
    ),
)
async def get_preferences(call: Call[TokenQuery, None]) -> Reply:
    """Get what is in force at the contact point of a link.

    Needs no bearer. With Accept: text/html it is a page, with forms that need no script.
    """
    try:
        preferences = await usecases.read_preferences(_link(call), context=call.context)
    except LinkOutlived:
        if _wants_page(call):
            return _page(outlived_page(), status=410)
        raise
    if _wants_page(call):
        return _page(preference_page(preferences, call.query.token))
    return _unseen(preferences)


@serve(
    bp,
    Operation(
        "PUT",
        "preferences",
        returns=Preferences,
        tag="Consent",
        refuses=(*LINK_REFUSES, LinkOutlived),
    ),
)
async def put_preferences(call: Call[TokenQuery, NewPreferences]) -> Reply:
    """Update what is in force at the contact point of a link.

    Needs no bearer. What is not named stays. A link that the contact point has outlived still
    withdraws.
    """
    decisions = call.body.decisions
    return _unseen(await usecases.set_preferences(_link(call), decisions, context=call.context))


@serve(
    bp,
    Operation(
        "POST",
        "preferences",
        returns=str,
        answer_type=HTML,
        media_types=FORM[:1],
        largest_body=MAX_FORM_BYTES,
        never_kept=True,
        tag="Consent",
        refuses=(*LINK_REFUSES, LinkOutlived, Invalid),
    ),
)
async def save_preferences(call: Call[TokenQuery, bytes]) -> Reply:
    """Update what is in force by the form of the page.

    Needs no bearer. The fields are named by purpose and channel; the answer is a page.
    """
    decisions = parse(NewPreferences, {"decisions": _decisions(call.body)}).decisions
    preferences = await usecases.set_preferences(_link(call), decisions, context=call.context)
    return _page(saved_page(preferences))


@serve(
    bp,
    Operation(
        "POST",
        "preferences/unsubscribe",
        returns=Unsubscribed,
        media_types=(*FORM, JSON),
        largest_body=MAX_FORM_BYTES,
        body_optional=True,
        never_kept=True,
        tag="Consent",
        headers={"Accept": "text/html answers a page for people"},
        refuses=LINK_REFUSES,
    ),
)
async def unsubscribe_contact_point(call: Call[TokenQuery, bytes]) -> Reply:
    """Unsubscribe the contact point of a link with one click, as in RFC 8058.

    Needs no bearer, and no body. What rests on consent, or can be objected to, is withdrawn; again
    the answer is the same, also where the customer has the contact point no more.
    """
    unsubscribed = await usecases.unsubscribe(_link(call), context=call.context)
    return _page(unsubscribed_page()) if _wants_page(call) else _unseen(unsubscribed)


def _link(call: Call[TokenQuery, Any]) -> PreferenceLink:
    """Return the link. Raises LinkNotFound, TooMany."""
    token = call.query.token
    link = call.backend.links.read(token, call.legal_entity, call.now)
    PER_TOKEN.count(digest_of(token))
    return link


def _wants_page(call: Call[Any, Any]) -> bool:
    return HTML in call.headers.get("accept", "")


def _unseen(body: Preferences | Unsubscribed) -> Reply:
    return Reply(body, headers=dict(UNSEEN))


def _page(body: bytes, status: int = 200) -> Reply:
    headers = UNSEEN | {"Content-Security-Policy": POLICY}
    return Reply(body, status=status, media_type=HTML, headers=headers)


def _decisions(form: bytes) -> list[dict[str, Any]]:
    """Return the fields of the form as decisions."""
    fields = parse_qsl(form.decode(errors="replace"), max_num_fields=100)
    named = ((*name.rpartition("/")[::2], value) for name, value in fields)
    return [
        {"purpose": purpose, "channel": channel or None, "decision": value}
        for purpose, channel, value in named
    ]
