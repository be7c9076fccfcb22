"""Models from a Hub: a real client against a real server on localhost that can be told to fail.

huggingface_hub reads its variables when it is imported, so commands run in processes of their own; as one costs
seconds, all that can go wrong is tried in one, a repository for each fault.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
import torch

from denoise_cli.config_io import to_mapping
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import save_weights
from denoise_cli.models.model_folder import write_config
from tests.audio.sounds import voice_like
from tests.models.local_hub import TOKEN, Fault, LocalHub, Repository, serve
from tests.models.small_configs import SUB_BAND

ROOT = Path(__file__).parents[2]
CARD = b"---\nlicense: mit\n---\n\n# A card\n"
DRIVER = """
import json, sys, time, urllib.request
from typer.testing import CliRunner
from denoise_cli.cli.app import app
sleep = time.sleep
time.sleep = lambda seconds: sleep(min(seconds, 0.02))  # the waits before another try
outcomes = []
for arguments in json.loads(sys.argv[2]):
    urllib.request.urlopen(sys.argv[1] + "/mark").close()
    result = CliRunner().invoke(app, arguments)
    error = "" if result.exception is None or isinstance(result.exception, SystemExit) else repr(result.exception)
    outcomes.append((result.exit_code, result.stdout, result.stderr + error))
print(json.dumps(outcomes))
"""


@dataclass(frozen=True)
class Outcome:
    """What a command gave, and the requests that it made."""

    code: int
    stdout: str
    stderr: str
    requests: list[str]

    @property
    def downloads(self) -> list[str]:
        return [request for request in self.requests if re.match("GET .*/(resolve|store)/", request)]


def run(hub: LocalHub, home: Path, commands: list[list[str]], **variables: str) -> list[Outcome]:
    """Run commands one after the other in one process that talks to the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment = {
        **kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HOME": str(home), "HF_ENDPOINT": hub.endpoint,
        "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DOWNLOAD_TIMEOUT": "1", **variables,
    }  # fmt: skip
    hub.requests.clear()
    call = [sys.executable, "-c", DRIVER, hub.endpoint, json.dumps(commands)]
    done = subprocess.run(call, capture_output=True, text=True, env=environment, timeout=200, cwd=home)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    marks = [number for number, request in enumerate(hub.requests) if request == "GET /mark"] + [len(hub.requests)]
    made = [hub.requests[start + 1 : end] for start, end in zip(marks[:-1], marks[1:], strict=True)]
    return [Outcome(*outcome, made[number]) for number, outcome in enumerate(json.loads(done.stdout))]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    write_config(folder, to_mapping(SUB_BAND), True, {})
    save_weights(Generator(SUB_BAND).state_dict(), folder / "model.safetensors")
    content = {name: (folder / name).read_bytes() for name in ("config.json", "model.safetensors")}
    return {**content, "README.md": CARD, "samples/a.wav": b"not fetched", ".gitattributes": b""}


@pytest.fixture
def hub(files: dict[str, bytes]) -> Iterator[LocalHub]:
    with serve() as server:
        server.repositories["voices/clean"] = Repository()
        server.repositories["voices/clean"].commit(files, "main", "v1")
        yield server


def download(name: str) -> list[str]:
    return ["models", "download", name]


def show_offline(name: str) -> list[str]:
    return ["models", "show", name, "--offline"]


def test_enhance_downloads_once_and_makes_no_request_again(hub: LocalHub, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(0.5, 16_000)[0], 16_000)
    enhance = [["enhance", "a.wav", "-o", f"{number}.wav", "-m", "voices/clean@v1", "-d", "cpu"] for number in range(3)]
    first, second, third = run(hub, tmp_path, [enhance[0], enhance[1], [*enhance[2], "--offline"]])
    assert (first.code, first.stdout) == (0, "") and len(first.stderr.splitlines()) == 2  # no bar where is no terminal
    fetched = {request.split("/")[-1] for request in first.downloads}
    assert {"config.json", "README.md"} <= fetched and "a.wav" not in fetched and len(fetched) == 3
    assert (second.code, second.requests, third.code, third.requests) == (0, [], 0, [])
    (shown,) = run(hub, tmp_path, [["models", "show", "voices/clean@v1"]], HF_HUB_OFFLINE="1")
    assert (shown.code, shown.requests) == (0, [])
    assert len({(tmp_path / f"{number}.wav").read_bytes() for number in range(3)}) == 1


def test_offline_says_so_when_the_model_is_not_there(hub: LocalHub, tmp_path: Path) -> None:
    commands = [["models", "show", "voices/clean"], download("voices/clean")]
    shown, downloaded = run(hub, tmp_path, commands, HF_HUB_OFFLINE="1")
    assert shown.code == 3 and "not in the Hub's cache" in shown.stderr and len(shown.stderr.splitlines()) == 1
    assert downloaded.code == 3 and "HF_HUB_OFFLINE is set" in downloaded.stderr
    assert not shown.requests and not downloaded.requests


