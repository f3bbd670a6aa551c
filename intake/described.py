"""What OpenAPI says of the body of `POST /events`: every event type, from the models that read it."""

from typing import Any, Final

from pydantic import TypeAdapter

from domain.case import events as ev
from intake.bodies import BATCH, PLAIN, STRUCTURED, TYPE

REF: Final = "#/components/schemas/"
EXAMPLE: Final[dict[str, Any]] = {
    "type": "became_looked_after",
    "id": "a1",
    "child": "CLA-1001",
    "on": "2025-12-24",
    "date_of_birth": "2025-06-02",
    "legal_status": "V2",
    "entry": "emergency",
}
CLOUD_EXAMPLE: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "7f1c",
    "source": "/case-system",
    "type": TYPE,
    "time": "2025-12-24T12:00:00Z",
    "datacontenttype": "application/json",
    "data": EXAMPLE,
}


def _cloud_event() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "description": f"A CloudEvent 1.0 whose data is an event. Its `type` is {TYPE}; its `id` and `source` are "
        "kept, and what makes an event the same is the `id` of its data.",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text,
            "source": text,
            "type": text,
            "time": {"type": "string", "format": "date-time"},
            "subject": text,
            "datacontenttype": {"const": "application/json"},
            "data": {"$ref": REF + "Event"},
        },
        "propertyNames": {"pattern": "^[a-z0-9]+$"},
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
        "example": CLOUD_EXAMPLE,
    }


def schemas() -> dict[str, Any]:
    """The schemas of every event and of the messages that carry them."""
    definitions: dict[str, Any] = {}
    for name, model in ev.EVENT_TYPES.items():
        schema = TypeAdapter(model).json_schema(ref_template=REF + "{model}", mode="validation")
        definitions |= schema.pop("$defs", {})
        schema["properties"]["type"] = {"const": name}
        definitions[name] = schema
    kinds = [{"$ref": REF + name} for name in ev.EVENT_TYPES]
    mapping = {name: REF + name for name in ev.EVENT_TYPES}
    definitions["Event"] = {
        "oneOf": kinds,
        "discriminator": {"propertyName": "type", "mapping": mapping},
        "example": EXAMPLE,
    }
    definitions["CloudEvent"] = _cloud_event()
    return definitions


REQUEST: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            STRUCTURED: {"schema": {"$ref": REF + "CloudEvent"}},
            BATCH: {"schema": {"type": "array", "minItems": 1, "items": {"$ref": REF + "CloudEvent"}}},
            PLAIN: {
                "schema": {
                    "description": "One event, or several; with ce- headers it is the data of a CloudEvent.",
                    "anyOf": [
                        {"$ref": REF + "Event"},
                        {"type": "array", "minItems": 1, "items": {"$ref": REF + "Event"}},
                    ],
                }
            },
        },
    }
}
