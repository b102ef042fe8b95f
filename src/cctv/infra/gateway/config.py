"""The text of nginx's configuration.

Two kinds of traffic pass: requests, which go to the service that owns the path's prefix, and recorded bytes,
which nginx sends itself. For those it asks a *check* address first (``auth_request``) and keeps the answer
for five seconds per grant and object, so that a withdrawn right ends within that time while a viewer's hundred
range requests cost one question.

A closed file never changes, so it is served with cached descriptors; a file in the spool grows all the time and
is opened anew for each request. One that moves from spool to archive between two looks is found by the third.
"""

from dataclasses import dataclass, field
from pathlib import Path

from cctv.infra.gateway.headers import answer_headers, service_headers
from cctv.infra.gateway.refusals import REFUSALS

CHECK_SECONDS = 4
"""How long an answer about a grant is believed: with the moment until a withdrawal is heard, under 5 s."""

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OBJECT = r"[A-Z0-9][A-Z0-9_-]*/\k<camera>/\d{4}/\d\d/\d\d/[0-9a-f]{32}-\d{6,9}\.mp4"


@dataclass(frozen=True, slots=True)
class Upstream:
    """A service: ``name`` as in the service table, ``addresses`` as host:port, one a process."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Paths that begin with ``prefix`` go to the upstream called ``upstream``; the longest prefix wins."""

    prefix: str
    upstream: str


@dataclass(frozen=True, slots=True)
class Inside:
    """TLS to the services: their certificates come from ``authority`` (PEM) and are for ``name``."""

    authority: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What a gateway serves, and from where. ``str()`` gives the configuration."""

    listen: tuple[str, ...]
    """Addresses, ``127.0.0.1:3000``."""
    folder: Path
    """nginx's own folder: configuration, temporary files, cached answers."""
    upstreams: tuple[Upstream, ...]
    routes: tuple[Route, ...]
    media_upstream: str
    """The upstream that makes playlists and answers whether a grant is good."""
    media_check: str = "/internal/media/check"
    volumes: dict[str, Path] = field(default_factory=dict)
    """Roots of local volumes by id; below each lie ``archive/`` and ``spool/``."""
    stores: tuple[str, ...] = ()
    """Ids of object stores: their objects are sent from ``segment_cache``, which the media upstream fills."""
    segment_cache: Path | None = None
    media_fetch: str = "/internal/media/fetch"
    hosts: tuple[str, ...] = ()
    """Host names that are answered; empty: all. They keep foreign pages from naming us (DNS rebinding)."""
    certificate: tuple[Path, Path] | None = None
    """Certificate (with its chain) and key, in PEM; given: TLS only. nginx reads them anew when it is reloaded."""
    inside: Inside | None = None
    """Given: services are asked over TLS only, and one that cannot show such a certificate is not asked."""
    user: str | None = None
    """System user of the workers, when started as root: the one who may read the volumes."""
    workers: int = 2
    connections: int = 4096
    """Of one worker, to browsers and to services together; the process's limit of open files must be above it."""

    def __str__(self) -> str:
        return "\n".join(
            [*_main(self), "http {", *_indent([*_http(self), *_strangers(self), *_server(self)]), "}", ""]
        )


def _indent(lines: list[str]) -> list[str]:
    return ["    " + line if line else line for line in lines]


def _block(head: str, *lines: str) -> list[str]:
    return [f"{head} {{", *_indent(list(lines)), "}"]


def _quoted(text: object) -> str:
    """A string as nginx reads it: paths may hold spaces, never a variable."""
    words = str(text)
    if "$" in words or "\n" in words:
        raise ValueError(f"nginx cannot hold this path: {words!r}")
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _main(gateway: Gateway) -> list[str]:
    return [
        "daemon off;",
        f"pid {_quoted(gateway.folder / 'nginx.pid')};",
        f"lock_file {_quoted(gateway.folder / 'nginx.lock')};",
        "error_log stderr warn;",
        f"worker_processes {gateway.workers};",
        "worker_shutdown_timeout 5s;",
        *([f"user {gateway.user};"] if gateway.user else []),
        f"events {{ worker_connections {gateway.connections}; }}",
    ]


def _http(gateway: Gateway) -> list[str]:
    return [
        *_types(),
        *_limits(),
        *[f"{kind}_temp_path {_quoted(gateway.folder / kind)};" for kind in _TEMPORARY],
        *_tls(gateway),
        *_inside_tls(gateway.inside),
        f"proxy_cache_path {_quoted(gateway.folder / 'checks')} {_CHECKS_CACHE};",
        # Tries to sign in are also counted by go-api, in Valkey; this holds a flood off before it costs a hash.
        "limit_req_zone $binary_remote_addr zone=sign_in:2m rate=50r/s;",
        "limit_req_status 429;",
        "limit_req_log_level notice;",
        *_maps(),
        *_block("map $volume $volume_root", f"default {_nowhere(gateway)};", *_volume_roots(_roots(gateway))),
        *_block("map $volume $spool_root", f"default {_nowhere(gateway)};", *_volume_roots(_spools(gateway))),
        *[line for upstream in gateway.upstreams for line in _upstream(upstream)],
    ]


