"""Somebody who answers as Asterisk's ARI does, and tells whatever it is given to tell."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

JsonObject = dict[str, Any]

NEXT: Final = "next"
"""The request id of an answer that is given to the next request, in place of the right one."""

_WAV: Final = (
    b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"
    + bytes(324)
)
_INFO: Final = {"system": {"version": "22.10.1"}, "status": {"startup_time": "2026-01-01T00:00:00.000+0000"}}


class FakeAsterisk:
    """``descriptions`` is the folder of Asterisk's own descriptions of its API, ``url`` where it answers.

    ``channels`` are those that there are, by id; a request to hang one up is followed by the events for that, as are the
    others that have a consequence.
    """

    def __init__(self, descriptions: Path) -> None:
        self._descriptions = descriptions
        self._socket: web.WebSocketResponse | None = None
        self._connected = asyncio.Condition()
        self._wrong_answers: list[JsonObject] = []
        self._bridges: set[str] = set()
        self.channels: dict[str, JsonObject] = {}
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_get("/ari/events", self._events)
        app.router.add_get("/ari/api-docs/{name}", self._described)
        app.router.add_get("/ari/recordings/stored/{name}/file", self._file)
        app.router.add_route("*", "/ari/{path:.*}", self._http)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()

    async def tell(self, frame: bytes | JsonObject, *, binary: bool = False) -> None:
        """Send one frame on the connection that there is, or the next."""
        data = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        async with self._connected:
            await self._connected.wait_for(lambda: self._socket is not None and not self._socket.closed)
            socket = self._socket
        assert socket is not None
        assert socket._writer is not None
        # Whether it is a text is nobody's concern here.
        with contextlib.suppress(ConnectionError):
            await socket._writer.send_frame(data, WSMsgType.BINARY if binary else WSMsgType.TEXT)

    def answer_wrongly(self, answer: JsonObject) -> None:
        """Give this answer to the next request."""
        self._wrong_answers.append(answer)

    def answer_rightly(self) -> None:
        """Give right answers only."""
        self._wrong_answers.clear()

    async def end(self, channel_id: str) -> None:
        """Tell that a channel is gone."""
        self.channels.pop(channel_id, None)
        for kind in ("StasisEnd", "ChannelDestroyed"):
            await self.tell({"type": kind, "channel": {"id": channel_id}, "cause": 16})

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async with self._connected:
            self._socket = socket
            self._connected.notify_all()
        async for message in socket:
            asked = json.loads(message.data)
            await self._answer_on_socket(asked)
        await socket.close(code=WSCloseCode.GOING_AWAY)
        return socket

    async def _answer_on_socket(self, asked: JsonObject) -> None:
        query = {one["name"]: one["value"] for one in asked.get("query_strings", ())}
        status, body = self._answered(asked["method"], asked["uri"], query)
        answer: JsonObject = {
            "type": "RESTResponse",
            "status_code": status,
            "message_body": "" if body is None else json.dumps(body),
        }
        if self._wrong_answers:
            answer = self._wrong_answers.pop(0)
        await self.tell(answer | {"request_id": asked["request_id"]})
        if status < 300:
            await self._follow(asked["method"], asked["uri"].split("/"), query)

    async def _described(self, request: web.Request) -> web.Response:
        text = (self._descriptions / request.match_info["name"]).read_text()
        return web.Response(text=text.replace("http://localhost:8088/ari", f"{self.url}/ari"), content_type="application/json")

    async def _file(self, _request: web.Request) -> web.Response:
        return web.Response(body=_WAV)

    async def _http(self, request: web.Request) -> web.Response:
        status, body = self._answered(request.method, request.match_info["path"], dict(request.query))
        return web.Response(status=status) if body is None else web.json_response(body, status=status)

    def _answered(self, method: str, path: str, query: JsonObject) -> tuple[int, Any]:  # noqa: C901, PLR0911, PLR0912 - a table
        match method, path.split("/"):
            case "GET", ["asterisk", "info"]:
                return 200, _INFO
            case "GET", ["channels"]:
                return 200, list(self.channels.values())
            case "GET", ["bridges"]:
                return 200, [{"id": one, "channels": []} for one in sorted(self._bridges)]
            case "GET", ["applications", _]:
                return 200, {"channel_ids": list(self.channels), "bridge_ids": []}
            case "GET", ["endpoints", *_]:
                return 200, []
            case "GET", ["recordings", "live", _]:
                return 200, {"state": "recording"}
            case "GET", ["channels", channel] if channel in self.channels:
                return 200, self.channels[channel]
            case "GET", ["playbacks", _] | ["channels", *_]:
                return 404, {"message": "not found"}
            case "POST", ["channels", "create"]:
                self.channels[query["channelId"]] = _channel(query["channelId"])
                return 200, self.channels[query["channelId"]]
            case "POST", ["channels", _, "snoop", snoop]:
                self.channels[snoop] = _channel(snoop)
                return 200, self.channels[snoop]
            case "POST", ["bridges", bridge]:
                self._bridges.add(bridge)
                return 200, {"id": bridge, "channels": []}
            case "DELETE", ["bridges", bridge]:
                self._bridges.discard(bridge)
            case "PUT", ["applications", _, "eventFilter"]:
                return 200, {}
        return 204, None

    async def _follow(self, method: str, path: list[str], query: JsonObject) -> None:
        match method, path:
            case "POST", ["channels", _, "snoop", made]:
                await self.tell({"type": "StasisStart", "channel": self.channels[made]})
            case "POST", ["channels", "create"]:
                await self.tell({"type": "StasisStart", "channel": self.channels[query["channelId"]]})
            case "DELETE", ["channels", channel]:
                await self.end(channel)
            case "POST", ["channels" | "bridges", _, "play", playback]:
                await self.tell({"type": "PlaybackFinished", "playback": {"id": playback, "state": "done"}})
            case "POST", ["channels" | "bridges", _, "record"]:
                await self.tell({"type": "RecordingStarted", "recording": {"name": query["name"]}})
            case "POST", ["recordings", "live", name, "stop"]:
                await self.tell({"type": "RecordingFinished", "recording": {"name": name}})


def _channel(channel_id: str) -> JsonObject:
    dialplan = {"exten": "s", "app_name": "Stasis", "app_data": "ari_conf"}
    return {"id": channel_id, "state": "Up", "protocol_id": "", "caller": {"name": "", "number": ""}, "dialplan": dialplan}
