"""A document as it may be shown later, to people who are to see what was run and not what opens other doors."""

import re
from typing import Final

HIDDEN: Final = "..."
"""Stands for what is left out."""

# Quantifiers that give nothing back: no document makes them try twice.
_PASSWORD: Final = re.compile(r"""(\bpassword\s*+=\s*+)(?:"[^"]*+"|'[^']*+')""", re.IGNORECASE)
_USERINFO: Final = re.compile(r"""(\bhttps?://)[^/?#\s@"'<>]*+@""", re.IGNORECASE)
_SIP_PASSWORD: Final = re.compile(r"""(\bsips?:[^:?\s@"'<>]*+:)[^?\s@"'<>]*+@""", re.IGNORECASE)


def without_secrets(document: str) -> str:
    """Return ``document`` without the passwords of ``<Sip>`` and of SIP URIs, and without the logins of http URLs."""
    shown = _SIP_PASSWORD.sub(rf"\1{HIDDEN}@", _PASSWORD.sub(rf'\1"{HIDDEN}"', document))
    return _USERINFO.sub(rf"\1{HIDDEN}@", shown)
