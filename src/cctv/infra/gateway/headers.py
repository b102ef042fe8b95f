"""The headers that the gateway adds to answers, and to requests for services."""

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def answer_headers(*more: str) -> list[str]:
    """Headers of every answer; nginx forgets the outer ones where a location adds its own, so each has all."""
    return [
        "add_header X-Request-Id $traced always;",
        "add_header X-Content-Type-Options nosniff always;",
        "add_header Referrer-Policy no-referrer always;",
        "add_header Cross-Origin-Opener-Policy same-origin always;",
        "add_header Cross-Origin-Resource-Policy same-origin always;",
        "add_header X-Frame-Options DENY always;",
        "add_header Permissions-Policy 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' always;",
        "add_header Strict-Transport-Security $strict_transport always;",
        f'add_header Content-Security-Policy "{_POLICY}" always;',
        *more,
    ]


def service_headers() -> list[str]:
    """Headers that a service receives; the same rule about forgetting holds."""
    return [
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Request-Id $traced;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_word;",
        "proxy_hide_header X-Request-Id;",
    ]