def _tls(gateway: Gateway) -> list[str]:
    """Only what has forward secrecy and authenticated encryption (BSI TR-02102-2, NIST SP 800-52r2)."""
    if gateway.certificate is None:
        return []
    certificate, key = gateway.certificate
    return [
        f"ssl_certificate {_quoted(certificate)};",
        f"ssl_certificate_key {_quoted(key)};",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;",
        "ssl_session_cache shared:tls:4m;",
        "ssl_session_tickets off;",
    ]


def _inside_tls(inside: Inside | None) -> list[str]:
    if inside is None:
        return []
    return [
        "proxy_ssl_verify on;",
        "proxy_ssl_verify_depth 3;",
        f"proxy_ssl_trusted_certificate {_quoted(inside.authority)};",
        f"proxy_ssl_name {inside.name};",
        "proxy_ssl_server_name on;",
        "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
    ]


def _pass_to(gateway: Gateway, upstream: str, path: str = "") -> str:
    scheme = "http" if gateway.inside is None else "https"
    return f"proxy_pass {scheme}://{upstream}{path};"


def _listening(gateway: Gateway) -> str:
    return " ssl" if gateway.certificate is not None else ""


_BODY = "256k"
"""Any body but a file's: some services parse all of it before they know what is wrong with it."""
_LINE = "32k"
"""Of a request's first line, and of a header: a timeline of 500 cameras has an address of 22 kB."""
_FILE_BODY = "16m"
_FILE_DOORS = ("/api/v1/cameras/import",)
_CHECKS_CACHE = "levels=1 keys_zone=media_checks:8m inactive=30s max_size=64m use_temp_path=off"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _types() -> list[str]:
    types = {
        "text/html": "html",
        "text/css": "css",
        "text/javascript": "js mjs",
        "application/json": "json map",
        "image/svg+xml": "svg",
        "image/png": "png",
        "image/jpeg": "jpg jpeg",
        "font/woff2": "woff2",
        "video/mp4": "mp4",
        "application/vnd.apple.mpegurl": "m3u8",
    }
    compressed = [kind for kind in types if not kind.startswith(("image/p", "image/j", "font/", "video/"))]
    compressed.remove("text/html")  # nginx always compresses it, and warns of being told to
    compressed.append("application/problem+json")
    return [
        *_block("types", *[f"{kind} {endings};" for kind, endings in types.items()]),
        "default_type application/octet-stream;",
        "gzip on;",
        "gzip_proxied any;",
        "gzip_comp_level 4;",
        "gzip_min_length 1000;",
        "gzip_vary on;",
        f"gzip_types {' '.join(compressed)};",
    ]


def _limits() -> list[str]:
    return [
        "access_log off;",
        "log_not_found off;",
        "server_tokens off;",
        "sendfile on;",
        "sendfile_max_chunk 2m;",
        "max_ranges 1;",
        # Not tcp_nopush: nginx then clears TCP_NODELAY, and where a packet is large (loopback, jumbo frames) the
        # last part of a fragment waits for the delayed acknowledgement of the first, 40 ms in every second seek.
        "keepalive_timeout 65s;",
        "keepalive_requests 10000;",
        f"client_max_body_size {_BODY};",
        "client_header_timeout 15s;",
        "client_body_timeout 30s;",
        f"large_client_header_buffers 4 {_LINE};",
        # A request with its check needs more than the 4 kB that nginx begins with; growing by pieces makes the
        # wheel's allocator map and unmap memory for every request, which doubles the cost of a small one.
        "request_pool_size 16k;",
        "connection_pool_size 2k;",
        "client_header_buffer_size 2k;",
        "reset_timedout_connection on;",
        "server_names_hash_bucket_size 128;",
        "variables_hash_max_size 2048;",
        "proxy_http_version 1.1;",
        "proxy_connect_timeout 3s;",
        "proxy_read_timeout 120s;",
        "proxy_buffers 16 16k;",
        # What a client reads slowly waits at its service, not in a file here: a download that was put aside as a
        # whole could no longer be cut off when the right to it ends.
        "proxy_max_temp_file_size 0;",
    ]


