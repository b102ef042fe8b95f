"""``cctv camera``: the cameras of a running system."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cctv.base.errors import InvalidInput
from cctv.cli import camera_views
from cctv.cli.camera_lookup import all_cameras, find_camera
from cctv.cli.printing import console
from cctv.cli.running_api import running_api

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", no_args_is_help=True)

_FINDINGS = 1

Url = Annotated[
    str | None, typer.Option("--url", help="The running system, for example http://127.0.0.1:3000 [CCTV_URL].")
]
Data = Annotated[Path | None, typer.Option("--data", help="Its data folder [CCTV_DATA, ./cctv-data].")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, as the API gives it.")]
Which = Annotated[str, typer.Argument(metavar="CAMERA", help="Id, the beginning of an id, or the name.")]
NameAr = Annotated[str | None, typer.Option("--name-ar", help="Name in Arabic.")]
Sub = Annotated[str | None, typer.Option("--sub", help="Address of a smaller stream for small tiles.")]
Transport = Annotated[
    Literal["tcp", "udp"] | None,
    typer.Option("--transport", help="How video comes; udp only for cameras without tcp."),
]
Username = Annotated[str | None, typer.Option("--username", "-u", help="User on the camera.")]
PasswordIn = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input (asked for on a terminal).")
]
Place = Annotated[str | None, typer.Option("--place", help="Where it is, in words.")]
Lat = Annotated[float | None, typer.Option("--lat", help="Latitude in degrees (WGS 84).")]
Lon = Annotated[float | None, typer.Option("--lon", help="Longitude in degrees.")]
Group = Annotated[str | None, typer.Option("--group", help="Id of a camera group.")]
Mode = Annotated[Literal["continuous", "off"] | None, typer.Option("--mode", help="What is recorded.")]
Audio = Annotated[
    Literal["off", "keep", "aac"] | None,
    typer.Option("--audio", help="off: no sound; keep: AAC as it comes; aac: turn other sound into AAC."),
]


@app.callback()
def cameras() -> None:
    """Add, change, probe and import cameras.

    All commands speak to the running system through its API, so that the same rules hold as in the dashboard and
    recorders hear of a change at once. The system is the one of `--url` or CCTV_URL, else the one that runs on the
    data folder (`--data`, CCTV_DATA, ./cctv-data).

    Passwords are sealed when they arrive and are never shown again. Give them by `--password-stdin`: what stands
    on a command line can be seen by other users of the machine.

    Exit codes: 0 done; 1 done with findings (bad rows, warnings, no video); 2 could not, nothing was changed.
    """


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Name, unique within the agency.")],
    address: Annotated[
        str, typer.Argument(metavar="URL", help="Main stream: rtsp://HOST[:PORT]/PATH or rtsps://.")
    ],
    agency: Annotated[
        str, typer.Option("--agency", "-a", help="Code of the agency that owns it (see `agencies`).")
    ],
    name_ar: NameAr = None,
    sub: Sub = None,
    transport: Transport = None,
    username: Username = None,
    password_stdin: PasswordIn = False,
    place: Place = None,
    lat: Lat = None,
    lon: Lon = None,
    group: Group = None,
    mode: Mode = None,
    audio: Audio = None,
    off: Annotated[bool, typer.Option("--off", help="Add it switched off: no connection to it yet.")] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Add a camera; it is recorded within two seconds.

    Example: `cctv camera add "Deira gate 4" rtsp://10.20.0.7/stream1 --agency METRO -u viewer --password-stdin`
    """
    given: dict[str, Any] = {
        "name": name,
        "agency": agency,
        "main": _stream(address, transport),
        "enabled": not off,
    }
    given |= _filled(name_ar=name_ar, group_id=group, mode=mode, audio=audio)
    given |= {"sub": _stream(sub, transport)} if sub else {}
    given |= {"place": {"lat": lat, "lon": lon, "text": place or ""}} if _some(place, lat, lon) else {}
    given |= _credentials(username, password_stdin)
    _show(running_api(url, data).send("POST", "/cameras", json=given), as_json)


