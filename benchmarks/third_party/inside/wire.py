"""Messages as lines of JSON, arrays bit by bit; both ends import it, so that it needs nothing but numpy."""

import base64
import json
from typing import Any

import numpy as np

ARRAY = "__array__"


def dumps(message: Any) -> str:
    """Write a message of dictionaries, lists, numbers, strings, None and arrays on one line."""
    return json.dumps(message, default=_encode)


def loads(line: str) -> Any:
    """Read a message; arrays may be written into."""
    return json.loads(line, object_hook=_decode)


def _encode(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype != object:
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {ARRAY: data, "dtype": value.dtype.str, "shape": value.shape}
    raise TypeError(f"a {type(value).__name__} cannot be sent; send numbers, strings, lists or arrays of numbers")


def _decode(message: dict[str, Any]) -> Any:
    if ARRAY not in message:
        return message
    flat = np.frombuffer(base64.b64decode(message[ARRAY]), dtype=message["dtype"])
    return flat.reshape(message["shape"]).copy()
