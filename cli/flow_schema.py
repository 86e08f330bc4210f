"""`./helpline flows schema`: the flow language as JSON Schema, which lets editors complete and underline."""

from __future__ import annotations

import json
from typing import Any

from config.settings import CHECKOUT
from flows.document import FlowDocument

FILE = CHECKOUT / "flows" / "schema.json"


def schema_text() -> str:
    """The schema as it is committed."""
    schema = _closed(FlowDocument.model_json_schema()) | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _closed(part: Any) -> Any:
    """Names that fit no pattern are mistakes; pydantic refuses them but does not write it into the schema."""
    if isinstance(part, dict):
        closed = {name: _closed(value) for name, value in part.items()}
        return closed | {"additionalProperties": False} if "patternProperties" in part else closed
    return [_closed(item) for item in part] if isinstance(part, list) else part


def write() -> int:
    """Write flows/schema.json; the exit status."""
    FILE.write_text(schema_text(), "utf-8")
    print(FILE)
    return 0