def test_download_says_commit_and_checksum_and_follows_the_branch(
    hub: LocalHub, tmp_path: Path, files: dict[str, bytes]
) -> None:
    repository = hub.repositories["voices/clean"]
    (old,) = repository.commits
    show, verify = show_offline("voices/clean"), ["models", "verify", "voices/clean"]
    first, shown, pinned = run(
        hub, tmp_path, [download("hub:voices/clean"), show, ["models", "show", f"voices/clean@{old}"]]
    )
    assert first.code == 0 and re.match(rf"hub:voices/clean {old} sha256:[0-9a-f]{{64}}\n", first.stdout)
    facts = json.loads(shown.stdout)
    assert facts["revision"] == old and facts["card"] == {"license": "mit"}
    assert pinned.code == 0 and not pinned.requests
    new = repository.commit({**files, "README.md": b"# Newer\n"}, "main")
    before, second, after = run(hub, tmp_path, [show, download("voices/clean"), show])
    assert old in before.stdout and not before.requests
    assert new in second.stdout and [request.split("/")[-1] for request in second.downloads] == ["README.md"]
    assert new in after.stdout
    weights = (Path(facts["folder"]) / "model.safetensors").resolve()
    weights.write_bytes(weights.read_bytes()[:-4] + bytes(4))
    (spoilt,) = run(hub, tmp_path, [verify])
    assert spoilt.code == 3 and "has the checksum" in spoilt.stderr


STAYING = {
    "refused": ([Fault("/api/models/V/refused", "401", 1)], "HF_TOKEN"),
    "forbidden": ([Fault("/api/models/V/forbidden", "403", 1)], "answered 403; check what HF_TOKEN may do"),
    "busy": ([Fault("/api/models/V/busy", "503", 3)], "answered 503; try again later"),
    "portal": ([Fault("/api/models/V/portal", "html", 1)], "failed at"),
    "dropped": ([Fault("/api/models/V/dropped", "drop", 1)], "failed at"),
    "store-down": ([Fault("GET /store/V/store-down", "500", 3)], "answered 500; try again later"),
    "always-cut": ([Fault("GET /store/V/always-cut", "nothing")], "failed at"),
    "always-short": ([Fault("GET /store/V/always-short", "short")], "failed at"),
    "wrong-weights": ([Fault("GET /store/V/wrong-weights", "wrong", 1)], "model.safetensors has the checksum"),
    "wrong-config": ([Fault("GET /V/wrong-config/.*/config.json", "wrong", 1)], "config.json has the checksum"),
    "wrong-card": ([Fault("GET /V/wrong-card/.*/README.md", "wrong", 1)], "README.md has the checksum"),
}
PASSING = {
    "listing-500-twice": Fault("/api/models/V/listing-500-twice", "500", 2),
    "weights-500-twice": Fault("GET /store/V/weights-500-twice", "500", 2),
    "short-once": Fault("GET /store/V/short-once", "short", 1),
    "cut-twice": Fault("GET /store/V/cut-twice", "cut", 2),
    "stalled": Fault("GET /store/V/stalled", "stall", 1),
    "slow": Fault("GET /store/V/slow", "slow"),
}
FOREIGN: dict[str, tuple[dict[str, bytes | None], str]] = {
    "no-config": ({"config.json": None}, "no config.json"),
    "transformer": ({"config.json": b'{"architectures": ["Other"]}'}, "/config.json: not a hifidenoise model's config"),
    "newer": ({"config.json": b'{"format_version": 2}'}, "format 2 is newer"),
    "long-config": ({"config.json": b" " * (2 << 20)}, "bytes; at most"),
    "no-weights": ({"model.safetensors": None}, "no model.safetensors)"),
    "pickle": ({"model.safetensors": None, "pytorch_model.bin": b"\x80\x04K\x01."}, "pytorch_model.bin is a pickle"),
}
MISSING = {
    "V/gone": "the Hub has no such model or a private one",
    "V/slow@v9": "no revision v9",
    "V/slow/more": "not the name of a model on the Hub",
    "V/cl..ean": "not the name",
    "V/private": "a private one (for that, set HF_TOKEN)",
    "V/gated": "grants access one by one",
}


