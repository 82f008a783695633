"""What ``sovl doctor`` looks at: versions, device, settings, model, plugins, the life, the disk. It changes nothing."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Optional

if TYPE_CHECKING:
    from sovl_core.cli.app_context import AppContext

GOOD, NOTE, BAD = "good", "note", "bad"

#: Distributions whose versions decide what works.
LIBRARIES = (
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "safetensors",
    "pluggy",
    "pydantic",
    "prompt_toolkit",
    "rich",
)
#: Bytes free below which a night may not find room.
ROOM_WANTED = 2_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``state`` is ``good``, ``note`` (worth knowing) or ``bad``; ``hint`` is what to do."""

    what: str
    state: str
    said: str
    hint: str = ""


def examine(app: AppContext) -> List[Finding]:
    """Return all findings; a check that fails in itself is a finding too."""
    checks: List[Callable[[AppContext], Iterator[Finding]]] = [
        _versions,
        _damage,
        _settings,
        _device,
        _model,
        _plugins,
        _life,
        _disk,
    ]
    findings: List[Finding] = []
    for check in checks:
        try:
            findings.extend(check(app))
        except Exception as failure:
            finding = _failed(check.__name__.strip("_"), failure)
            # What cannot be read fails every check that reads it; said once is enough.
            if all(finding.said != known.said for known in findings):
                findings.append(finding)
    return findings


def _failed(what: str, failure: Exception) -> Finding:
    from sovl_core.cli.errors import explain

    explanation = explain(failure)
    return Finding(what, BAD, explanation.message, explanation.hint)


def _versions(_app: AppContext) -> Iterator[Finding]:
    from importlib import metadata

    from sovl_core import __version__

    yield Finding("sovl", GOOD, f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    yield Finding("libraries", GOOD, ", ".join(found))
    if missing:
        yield Finding("libraries", BAD, f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")


def _device(app: AppContext) -> Iterator[Finding]:
    import torch

    core = app.config().core
    cuda = torch.cuda.is_available()
    device = core.device if core.device != "auto" else ("cuda" if cuda else "cpu")
    name = torch.cuda.get_device_name() if cuda and device.startswith("cuda") else f"{torch.get_num_threads()} threads"
    yield Finding("device", GOOD, f"{device} ({name}), precision {core.precision}")
    if device.startswith("cuda") and not cuda:
        yield Finding("device", BAD, f"core.device is {device}, but there is no GPU that PyTorch can use", AUTO_DEVICE)


#: What mends a damaged life.
REPAIR = "sovl doctor --repair"
AUTO_DEVICE = "sovl config set core.device auto"


def _settings(app: AppContext) -> Iterator[Finding]:
    path = app.life_path() / "life.toml"
    app.config()
    yield Finding("settings", GOOD, str(path) if path.exists() else "all at their defaults")


def _model(app: AppContext) -> Iterator[Finding]:
    from sovl_core.model_folder import missing_parts
    from sovl_core.model_store import ModelStore

    wanted = app.config().core.base_model
    place = find_on_disk(wanted, ModelStore().list())
    lacking = missing_parts(place) if place is not None and place.is_dir() and not list(place.glob("*.gguf")) else []
    if lacking:
        hint = "Fetch it again, or use another: sovl models list"
        yield Finding("model", BAD, f"{place} lacks {', '.join(lacking)}", hint)
    elif place is not None:
        yield Finding("model", GOOD, f"{wanted}, in {place}")
    elif _is_path(wanted):
        yield Finding("model", BAD, f"{wanted} is not there", "sovl models list")
    else:
        yield Finding(
            "model", NOTE, f"{wanted} is not on this machine yet; the first turn fetches it", "sovl models pull"
        )


def find_on_disk(wanted: str, cached: List[Any]) -> Optional[Path]:
    """Return where a model lies on this machine, None when it would have to be fetched.

    :param cached: what the model store knows, with ``name`` and ``path``.
    """
    path = Path(wanted).expanduser()
    if path.exists():
        return path
    return next((Path(model.path) for model in cached if model.name.lower() == wanted.lower()), None)


def _is_path(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.endswith(".gguf") or name.count("/") > 1


def _plugins(app: AppContext) -> Iterator[Finding]:
    from sovl_core.cli.plugin_catalog import plugin_manager
    from sovl_core.plugin_selection import PluginSelection

    manager = plugin_manager(app)
    infos = manager.infos()
    on = [f"{info.name} {info.version}" for info in infos if info.enabled]
    yield Finding("plugins", GOOD, ", ".join(on) or "none is on")
    options = app.options
    chosen = PluginSelection.from_sources(app.config().plugins, app.environ, options.plugins, options.without)
    for info in infos:
        if not info.enabled and not chosen.why_off(info.name):
            yield Finding("plugins", BAD, f"{info.name} is off: {info.reason}", f"sovl plugins info {info.name}")
    for problem in manager.problems:
        yield Finding("plugins", BAD, problem, "Install that distribution again")


def _life(app: AppContext) -> Iterator[Finding]:
    from sovl_core.life import Life
    from sovl_core.quarantine import QUARANTINE
    from sovl_core.repair import known_damaged

    path = app.life_path()
    if not path.exists():
        yield Finding("life", NOTE, f"there is none at {path} yet", "sovl")
        return
    system = app.system(read_only=True)
    journal = system.journal
    current = journal.current_night()
    night = "no night yet" if current is None else f"awake with night {current}"
    yield Finding("life", GOOD, f"{path}: {journal.count_episodes()} turns, {night}")
    holder = None if app.in_session else Life(path).holder()
    if holder is not None and holder.alive is False:
        yield Finding("life", NOTE, f"whoever wrote it last was killed ({holder}); the next start takes it over")
    elif holder is not None:
        yield Finding("life", NOTE, f"it is being written by {holder}")
    if (path / QUARANTINE).is_dir():
        said = f"what was damaged is kept in {path / QUARANTINE}; what is forgotten is not taken out of it"
        yield Finding("life", NOTE, said, "Delete that folder when nothing in it is wanted any more")
    for number, problem in known_damaged(journal).items():
        said = f"night {number} is damaged and not used any more: {problem}"
        yield Finding("nights", NOTE, said, "Put its folder back from a copy of the life, if there is one")


def _damage(app: AppContext) -> Iterator[Finding]:
    from sovl_core.life import Life
    from sovl_core.repair import find_damage

    path = app.life_path()
    for damage in find_damage(Life(path)):
        hint = f"{REPAIR}: {damage.remedy}" if damage.remedy else ""
        yield Finding(damage.what, BAD, damage.said, hint)


def _disk(app: AppContext) -> Iterator[Finding]:
    from sovl_core.cli.tables import size_text

    folder = app.life_path()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(str(folder)).free
    if free < ROOM_WANTED:
        yield Finding("disk", NOTE, f"{size_text(free)} free at {folder}: little room for nights", "Free some space")
    else:
        yield Finding("disk", GOOD, f"{size_text(free)} free at {folder}")
