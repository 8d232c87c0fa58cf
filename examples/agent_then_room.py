"""A call that rings an agent, whom a key connects, and that is recorded; after that both go on in a room, with others.

TWILIO_AUTH_TOKEN=secret AGENT=1001 python examples/agent_then_room.py
ari-conf up    # in another terminal, with this ari-conf.toml:
    accounts = [{ sid = "AC00000000000000000000000000000001", auth_token = "secret" }]
    numbers = [{ voice_url = "http://127.0.0.1:5000/voice" }]
    asterisk = { outbound = "PJSIP/{number}" }         # numbers are softphones here; usually they are your trunk's
"""

import os

from aiohttp import web
from aiohttp.typedefs import Handler
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

AGENT, AUTH_TOKEN = os.environ["AGENT"], os.environ["TWILIO_AUTH_TOKEN"]


@web.middleware
async def signed(request: web.Request, handler: Handler) -> web.StreamResponse:
    url, signature = f"http://{request.host}{request.raw_path}", request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(AUTH_TOKEN).validate(url, await request.post(), signature):
        raise web.HTTPForbidden
    return await handler(request)


async def voice(request: web.Request) -> web.Response:
    twiml, is_agent = VoiceResponse(), (await request.post())["From"] == AGENT
    if not is_agent:
        dial = twiml.dial(record="record-from-answer-dual", recording_status_callback="/recorded")
        dial.number(AGENT, url="/accept")
        twiml.say("Please wait for our agent in the room.")
    room = {"start_conference_on_enter": is_agent, "end_conference_on_exit": is_agent, "record": "record-from-start"}
    twiml.dial().conference("meeting", recording_status_callback="/recorded", **room)
    return web.Response(text=str(twiml), content_type="text/xml")


async def accept(request: web.Request) -> web.Response:
    twiml, digits = VoiceResponse(), (await request.post()).get("Digits")
    if digits is None:
        twiml.gather(action="/accept", num_digits=1).say("A customer is calling. To take the call, press 1.")
    if digits != "1":
        twiml.hangup()  # else the document ends, and the two are connected
    return web.Response(text=str(twiml), content_type="text/xml")


async def recorded(request: web.Request) -> web.Response:
    form = await request.post()
    print(form["RecordingSource"], form["RecordingDuration"], "s", form["RecordingUrl"], flush=True)
    return web.Response(status=204)


app = web.Application(middlewares=[signed])
app.add_routes([web.post("/voice", voice), web.post("/accept", accept), web.post("/recorded", recorded)])
web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "5000")))
