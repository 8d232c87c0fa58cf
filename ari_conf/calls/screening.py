"""What somebody who has answered goes through before being connected: digits that are sent, a document that is heard."""

import structlog

from ari_conf.media.port import CallGoneError, EngineError
from ari_conf.twilio_codes import Level, TwilioError
from ari_conf.twiml import NumberNoun
from ari_conf.webhooks import exchange_of

from . import choices
from .callee import Callee
from .dialling import Dialling
from .meanwhile import meanwhile
from .session import CallSession, Next

log = structlog.get_logger(__name__)


async def screen(going: Dialling, callee: Callee) -> bool:
    """Send the digits and run the document of ``url`` on the leg; tell whether it is to be connected now, or was ``taken``.

    If neither, it is hung up: it has done so itself, or its document has, or the caller has pressed ``*``. Raises
    CallGoneError when the caller hangs up.
    """
    caller = callee.caller
    session = CallSession(callee.call, caller.services)
    try:
        with callee.call.takeable() as taken:
            async with meanwhile(_screen(session, callee), f"screening of {callee.call.sid}") as screening:
                await caller.wait(screening, going.star, taken)
                callee.taken = taken.done() and not going.star.done()
                wanted = callee.taken or (screening.done() and screening.result())
    except BaseException:
        await callee.hang_up()
        raise
    if not wanted:
        await callee.hang_up()
    return wanted


async def _screen(session: CallSession, callee: Callee) -> bool:
    try:
        if isinstance(callee.noun, NumberNoun) and callee.noun.send_digits:
            await session.while_up(session.engine.send_digits(callee.call.sid, callee.noun.send_digits))
        if callee.url is not None:
            document = await session.fetch(callee.url, callee.noun.method.value)
            return await session.services.run_screening(session, document) is Next.VERB
    except CallGoneError:
        return False
    except TwilioError as error:
        session.notify(
            error.code, Level.ERROR, f"the called party is not connected: {error.message}", exchange=exchange_of(error)
        )
        return choices.FAILED_SCREENING_CONNECTS
    except EngineError as error:
        log.error("the called party is not connected", call_sid=callee.call.sid, cause=str(error))
        return False
    return not callee.call.ended.done()