@pytest.fixture(scope="module")
def outcomes(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    """For each repository: download, show --offline, download, show --offline."""
    with serve() as hub:
        for name in (*STAYING, *PASSING, *FOREIGN, "private", "gated"):
            changes = FOREIGN[name][0] if name in FOREIGN else {}
            content = {path: data for path, data in {**files, **changes}.items() if data is not None}
            hub.repositories[f"V/{name}"] = Repository(private=name == "private", gated=name == "gated")
            hub.repositories[f"V/{name}"].commit(content, "main")
        hub.faults = [fault for faults, _ in STAYING.values() for fault in faults] + list(PASSING.values())
        names = [f"V/{name}" for name in (*STAYING, *PASSING, *FOREIGN)] + list(MISSING)
        commands = [command for name in names for command in (download(name), show_offline(name)) * 2]
        found = run(hub, tmp_path_factory.mktemp("home"), commands)
    return {name: found[4 * number : 4 * number + 4] for number, name in enumerate(names)}


def refused(outcomes: list[Outcome], message: str) -> None:
    """One line, and no model in the cache."""
    asked, shown = outcomes[:2]
    assert asked.code == 3 and asked.stdout == "" and message in asked.stderr, asked
    assert len(asked.stderr.splitlines()) == 1 and len(asked.stderr) < 400
    assert shown.code == 3 and shown.requests == []


@pytest.mark.parametrize("name", STAYING)
def test_a_fault_that_stays_is_one_line_and_leaves_no_model(outcomes: dict[str, list[Outcome]], name: str) -> None:
    refused(outcomes[f"V/{name}"], STAYING[name][1])
    again, shown = outcomes[f"V/{name}"][2:]
    assert (again.code, shown.code) == ((3, 3) if name.startswith("always") else (0, 0))


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_is_overcome_without_a_word(outcomes: dict[str, list[Outcome]], name: str) -> None:
    first, shown = outcomes[f"V/{name}"][:2]
    assert (first.code, first.stderr, shown.code) == (0, "", 0)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_repository_of_another_kind_is_refused_before_its_weights_are_fetched(
    outcomes: dict[str, list[Outcome]], name: str
) -> None:
    refused(outcomes[f"V/{name}"], FOREIGN[name][1])
    assert not [request for request in outcomes[f"V/{name}"][0].requests if "/store/" in request]


@pytest.mark.parametrize("name", MISSING)
def test_what_is_not_there_is_said(outcomes: dict[str, list[Outcome]], name: str) -> None:
    refused(outcomes[name], MISSING[name])


def test_the_token_opens_a_private_model(hub: LocalHub, tmp_path: Path) -> None:
    hub.repositories["voices/clean"].private = True
    (outcome,) = run(hub, tmp_path, [download("voices/clean@v1")], HF_TOKEN=TOKEN)
    assert outcome.code == 0 and TOKEN in hub.tokens


def test_no_server_at_all_is_one_line(hub: LocalHub, tmp_path: Path) -> None:
    (outcome,) = run(hub, tmp_path, [["models", "show", "voices/clean"]], HF_HUB_CACHE=str(tmp_path / "c"))
    assert outcome.code == 0 and (tmp_path / "c").is_dir()
    hub.faults = [Fault("voices", "drop")]
    (outcome,) = run(hub, tmp_path, [["models", "show", "voices/clean"]])
    assert outcome.code == 3 and "failed at http://127.0.0.1" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_what_is_pushed_is_a_model_with_a_complete_card(hub: LocalHub, tmp_path: Path, files: dict[str, bytes]) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "mine" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(files[name])
    push = ["models", "push", "mine"]
    commands = [
        [*push, "me/mine", "--license", "mit"],
        [*push, "me/mine", "--yes"],
        [*push, "me/mine@v1", "--yes", "--license", "mit"],
        [*push, "me/mine", "--yes", "--license", "mit", "--private"],
        ["models", "show", "me/mine"],
        [*push, "voices/clean", "--yes", "--license", "mit", "--private"],
    ]
    unasked, without_licence, odd, pushed, shown, public = run(hub, tmp_path, commands, HF_TOKEN=TOKEN)
    assert unasked.code == 2 and "--yes" in unasked.stderr and not unasked.requests
    assert without_licence.code == 2 and "--license" in without_licence.stderr and not without_licence.requests
    assert odd.code == 2 and not odd.requests
    assert pushed.code == 0 and pushed.stdout.startswith(f"{hub.endpoint}/me/mine/commit/"), pushed.stderr
    assert hub.repositories["me/mine"].private
    facts = json.loads(shown.stdout)
    assert facts["card"]["license"] == "mit" and facts["card"]["library_name"] == "hifidenoise"
    assert public.code == 3 and "public" in public.stderr
    (denied,) = run(hub, tmp_path, [[*push, "me/mine", "--yes", "--license", "mit"]])
    assert denied.code == 3 and "HF_TOKEN" in denied.stderr.splitlines()[-1]
    stored = hub.repositories["me/mine"].commits[hub.repositories["me/mine"].names["main"]]
    assert stored["model.safetensors"] == files["model.safetensors"] and stored["config.json"] == files["config.json"]
