"""Models from the Hugging Face Hub, through its own package and into its own cache; imported only when one is named.

What huggingface_hub reads from the environment holds: HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_ENDPOINT, HF_TOKEN.
A cached model costs no request. A download is checked file by file before the cache counts it as there: the weights
come last, and the name of a branch or tag is written when all else is whole.
"""

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar, cast

from huggingface_hub import CommitOperationAdd, HfApi, constants
from huggingface_hub import errors as hub_errors
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

from denoise_cli import __version__
from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.model_folder import PICKLES, read_model_folder
from denoise_cli.models.reference import Reference
from denoise_cli.models.sha256 import sha256

LARGEST_BYTES = {"config.json": 1 << 20, "README.md": 1 << 24, "model.onnx": 1 << 32, "model.safetensors": 1 << 32}
FILES = tuple(LARGEST_BYTES)  # in this order: a foreign config ends the download, and the weights make it complete
NEEDED = ("config.json", "model.safetensors")
WAITS_SECONDS = (1, 2)  # before another try, after a fault of the server
# that of requests or of httpx, by version: no package for HTTP is named here
TRANSPORT_ERROR = cast(type[Exception], hub_errors.HfHubHTTPError.__mro__[1])
T = TypeVar("T")


class ListedFile(Protocol):
    """What the Hub's listing tells of a file."""

    rfilename: str
    size: int | None
    blob_id: str | None


def fetch(reference: Reference, offline: bool = False, progress: bool = False) -> Path:
    """The folder of a model in the cache; downloaded first unless it is there.

    offline: make no request. progress: bars on stderr. Raises ModelUnavailable.
    """
    cached = find_cached(reference)
    if cached is not None:
        return cached
    if offline or constants.HF_HUB_OFFLINE:
        cure = f"with a network, run: hifidenoise models download {reference}"
        raise ModelUnavailable(
            f"{reference}: no such folder, and not in the Hub's cache, which is all while offline; {cure}"
        )
    return download(reference, progress)


def find_cached(reference: Reference) -> Path | None:
    """The folder of a model that is whole in the cache, or None; makes no request. Raises ModelUnavailable."""
    api = _api()
    with _explained(reference):
        try:
            for name in NEEDED:
                file = api.hf_hub_download(
                    reference.repository, name, revision=reference.revision, local_files_only=True
                )
        except hub_errors.LocalEntryNotFoundError:
            return None
    return Path(file).parent


def download(reference: Reference, progress: bool = False) -> Path:
    """Ask the Hub for a model, download what the cache lacks of it, check it, and give its folder in the cache.

    Raises ModelUnavailable; what was downloaded and found wrong is removed before.
    """
    api, repository = _api(), reference.repository
    with _explained(reference), _display(progress):
        commit, files = _list(api, reference)
        for name in FILES:
            if name not in files:
                continue
            get = partial(api.hf_hub_download, repository, name, revision=commit)
            file = Path(_patiently(get, (TRANSPORT_ERROR, OSError)))
            _verify(file, files[name], reference)
            if name == "config.json":
                _check_config(file.parent, reference)
        if reference.revision != commit:  # makes the cache remember which commit the branch or tag is
            _patiently(lambda: api.hf_hub_download(repository, "config.json", revision=reference.revision))
    return file.parent


def _check_config(folder: Path, reference: Reference) -> None:
    try:
        read_model_folder(folder)
    except ModelUnavailable as error:
        raise ModelUnavailable(str(error).replace(str(folder), str(reference))) from error


def upload(reference: Reference, files: Mapping[str, Path | bytes], private: bool, progress: bool = False) -> str:
    """Put files into a repository in one commit, making it if there is none; gives the commit's address.

    private: of a new repository; one that is there and public is refused. Raises ModelUnavailable.
    """
    api, repository = _api(), reference.repository
    with _explained(reference), _display(progress):
        api.create_repo(repository, private=private, exist_ok=True)
        if private and not api.model_info(repository, timeout=constants.HF_HUB_ETAG_TIMEOUT).private:
            raise ModelUnavailable(f"{reference}: is there already, and public; nothing was published")
        additions = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=files[name]) for name in files]
        commit = api.create_commit(repository, additions, commit_message="Upload by hifidenoise")
    return str(commit.commit_url)


def _api() -> HfApi:
    return HfApi(library_name="hifidenoise", library_version=__version__)