@app.command("list")
def list_cameras(
    agency: Annotated[
        list[str] | None, typer.Option("--agency", "-a", help="Only of this agency; repeatable.")
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only in this state, for example no_video; repeatable.")
    ] = None,
    search: Annotated[str | None, typer.Option("--search", "-s", help="Words in name or place.")] = None,
    removed: Annotated[bool, typer.Option("--removed", help="Those that were removed.")] = False,
    sort: Annotated[
        str, typer.Option("--sort", help="name, agency, place, created_at, updated_at; -name: reverse.")
    ] = "name",
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """List the cameras with their states.

    A state with a question mark is the last one known: its recorder no longer reports.
    """
    query = {"agency": agency, "state": state, "q": search, "removed": "only" if removed else None, "sort": sort}
    found, total = all_cameras(running_api(url, data), **query)
    if as_json:
        camera_views.print_json({"items": found, "total": total})
    else:
        camera_views.show_list(found, total)


@app.command()
def show(which: Which, as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Show one camera with its state and why it is in it."""
    api = running_api(url, data)
    _show(api.get(f"/cameras/{find_camera(api, which)['id']}"), as_json)


@app.command()
def change(
    which: Which,
    name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    address: Annotated[str | None, typer.Option("--main", help="New address of the main stream.")] = None,
    agency: Annotated[str | None, typer.Option("--agency", "-a", help="Agency that owns it.")] = None,
    name_ar: NameAr = None,
    sub: Sub = None,
    no_sub: Annotated[bool, typer.Option("--no-sub", help="Drop the sub stream.")] = False,
    transport: Transport = None,
    username: Username = None,
    password_stdin: PasswordIn = False,
    no_credentials: Annotated[bool, typer.Option("--no-credentials", help="Forget user and password.")] = False,
    place: Place = None,
    lat: Lat = None,
    lon: Lon = None,
    group: Group = None,
    mode: Mode = None,
    audio: Audio = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Switch the camera on or off.")] = None,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Change what is given; the rest stays. Recorders follow within two seconds.

    User and password stay as long as the addresses name the same host; for another host they are needed again.
    """
    api = running_api(url, data)
    before = find_camera(api, which)
    given = _filled(
        name=name, name_ar=name_ar, agency=agency, group_id=group, mode=mode, audio=audio, enabled=enabled
    )
    if address or transport:
        given["main"] = _stream(address or before["main"]["url"], transport or before["main"]["transport"])
    if sub or no_sub:
        given["sub"] = _stream(sub, transport) if sub else None
    if _some(place, lat, lon):
        old = before["place"]
        given["place"] = {
            "lat": old["lat"] if lat is None else lat,
            "lon": old["lon"] if lon is None else lon,
            "text": old["text"] if place is None else place,
        }
    given |= {"credentials": None} if no_credentials else _credentials(username, password_stdin)
    if not given:
        raise InvalidInput("nothing to change was given; see cctv camera change --help")
    _show(api.send("PATCH", f"/cameras/{before['id']}", json=given | {"version": before["version"]}), as_json)


@app.command()
def remove(which: Which, as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Take a camera out of use. Its recordings stay; `restore` with its id undoes it."""
    api = running_api(url, data)
    camera = find_camera(api, which)
    removed = api.send("DELETE", f"/cameras/{camera['id']}")
    if as_json:
        camera_views.print_json(removed)
    else:
        console().print(f"Removed {removed['name']}; undo: cctv camera restore {removed['id']}")


@app.command()
def restore(which: Which, as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Put a removed camera back to use."""
    api = running_api(url, data)
    _show(api.send("POST", f"/cameras/{find_camera(api, which, removed='only')['id']}/restore"), as_json)


@app.command()
def probe(
    which: Annotated[
        str, typer.Argument(metavar="CAMERA|URL", help="A camera of the system, or any rtsp:// address.")
    ],
    seconds: Annotated[float, typer.Option("--seconds", help="How long to look, 1 to 20.")] = 5.0,
    stream: Annotated[
        Literal["main", "sub"], typer.Option("--stream", help="Which stream of the camera.")
    ] = "main",
    transport: Transport = None,
    username: Username = None,
    password_stdin: PasswordIn = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Look at a stream: codec, size, rate, key frames, sound, and what a browser will not play.

    Exit code 1 when no video comes or something should be changed in the camera.
    """
    api = running_api(url, data)
    if "://" in which:
        asked = {"url": which, "seconds": seconds} | _filled(transport=transport)
        found = api.send("POST", "/cameras/probe", json=asked | _credentials(username, password_stdin))
    else:
        query = {"stream": stream, "seconds": seconds}
        found = api.send("POST", f"/cameras/{find_camera(api, which)['id']}/probe", params=query)
    if as_json:
        camera_views.print_json(found)
    else:
        camera_views.show_probe(found)
    if not found["ok"] or found["warnings"]:
        raise typer.Exit(_FINDINGS)


@app.command("import")
def import_file(
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="CSV or JSON; - for standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Change cameras that are there already; without it they are left alone."),
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Import a list of cameras: good rows are kept, each bad row is named with what to do.

    CSV is UTF-8 with a header; comma, semicolon or tab. Columns: **name, agency, main_url** and, as wanted,
    name_ar, group, place, lat, lon, main_transport, sub_url, sub_transport, username, password, mode, audio,
    enabled. Other usual names are understood (url, latitude, الاسم…). JSON is a list of the same, or
    `{"cameras": [...]}`.

    A camera is there already when its address or its name within the agency is. Importing a file again changes
    nothing. Exit code 1 when a row is bad.
    """
    report = running_api(url, data).send(
        "POST",
        "/cameras/import",
        content=file.read(),
        params={"dry_run": dry_run, "existing": "update" if update else "skip"},
    )
    if as_json:
        camera_views.print_json(report)
    else:
        camera_views.show_import(report)
    if report["bad"]:
        raise typer.Exit(_FINDINGS)


@app.command()
def export(
    form: Annotated[Literal["csv", "json"], typer.Option("--format", help="Form of the file.")] = "csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; standard output without it.")
    ] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Write all cameras as a file that `import` takes back; without users and passwords."""
    content = running_api(url, data).text("/cameras/export", format=form)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        output.write_bytes(content)


@app.command()
def agencies(as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """List the agencies that may own cameras."""
    found = running_api(url, data).get("/cameras/agencies")["items"]
    if as_json:
        camera_views.print_json(found)
        return
    for agency in found:
        console().print(f"{agency['code']:<16}{agency['name']}  {agency['name_ar']}")


def _show(camera: dict[str, Any], as_json: bool) -> None:
    if as_json:
        camera_views.print_json(camera)
    else:
        camera_views.show_camera(camera)


def _stream(address: str, transport: str | None) -> dict[str, str]:
    return {"url": address} | ({"transport": transport} if transport else {})


def _credentials(username: str | None, password_stdin: bool) -> dict[str, Any]:
    if username is None:
        if password_stdin:
            raise InvalidInput("--password-stdin needs --username")
        return {}
    password = ""
    if password_stdin:
        asked = sys.stdin.isatty()
        password = typer.prompt("Password", hide_input=True) if asked else sys.stdin.readline().rstrip("\r\n")
    return {"credentials": {"username": username, "password": password}}


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _some(*values: object) -> bool:
    return any(value is not None for value in values)
