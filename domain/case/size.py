"""How large a value is as it is stored and sent."""

import json


def size_of(value: object) -> int:
    """Bytes of a value as JSON in UTF-8; what is no JSON counts as none, and is refused for its form."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return 0
    return len(text.encode("utf-8", "surrogatepass"))