def _list(api: HfApi, reference: Reference) -> tuple[str, dict[str, ListedFile]]:
    """The commit that a reference is now, and those of its files that a model consists of."""
    timeout = constants.HF_HUB_ETAG_TIMEOUT
    try:
        info = _patiently(
            lambda: api.model_info(
                reference.repository, revision=reference.revision, files_metadata=True, timeout=timeout
            )
        )
    except (KeyError, TypeError) as error:
        raise ModelUnavailable(f"{reference}: {constants.ENDPOINT} does not answer as a Hub does") from error
    if not re.fullmatch("[0-9a-f]{40}", str(info.sha)):
        raise ModelUnavailable(f"{reference}: {constants.ENDPOINT} does not answer as a Hub does (no commit)")
    files: dict[str, ListedFile] = {file.rfilename: file for file in info.siblings or ()}
    for name in NEEDED:
        if name not in files:
            raise ModelUnavailable(f"{reference}: not a hifidenoise model (no {name}{_pickle_among(files)})")
    for name, largest in LARGEST_BYTES.items():
        if name in files and (files[name].size or 0) > largest:
            raise ModelUnavailable(f"{reference}: its {name} has {files[name].size} bytes; at most {largest} are taken")
    return str(info.sha), {name: file for name, file in files.items() if name in FILES}


def _pickle_among(files: dict[str, ListedFile]) -> str:
    for name in files:
        if any(Path(name).match(pattern) for pattern in PICKLES):
            return f"; {name} is a pickle, never loaded, as it can run code"
    return ""


def _verify(file: Path, listed: ListedFile, reference: Reference) -> None:
    """Compare a file with the listing's checksum, SHA-256 for large files and git's for small; remove a wrong one."""
    large = getattr(listed, "lfs", None)
    if large is not None:
        expected, found = large.sha256, sha256(file)
    else:
        content = file.read_bytes()
        expected, found = listed.blob_id, hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    if expected is None or expected == found:
        return
    blob = file.resolve()
    file.unlink()
    blob.unlink(missing_ok=True)
    raise ModelUnavailable(
        f"{reference}: {file.name} has the checksum {found[:12]}, not the Hub's {expected[:12]}; removed, try again"
    )


def _patiently(call: Callable[[], T], passing: tuple[type[Exception], ...] = ()) -> T:
    """Try again after a fault of the server, and after errors that may pass."""
    for wait in WAITS_SECONDS:
        try:
            return call()
        except hub_errors.HfHubHTTPError as error:
            if _status(error) < 500:
                raise
        except passing:
            pass
        time.sleep(wait)
    return call()


def _status(error: hub_errors.HfHubHTTPError) -> int:
    return error.response.status_code if error.response is not None else 0


@contextmanager
def _display(progress: bool) -> Iterator[None]:
    """Bars only if wanted, and no log beside the one line that an error is told in; afterwards all as before."""
    verbosity, without_bars = hub_logging.get_verbosity(), are_progress_bars_disabled()
    hub_logging.set_verbosity(logging.ERROR)
    if not progress:
        disable_progress_bars()
    try:
        yield
    finally:
        hub_logging.set_verbosity(verbosity)
        if not without_bars:
            enable_progress_bars()


@contextmanager
def _explained(reference: Reference) -> Iterator[None]:
    """Errors of huggingface_hub, of the network and of the disk as ModelUnavailable, in one line."""
    try:
        yield
    except hub_errors.GatedRepoError as error:
        raise ModelUnavailable(
            f"{reference}: its owner grants access one by one; ask on its page, set HF_TOKEN"
        ) from error
    except hub_errors.RevisionNotFoundError as error:
        raise ModelUnavailable(f"{reference}: the repository has no revision {reference.revision}") from error
    except hub_errors.RepositoryNotFoundError as error:
        where = "no such folder, and the Hub has no such model or a private one"
        raise ModelUnavailable(f"{reference}: {where} (for that, set HF_TOKEN)") from error
    except hub_errors.OfflineModeIsEnabled as error:
        raise ModelUnavailable(f"{reference}: HF_HUB_OFFLINE is set, so no request was made") from error
    except hub_errors.HfHubHTTPError as error:
        cure = {401: "; check HF_TOKEN", 403: "; check what HF_TOKEN may do"}.get(_status(error), "; try again later")
        raise ModelUnavailable(f"{reference}: {constants.ENDPOINT} answered {_status(error)}{cure}") from error
    except (TRANSPORT_ERROR, OSError, ValueError) as error:
        reason = (str(error.__cause__ or error).splitlines() or [type(error).__name__])[0]
        raise ModelUnavailable(f"{reference}: failed at {constants.ENDPOINT} ({reason[:200]})") from error