def _maps() -> list[str]:
    return [
        # An empty value keeps upstream connections open between requests; sockets ask to be upgraded.
        *_block("map $http_upgrade $connection_word", "default upgrade;", '"" "";'),
        *_block(
            "map $http_x_request_id $traced",
            r'"~^[A-Za-z0-9_-]{8,64}$" $http_x_request_id;',
            "default $request_id;",
        ),
        _language("$answer_language", "en", "ar"),
        *[_language(one.variable, one.body(one.english), one.body(one.arabic)) for one in REFUSALS],
        # Only over TLS: a browser must not be told to come back by TLS where there is none.
        *_block("map $https $strict_transport", 'on "max-age=31536000";', 'default "";'),
        # A page of another origin may not change anything, whatever it gets a browser to send.
        *_block(
            'map "$request_method:$http_sec_fetch_site" $foreign_change',
            "default 0;",
            '"~^(POST|PUT|PATCH|DELETE):(cross-site|same-site)$" 1;',
        ),
    ]


def _language(variable: str, english: str, arabic: str) -> str:
    """English, unless the first language that a browser names is Arabic."""
    return f'map $http_accept_language {variable} {{ default {english}; "~*^ *ar(-|;|,|$)" {arabic}; }}'


def _roots(gateway: Gateway) -> dict[str, Path]:
    """Where an object of each volume or store is looked for first, below ``archive/``."""
    if gateway.segment_cache is None:
        return gateway.volumes
    return gateway.volumes | dict.fromkeys(gateway.stores, gateway.segment_cache)


def _spools(gateway: Gateway) -> dict[str, Path]:
    """Where it is looked for next: what belongs to a store may still lie on the volume that it came from."""
    here = next(iter(gateway.volumes.values()), None)
    return gateway.volumes | (dict.fromkeys(gateway.stores, here) if here is not None else {})


def _nowhere(gateway: Gateway) -> str:
    """A folder that nobody makes: where a volume that is none of ours would be."""
    return _quoted(gateway.folder / "nowhere")


def _volume_roots(volumes: dict[str, Path]) -> list[str]:
    # The backslash keeps a volume called "default" from being read as nginx's own word.
    return [f"\\{volume} {_quoted(root)};" for volume, root in sorted(volumes.items())]


def _upstream(upstream: Upstream) -> list[str]:
    # One address: nothing else to try, so nothing is ever marked as down and each request tells the truth.
    alone = " max_fails=0" if len(upstream.addresses) == 1 else ""
    servers = [f"server {address}{alone};" for address in upstream.addresses]
    return _block(f"upstream {upstream.name}", *servers, "keepalive 32;")


def _strangers(gateway: Gateway) -> list[str]:
    if not gateway.hosts:
        return []
    return _block(
        "server",
        *[f"listen {address}{_listening(gateway)} default_server;" for address in gateway.listen],
        *answer_headers(),
        *_refusals(),
        "location / { return 421; }",
    )


def _server(gateway: Gateway) -> list[str]:
    names = " ".join(gateway.hosts) or "_"
    return _block(
        "server",
        *[f"listen {address}{_listening(gateway)};" for address in gateway.listen],
        *(["http2 on;"] if gateway.certificate is not None else []),
        f"server_name {names};",
        *answer_headers(),
        *service_headers(),
        "if ($foreign_change) { return 403; }",
        "",
        *_refusals(),
        *_inside(),
        *_media(gateway),
        *[line for route in gateway.routes for line in _route(gateway, route)],
        *_files(gateway),
        *_signing_in(gateway),
    )


def _refusals() -> list[str]:
    """What we refuse by ourselves is said as services say it."""
    lines: list[str] = []
    for one in REFUSALS:
        more = [
            "add_header Cache-Control no-store always;",
            "add_header Content-Language $answer_language always;",
        ]
        if one.retry_s is not None:
            more.append(f"add_header Retry-After {one.retry_s} always;")
        lines += [
            f"error_page {' '.join(map(str, one.of or (one.status,)))} = {one.place};",
            *_block(
                one.head,
                *(["internal;"] if one.unread else []),
                "default_type application/problem+json;",
                *answer_headers(*more),
                f"return {one.status} {one.variable};",
            ),
        ]
    return lines + _outside()


def _outside() -> list[str]:
    """A range outside of a file: nginx finds it after the file's own headers were put down, and those stay.

    So a problem would go out as ``video/mp4``, and nginx's own words stay; of the file's max-age and our no-store
    the latter holds (RFC 9111, section 4.2.1). Content-Range says what is wrong.
    """
    return [
        "error_page 416 = @outside;",
        *_block("location @outside", "add_header Cache-Control no-store always;", "return 416;"),
    ]


def _inside() -> list[str]:
    """What services say to each other and to the monitoring is not for browsers."""
    return [
        *_block("location = /health", "return 404;"),
        *_block("location = /metrics", "return 404;"),
        *_block("location ^~ /internal/", "return 404;"),
    ]


