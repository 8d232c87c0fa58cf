"""A conference behind a PIN: three tries, then callers say their names, are greeted with them, and wait for the moderator.

TWILIO_AUTH_TOKEN=secret PIN=1234 MODERATOR_PIN=9876 python examples/pin_conference.py
ari-conf up    # in another terminal, with this ari-conf.toml:
    accounts = [{ sid = "AC00000000000000000000000000000001", auth_token = "secret" }]
    numbers = [{ voice_url = "http://127.0.0.1:5000/voice" }]
"""

import os

from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

AUTH_TOKEN, MODERATES = os.environ["TWILIO_AUTH_TOKEN"], {os.environ["PIN"]: False, os.environ["MODERATOR_PIN"]: True}
names: dict[str, bytes] = {}


@web.middleware
async def signed(request: web.Request, handler: Handler) -> web.StreamResponse:
    url, signature = f"http://{request.host}{request.raw_path}", request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(AUTH_TOKEN).validate(url, await request.post(), signature):
        raise web.HTTPForbidden
    return await handler(request)


async def voice(request: web.Request) -> web.Response:
    twiml, form, tries = VoiceResponse(), await request.post(), int(request.query.get("tries", "0"))
    if (moderates := MODERATES.get(str(form.get("Digits")))) is not None:
        twiml.say("Please say your name, and press pound.")
        twiml.record(action=f"/join?moderates={moderates}", max_length=10, finish_on_key="#")
        twiml.redirect(f"/join?moderates={moderates}")  # for those who say nothing
    elif tries < 3:
        twiml.gather(action=f"/voice?tries={tries + 1}", num_digits=4, action_on_empty_result=True).say("Please enter the PIN.")
    else:
        twiml.say("This is not right. Goodbye.")
    return web.Response(text=str(twiml), content_type="text/xml")


async def join(request: web.Request) -> web.Response:
    twiml, form, moderates = VoiceResponse(), await request.post(), request.query["moderates"] == "True"
    twiml.say("Welcome.")
    if "RecordingUrl" in form:  # which only its account may fetch, with its SID and token
        account_sid, call_sid, url = (str(form[name]) for name in ("AccountSid", "CallSid", "RecordingUrl"))
        async with ClientSession() as session, session.get(url.replace("://", f"://{account_sid}:{AUTH_TOKEN}@")) as recording:
            names[call_sid] = await recording.read()
        twiml.play(f"/names/{call_sid}")
    twiml.dial().conference("board", start_conference_on_enter=moderates, end_conference_on_exit=moderates)
    return web.Response(text=str(twiml), content_type="text/xml")


async def name(request: web.Request) -> web.Response:
    return web.Response(body=names.pop(request.match_info["call_sid"]), content_type="audio/wav")


app = web.Application(middlewares=[signed])
app.add_routes([web.post("/voice", voice), web.post("/join", join), web.get("/names/{call_sid}", name)])
web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "5000")))
