from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from ari_conf.twilio_codes import Code
from ari_conf.twiml import Document, Hangup, Play, Say
from ari_conf.webhooks import FetchedDocument, WebhookClient, WebhookError, document_again, fetch_twiml
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppServer, Handler


@pytest.fixture
async def app() -> AsyncIterator[AppServer]:
    async with AppServer() as server:
        yield server
        assert server.bad_signatures == []


async def fetch(app: AppServer, handler: str | Handler) -> FetchedDocument:
    app.voice["/voice"] = handler
    async with WebhookClient() as client:
        return await fetch_twiml(client, app.url("/voice"), method="POST", parameters={"CallSid": "CA1"}, auth_token=AUTH_TOKEN)


def typed(content_type: str | None, text: str, encoding: str = "utf-8") -> Handler:
    def answer(_: object) -> web.Response:
        response = web.Response(body=text.encode(encoding))
        if content_type is None:
            del response.headers["Content-Type"]
        else:
            response.headers["Content-Type"] = content_type
        return response

    return answer


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=utf-8", "text/html", "Text/XML", "text/plain"])
async def test_twiml(app: AppServer, content_type: str) -> None:
    fetched = await fetch(app, typed(content_type, "<Response><Hangup/></Response>"))
    assert fetched == FetchedDocument(Document((Hangup(),)), app.url("/voice"))
    assert fetched.text == "<Response><Hangup/></Response>"


@pytest.mark.parametrize(
    ("content_type", "text", "encoding"),
    [
        ("text/xml", '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Grüße</Say></Response>', "utf-8"),
        ("text/xml", '<?xml version="1.0" encoding="ISO-8859-1"?><Response><Say>Grüße</Say></Response>', "iso-8859-1"),
        ("text/xml", '<?xml version="1.0" encoding="UTF-16"?><Response><Say>Grüße</Say></Response>', "utf-16"),
        ("text/plain", "Grüße <", "utf-8"),
        ("text/plain", "Grüße", "iso-8859-1"),
        ("audio/mpeg", "sound", "utf-8"),
    ],
)
async def test_a_document_is_the_same_again(app: AppServer, content_type: str, text: str, encoding: str) -> None:
    fetched = await fetch(app, typed(content_type, text, encoding))
    again = document_again(fetched.url, fetched.text)
    assert again.url == fetched.url
    assert again.text == fetched.text
    assert again.document == fetched.document


async def test_the_url_after_redirects_is_the_base(app: AppServer) -> None:
    app.voice["/deeper/b"] = "<Response/>"
    assert (await fetch(app, app_server.redirect("/deeper/b"))).url == app.url("/deeper/b")


async def test_a_sound_is_played(app: AppServer) -> None:
    fetched = await fetch(app, typed("audio/mpeg", "a" * 1_000_000))
    assert fetched.document == Document((Play(url=app.url("/voice")),))


async def test_plain_text_is_said(app: AppServer) -> None:
    assert (await fetch(app, typed("text/plain", "All lines\n are busy."))).document == Document(
        (Say(text="All lines are busy."),)
    )


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (app_server.empty, Code.BODY_EMPTY),
        (typed("text/xml", "  \n"), Code.BODY_EMPTY),
        (typed("application/json", "{}"), Code.CONTENT_TYPE),
        (typed("image/png", "x"), Code.CONTENT_TYPE),
        (app_server.html, Code.PARSE_FAILURE),
        (app_server.xml_bomb, Code.PARSE_FAILURE),
        ("<Response><Dial></Response>", Code.PARSE_FAILURE),
        ("<response/>", Code.ROOT_NOT_RESPONSE),
        (app_server.megabyte, Code.BODY_TOO_LARGE),
        (app_server.failing(), Code.HTTP_RETRIEVAL_FAILURE),
    ],
)
async def test_no_document(app: AppServer, handler: str | Handler, code: Code) -> None:
    with pytest.raises(WebhookError) as caught:
        await fetch(app, handler)
    assert caught.value.code is code
    assert app.url("/voice") in caught.value.message
    assert caught.value.url == app.url("/voice")
    assert caught.value.exchange is not None
    assert caught.value.exchange.status == caught.value.status
