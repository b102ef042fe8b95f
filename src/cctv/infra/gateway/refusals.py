"""What the gateway says by itself where no service answers: problems (RFC 9457) in English or Arabic."""

import json
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer. ``of`` are nginx's own statuses that become it."""

    status: int
    title: str
    code: str
    english: str
    arabic: str
    of: tuple[int, ...] = ()
    retry_s: int | None = None
    unread: bool = False
    """For requests whose address may not have been understood: nginx leads those to no named location."""

    @property
    def variable(self) -> str:
        """nginx's variable with the body in the language that was asked for."""
        return f"$refusal_{self.status}"

    @property
    def place(self) -> str:
        """The location that answers."""
        return f"/_refusal/{self.status}" if self.unread else f"@refusal_{self.status}"

    @property
    def head(self) -> str:
        """How that location begins in nginx's configuration."""
        return f"location {'= ' if self.unread else ''}{self.place}"

    def body(self, words: str) -> str:
        """As nginx's configuration holds it, in single quotes."""
        said = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": words,
        }
        return f"'{json.dumps(said, ensure_ascii=False)}'"


REFUSALS: Final = (
    Refusal(
        400,
        "Bad Request",
        "bad_request",
        "This is no request that can be understood, or its headers are too large.",
        "هذا ليس طلباً يمكن فهمه، أو أن ترويساته كبيرة جداً.",
        of=(400, 494, 495, 496, 497, 501, 505),
        unread=True,
    ),
    Refusal(
        401,
        "Unauthorized",
        "unauthenticated",
        "This address has run out, or is none of ours: ask for a new one.",
        "انتهت صلاحية هذا العنوان أو أنه ليس من عناويننا: اطلب عنواناً جديداً.",
    ),
    Refusal(403, "Forbidden", "forbidden", "You may not do this.", "لا تملك صلاحية القيام بذلك."),
    Refusal(404, "Not Found", "not_found", "There is nothing at this address.", "لا يوجد شيء في هذا العنوان."),
    Refusal(
        405,
        "Method Not Allowed",
        "method_not_allowed",
        "This method is not allowed here.",
        "هذه الطريقة غير مسموح بها هنا.",
        unread=True,
    ),
    Refusal(
        412,
        "Precondition Failed",
        "precondition_failed",
        "What is here is not what the request asks for.",
        "ما هو موجود هنا ليس ما يشترطه الطلب.",
    ),
    Refusal(413, "Content Too Large", "too_large", "What was sent is too large.", "ما أُرسل كبير جداً."),
    Refusal(414, "URI Too Long", "uri_too_long", "The address is too long.", "العنوان طويل جداً.", unread=True),
    Refusal(
        421,
        "Misdirected Request",
        "misdirected",
        "This host is none of ours.",
        "هذا المضيف ليس من مضيفينا.",
    ),
    Refusal(
        429,
        "Too Many Requests",
        "too_many",
        "Too many requests came from your address; try again in a moment.",
        "وردت طلبات كثيرة جداً من عنوانك؛ حاول مرة أخرى بعد قليل.",
        retry_s=2,
    ),
    Refusal(
        503,
        "Service Unavailable",
        "unavailable",
        "A part of the system does not answer; try again in a moment.",
        "جزء من النظام لا يستجيب؛ حاول مرة أخرى بعد قليل.",
        of=(500, 502, 503, 504),
        retry_s=1,
    ),
)
