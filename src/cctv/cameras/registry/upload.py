"""Taking a file out of a request without taking more than we want: raw body, or one file of a form."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from starlette.formparsers import MultiPartException, MultiPartParser

from cctv.cameras.registry.errors import ImportUnreadable
from cctv.cameras.registry.import_text import MAX_BYTES, Format

_FORM_OVERHEAD = 64 * 1024

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "name,agency,main_url\nDeira gate 4,METRO,rtsp://10.20.0.7/stream1\n",
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"cameras": {"type": "array", "items": {"type": "object"}}},
                }
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
"""The request's body, for the description of the API."""


async def read_upload(request: Request) -> tuple[bytes, Format | None]:
    """The file's bytes, and its form if the content type tells; :class:`ImportUnreadable` when too large."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _file_of_form(request, await _limited(request, MAX_BYTES + _FORM_OVERHEAD)), None
    body = await _limited(request, MAX_BYTES)
    return body, "json" if kind == "application/json" else "csv" if kind == "text/csv" else None


async def _limited(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise ImportUnreadable(
                f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB; split it.",
                arabic=f"الملف أكبر من {MAX_BYTES // 1024 // 1024} ميبيبايت؛ قسّمه.",
            )
    return bytes(body)


async def _file_of_form(request: Request, body: bytes) -> bytes:
    async def once() -> AsyncIterator[bytes]:
        yield body

    if "boundary=" not in request.headers.get("content-type", ""):
        raise ImportUnreadable("The form has no boundary.", arabic="ليس للنموذج حد فاصل (boundary).")
    try:
        form = await MultiPartParser(request.headers, once(), max_files=1, max_fields=10).parse()  # type: ignore[arg-type]
    except MultiPartException as fault:
        raise ImportUnreadable(
            f"The form cannot be read: {fault.message}", arabic="تعذّرت قراءة النموذج."
        ) from None
    file = next((value for value in form.values() if not isinstance(value, str)), None)
    if file is None:
        raise ImportUnreadable(
            'The form holds no file; name its field "file".', arabic='لا يوجد ملف في النموذج؛ سمّ حقله "file".'
        )
    try:
        return await file.read()
    finally:
        await form.close()
