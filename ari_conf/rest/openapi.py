"""The description of the API (OpenAPI 3.1), made from the operations that are carried out, so that it cannot lie."""

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ari_conf import __version__
from ari_conf.sids import SidKind

from .operation import Body, Listing, Media, Operation, Segment
from .paging import Envelope
from .parameters import Parameters, sid_pattern

SEGMENTS: Final = {
    "AccountSid": Segment("The account's SID", sid_pattern(SidKind.ACCOUNT)),
    "ConferenceSid": Segment("The conference's SID", sid_pattern(SidKind.CONFERENCE)),
    "CallSid": Segment("The call's SID", sid_pattern(SidKind.CALL)),
    "RecordingSid": Segment("The recording's SID", sid_pattern(SidKind.RECORDING)),
    "NotificationSid": Segment("The notification's SID", sid_pattern(SidKind.NOTIFICATION)),
    "QueueSid": Segment("The queue's SID", sid_pattern(SidKind.QUEUE)),
}
"""What the variables of paths are, where an operation says nothing else."""

_COMPONENT: Final = "#/components/schemas/{model}"


class ErrorBody(BaseModel):
    """Why a request was refused."""

    code: int
    message: str
    more_info: str
    status: int


def openapi(operations: Sequence[Operation], prefix: str) -> dict[str, Any]:
    """Return the description of operations whose paths begin with ``prefix``."""
    models: dict[type[BaseModel], JsonSchemaMode] = {ErrorBody: "serialization", Envelope: "serialization"}
    for operation in operations:
        models[operation.parameters] = "validation"
        body = operation.answer.item if isinstance(operation.answer, Listing) else operation.answer
        if isinstance(body, type):
            models[body] = "serialization"
    made, definitions = models_json_schema(list(models.items()), ref_template=_COMPONENT)
    schemas = definitions["$defs"]
    names = {model: made[model, mode]["$ref"].rpartition("/")[2] for model, mode in models.items()}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        for suffix in operation.suffixes:
            if suffix or ".json" not in operation.suffixes:
                path = f"{prefix}/Accounts/{{AccountSid}}{operation.path}{suffix}"
                described = _operation(operation, suffix, names, schemas[names[operation.parameters]])
                paths.setdefault(path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "ari_conf", "version": __version__, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Account SID and auth token, or the SID and the secret of an API key",
                }
            },
        },
        "security": [{"basic": []}],
    }


def _operation(
    operation: Operation, suffix: str, names: dict[type[BaseModel], str], parameters: dict[str, Any]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name if suffix in {"", ".json"} else operation.name + suffix.replace(".", "_"),
        "summary": operation.summary,
        "parameters": [_segment(name, operation) for name in re.findall(r"\{(\w+)\}", "{AccountSid}" + operation.path)],
        "responses": {
            str(operation.status if operation.answer is not None else 204): _answer(operation.answer, names),
            "default": {"description": "Refused", "content": {"application/json": {"schema": _reference(names[ErrorBody])}}},
        },
    }
    if operation.parameters is Parameters:
        return described
    if operation.asks_by_query:
        required = parameters.get("required", ())
        described["parameters"] += [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in parameters["properties"].items()
        ]
    else:
        form = {"schema": _reference(names[operation.parameters])}
        described["requestBody"] = {
            "required": bool(parameters.get("required")),
            "content": {"application/x-www-form-urlencoded": form},
        }
    return described


def _segment(name: str, operation: Operation) -> dict[str, Any]:
    segment = operation.segments.get(name) or SEGMENTS[name]
    schema: dict[str, Any] = {"type": "string", "minLength": 1}
    if segment.pattern is not None:
        schema["pattern"] = segment.pattern
    return {"name": name, "in": "path", "required": True, "description": segment.description, "schema": schema}


def _answer(answer: type[Body] | Listing | Media | None, names: dict[type[BaseModel], str]) -> dict[str, Any]:
    if answer is None:
        return {"description": "Done"}
    if isinstance(answer, Media):
        return {"description": "The content", "content": {kind: {} for kind in answer.content_types}}
    if not isinstance(answer, Listing):
        return {"description": "The resource", "content": {"application/json": {"schema": _reference(names[answer])}}}
    items = {
        "type": "object",
        "properties": {answer.key: {"type": "array", "items": _reference(names[answer.item])}},
        "required": [answer.key],
    }
    schema = {"allOf": [_reference(names[Envelope]), items]}
    return {"description": "A page of the list", "content": {"application/json": {"schema": schema}}}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": _COMPONENT.format(model=name)}