def _route(gateway: Gateway, route: Route) -> list[str]:
    return _block(f"location {route.prefix}", _pass_to(gateway, route.upstream))


def _files(gateway: Gateway) -> list[str]:
    """Doors that take files: each reads no more than it wants, and says so."""
    lines: list[str] = []
    for path in _FILE_DOORS:
        owners = [route for route in gateway.routes if path.startswith(route.prefix)]
        if owners:
            owner = max(owners, key=lambda route: len(route.prefix))
            lines += _block(
                f"location = {path}",
                f"client_max_body_size {_FILE_BODY};",
                _pass_to(gateway, owner.upstream),
            )
    return lines


def _signing_in(gateway: Gateway) -> list[str]:
    """Doors that ask nobody: what reaches them is small, and not too often from one address."""
    owner = next((route.upstream for route in gateway.routes if route.prefix == "/"), None)
    if owner is None:
        return []
    lines: list[str] = []
    for path in ("/api/v1/session", "/api/v1/oidc/", "/api/v1/iam/webhook"):
        lines += _block(
            f"location {path}",
            "limit_req zone=sign_in burst=200 nodelay;",
            "client_max_body_size 64k;",
            _pass_to(gateway, owner),
        )
    return lines


def _media(gateway: Gateway) -> list[str]:
    grant = "(?<grant>[A-Za-z0-9._~-]{8,2048})"
    place = f"^/media/(?<camera>{_UUID})/{grant}"
    return [
        *_block(
            f'location ~ "{place}/(?<volume>[A-Za-z0-9_-]+)/(?<object>{_OBJECT})$"',
            "limit_except GET { deny all; }",
            "auth_request /_check;",
            "root $volume_root;",
            "open_file_cache max=4000 inactive=20s;",
            f"open_file_cache_valid {CHECK_SECONDS}s;",
            "open_file_cache_errors off;",
            *answer_headers("add_header Cache-Control 'private, max-age=3600';"),
            "try_files /archive/$object @growing;",
        ),
        *_block(
            "location @growing",
            # Not before the check: a stranger would hear which volumes there are.
            f"if ($volume_root = {_nowhere(gateway)}) {{ return 404; }}",
            "root $spool_root;",
            *answer_headers("add_header Cache-Control no-store;"),
            f"try_files /spool/$object /archive/$object {'@fetch' if gateway.segment_cache else '=404'};",
        ),
        *(_from_stores(gateway, gateway.segment_cache) if gateway.segment_cache else []),
        *_block(rf'location ~ "{place}/[a-z]+\.m3u8$"', _pass_to(gateway, gateway.media_upstream)),
        *_block("location /media/", "return 404;"),
        *_check(gateway),
    ]


def _from_stores(gateway: Gateway, cache: Path) -> list[str]:
    """The media upstream gets a whole object into the cache; then it is sent from there like any other file.

    In a cache that is too small it may be gone again by then: it is asked for again, a few times.
    """
    return [
        *_block(
            "location @fetch",
            f"rewrite ^ {gateway.media_fetch} break;",
            _pass_to(gateway, gateway.media_upstream),
            "proxy_method GET;",
            'proxy_set_header Connection "";',
            "proxy_set_header X-Request-Id $traced;",
            "proxy_set_header X-Forwarded-For $remote_addr;",
            "proxy_set_header X-Media-Camera $camera;",
            "proxy_set_header X-Media-Grant $grant;",
            "proxy_set_header X-Media-Object $object;",
        ),
        *_block(
            "location @cached",
            f"root {_quoted(cache)};",
            *answer_headers("add_header Cache-Control 'private, max-age=3600';"),
            "try_files /archive/$object @fetch;",
        ),
    ]


def _check(gateway: Gateway) -> list[str]:
    return _block(
        "location = /_check",
        "internal;",
        _pass_to(gateway, gateway.media_upstream, gateway.media_check),
        "proxy_pass_request_body off;",
        'proxy_set_header Content-Length "";',
        'proxy_set_header Connection "";',
        "proxy_set_header X-Request-Id $traced;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Media-Camera $camera;",
        "proxy_set_header X-Media-Grant $grant;",
        "proxy_set_header X-Media-Volume $volume;",
        "proxy_set_header X-Media-Object $object;",
        "proxy_cache media_checks;",
        'proxy_cache_key "$grant $camera $volume $object";',
        f"proxy_cache_valid 200 204 401 403 404 {CHECK_SECONDS}s;",
        "proxy_ignore_headers Cache-Control Expires Set-Cookie Vary X-Accel-Expires;",
        # The kept answers are files too: opening them anew for every object costs a tenth of the throughput.
        "open_file_cache max=4000 inactive=20s;",
    )
