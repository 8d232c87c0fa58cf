"""A queue: callers hear their place in it and music until the agent, who calls the same number, has time for them.

TWILIO_AUTH_TOKEN=secret AGENT=1001 MUSIC=/path/to/music.mp3 python examples/queue_with_agent.py
ari-conf up    # in another terminal, with this ari-conf.toml:
    accounts = [{ sid = "AC00000000000000000000000000000001", auth_token = "secret" }]
    numbers = [{ voice_url = "http://127.0.0.1:5000/voice" }]
"""

import os

from flask import Flask, Response, abort, request, send_file
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
app = Flask(__name__)


@app.before_request
def signed() -> None:
    if not validator.validate(request.url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)


@app.post("/voice")
def voice() -> Response:
    twiml = VoiceResponse()
    if request.form["From"] == os.environ["AGENT"]:
        twiml.dial().queue("support", url="/connect")  # waits half a minute for a caller, and talks with one
        twiml.redirect("/voice")  # the next one, until the agent hangs up
    else:
        twiml.say("Thank you for calling.")
        twiml.enqueue("support", wait_url="/wait")
        twiml.say("The agent has hung up. Goodbye.")
    return Response(str(twiml), mimetype="text/xml")


@app.post("/wait")
def wait() -> Response:
    twiml = VoiceResponse()
    twiml.say(f"You are number {request.form['QueuePosition']} in the queue.")
    twiml.play("/music")  # and when it is over, this document is asked for again
    return Response(str(twiml), mimetype="text/xml")


@app.get("/music")
def music() -> Response:
    return send_file(os.environ["MUSIC"])


@app.post("/connect")
def connect() -> Response:
    twiml = VoiceResponse()
    twiml.say("Here is our agent.")  # the caller hears this, and then they talk
    return Response(str(twiml), mimetype="text/xml")


app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "5000")))
