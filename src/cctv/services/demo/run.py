"""The demonstration's two forms: for a person, until Ctrl-C; and for a machine, with a verdict."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cctv.base.networks import ANY
from cctv.infra.embedded import last_words
from cctv.services.demo.check import Check
from cctv.services.demo.guide import Guide, say
from cctv.services.demo.simulator import Simulator, footage_cache, kept_password
from cctv.services.settings import Folders, ServeSettings
from cctv.services.supervisor import Happening, Part, Process
from cctv.services.system import FIRST_SIGN_IN, GUESTS, System

Work = Callable[[Guide], int]


def run_demo(settings: ServeSettings) -> int:
    """Everything with four cameras until Ctrl-C."""
    say(f"Starting RTA CCTV; data and logs are kept in {settings.data}")
    return _run(settings, lambda guide: guide.show(), ends_all=False)


def check_demo(settings: ServeSettings, *, seconds: int) -> int:
    """Record for ``seconds``, kill a recorder half-way, read everything back; the verdict goes to standard output.

    Works in a folder of its own, removed afterwards, unless the settings name one.
    """
    if "data" in settings.model_fields_set:
        return _run(settings, lambda guide: Check(guide, settings, seconds=seconds).run(), ends_all=True)
    with tempfile.TemporaryDirectory(prefix="cctv-check-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        return check_demo(ServeSettings.from_options(**_given(settings), data=Path(folder)), seconds=seconds)


def _given(settings: ServeSettings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.model_fields_set}


def _run(settings: ServeSettings, work: Work, *, ends_all: bool) -> int:
    settings = settings.model_copy(update={"camera_networks": ANY})  # the simulated cameras are on this machine
    tell = partial(_tell, Folders(settings.data).logs / "simulator.log")
    return System(settings, tell=tell, log_to_files=True).run(
        lambda system: _guests(system, work, ends_all=ends_all)
    )


def _guests(system: System, work: Work, *, ends_all: bool) -> Sequence[Part]:
    folders = system.folders
    simulator = Simulator(
        run=folders.run,
        log=folders.logs / "simulator.log",
        cache=footage_cache(folders.data),
        password=kept_password(folders.run),
    )
    pair = system.settings.gateway_certificate
    certificate = None if pair is None else str(pair[0])
    guide = Guide(url=system.gateway_url, folders=folders, simulator=simulator, certificate=certificate)

    def start_guide() -> Process:
        return system.fork(lambda: work(guide), name="guide", console=True)

    return [
        Part(name="simulator", start=simulator.start, stop_rank=GUESTS, port=lambda: simulator.port),
        Part(name="guide", start=start_guide, stop_rank=-1, stop_within_s=1.0, ends_all=ends_all),
    ]


_SAID = {
    "died": "{part} ended ({detail}); it is started again",
    "hung": "{part} hangs ({detail}) and is ended",
    "failed": "{part} did not start: {detail}",
    "ended": "{part} was still running from an earlier start and was ended",
}


def _tell(log: Path, happening: Happening) -> None:
    if happening.part == "guide":
        return
    if happening.what == FIRST_SIGN_IN:
        return  # the guide says it, when there is a page to sign in at
    if happening.what == "started":
        say(f"{happening.part} runs (process {happening.pid})")
    elif happening.what == "stopped":
        say(f"{happening.part} stopped" + (f": {happening.detail}" if happening.detail else ""))
    else:
        say(_SAID[happening.what].format(part=happening.part, detail=happening.detail))
        if happening.part == "simulator":
            say(f"    its last words: {last_words(log)}")
