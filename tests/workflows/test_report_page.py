"""The page of a comparison: what is in it, and what a real browser makes of it."""

import base64
import io
import json
import re
import shutil
import struct
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.metrics.table import select_families
from denoise_cli.workflows.benchmark import compare_systems
from denoise_cli.workflows.benchmark_systems import OutputFolder, Unprocessed
from denoise_cli.workflows.comparison import Comparison
from denoise_cli.workflows.pairing import find_pairs
from denoise_cli.workflows.report_media import HEIGHT, WIDTH, flac_uri, spectrogram_levels, spectrogram_uri
from denoise_cli.workflows.report_page import choose_examples, write_page
from tests.metrics.signals import speech_like, with_noise
from tests.workflows.records import COST

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = "5 <b>&amp; </script><script>boom()</script>"
# What a visitor does, and what came of it, left in the page's title for --dump-dom
VISIT = """
<script>
{ const trouble = [];
addEventListener("error", (event) => trouble.push(String(event.message)));
addEventListener("unhandledrejection", (event) => trouble.push(String(event.reason)));
console.error = (...words) => trouble.push(words.join(" "));
const column = (number) => [...document.querySelectorAll("#files tbody tr")].map((r) => r.cells[number].textContent);
const click = (key) => document.querySelector(`#files button[data-key="${key}"]`).click();
const seen = { start: column(1) };
click("si_sdr"); seen.turned = column(1);
click(""); seen.names = column(0);
const metric = document.getElementById("metric");
metric.value = "level_change"; metric.dispatchEvent(new Event("change"));
seen.dots = document.querySelectorAll("#plot circle").length;
seen.chosen = document.querySelector("#summary tr.chosen td").textContent;
const order = document.getElementById("order");
order.value = "name"; order.dispatchEvent(new Event("change"));
seen.examples = [...document.querySelectorAll("article h3")].map((h) => h.textContent);
seen.pictures = [...document.querySelectorAll("article img")].every((image) => image.alt);
const player = document.querySelector("audio");
player.muted = true;
const heard = player.play().then(() => { seen.played = player.duration; });
const drawn = Promise.all([...document.querySelectorAll("article img")].map((image) => image.decode()));
seen.said = document.querySelector(".heard").textContent;
seen.marked = [...document.querySelectorAll(".heard mark")].map((m) => m.textContent);
seen.costs = [...document.querySelectorAll("#cost tbody tr")].map((r) => r.cells[1].textContent);
seen.wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
Promise.all([heard, drawn]).catch((error) => trouble.push(String(error))).finally(() => {
  document.title = "REPORT" + JSON.stringify({ ...seen, trouble });
}); }
</script>
"""


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Six files at -10 to 15 dB SNR, another tool that takes 10 dB of noise away, and one name that is an attack."""
    folder = tmp_path_factory.mktemp("pairs")
    for number in range(6):
        name = HOSTILE.replace("/", "_") if number == 5 else str(number)
        clean = speech_like(1.0, seed=number)
        snr_db = 5.0 * number - 10.0
        for kind, samples in (
            ("clean", clean), ("noisy", with_noise(clean, snr_db)), ("tool", with_noise(clean, snr_db + 10)),
        ):  # fmt: skip
            (folder / kind).mkdir(exist_ok=True)
            soundfile.write(str(folder / kind / f"{name}.wav"), samples, 16_000)
    systems = [Unprocessed(), OutputFolder("tool", folder / "tool")]
    families = select_families(["si_sdr", "level_change"], with_reference=True)
    pairs = find_pairs(folder / "noisy", folder / "clean")
    found = compare_systems(pairs, systems, families, 0, folder / "outputs", costs={"tool": COST})
    found.systems[1].files["0"].heard = "Five, fix <b>."
    return replace(found, said={"0": "five six"}, recogniser="a recogniser")


@pytest.fixture(scope="module")
def page(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "report.html"
    write_page(comparison, target, ["hifidenoise", "benchmark", HOSTILE], examples=3)
    return target


def test_examples_are_the_worst_and_some_from_elsewhere(comparison: Comparison) -> None:
    assert choose_examples(comparison, 3) == ["0", "1", "2"]
    assert choose_examples(comparison, 4)[:3] == ["0", "1", "2"]
    assert sorted(choose_examples(comparison, 100)) == sorted(item.name for item in comparison.items)
    assert choose_examples(comparison, 0) == []


def test_the_page_needs_no_other_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", text)
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", text)


def test_no_name_of_a_file_can_end_the_script(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count("<script") == 1 and "boom" in text


def test_the_page_holds_the_numbers_of_the_json(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    start = text.index("const data = ") + len("const data = ")
    data = json.loads(text[start : text.index(";\n", start)])
    assert data["systems"][1]["difference"]["si_sdr"]["mean"] == pytest.approx(10.0, abs=0.3)
    assert [entry["label"] for entry in data["media"]["0"]] == ["clean", "input", "tool"]


def test_a_sound_survives_its_way_into_the_page() -> None:
    waveform = speech_like(0.5)[None].astype(np.float32)
    content = base64.b64decode(flac_uri(waveform, 16_000).split(",")[1])
    samples, sample_rate = soundfile.read(io.BytesIO(content), always_2d=True)
    assert sample_rate == 16_000
    np.testing.assert_allclose(samples.T, waveform, atol=1 / 32_768)


def test_a_spectrogram_shows_a_tone_where_it_is() -> None:
    time = np.arange(64_000) / 16_000
    levels = spectrogram_levels(np.sin(2 * np.pi * 2_000 * time)[None].astype(np.float32))
    assert levels.shape == (HEIGHT, WIDTH)
    assert abs(int(levels[:, 100].argmax()) - HEIGHT // 4) <= 1
    png = base64.b64decode(spectrogram_uri(levels, float(levels.max())).split(",")[1])
    assert struct.unpack(">II", png[16:24]) == (WIDTH, HEIGHT)
    start = png.index(b"IDAT") + 4
    rows = np.frombuffer(zlib.decompress(png[start:-16]), np.uint8).reshape(HEIGHT, WIDTH + 1)
    assert abs(int(rows[:, 101].argmax()) - (HEIGHT - 1 - HEIGHT // 4)) <= 1  # low frequencies are at the bottom


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [1200, 390])
def test_a_browser_opens_sorts_and_plays_it_without_complaint(page: Path, tmp_path: Path, width: int) -> None:
    visited = tmp_path / "visited.html"
    visited.write_text(page.read_text(encoding="utf-8").replace("</body>", VISIT + "</body>"), encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
            "--autoplay-policy=no-user-gesture-required", f"--window-size={width},900", "--timeout=20000",
            "--virtual-time-budget=10000", "--dump-dom", visited.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    found = re.search(r"<title>REPORT(.*?)</title>", done.stdout)
    assert found, done.stderr[-2000:]
    seen = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert seen["trouble"] == []
    numbers = [float(text) for text in seen["start"]]
    assert numbers == sorted(numbers) and len(numbers) == 6
    assert seen["turned"] == seen["start"][::-1]
    names = [name.removeprefix("♪ ") for name in seen["names"]]
    assert sorted(names) in (names, names[::-1])
    assert seen["dots"] == 12 and seen["chosen"].startswith("speech level change")
    assert seen["examples"] == ["0", "1", "2"] and seen["pictures"]
    assert seen["played"] == pytest.approx(1.0, abs=0.01)
    assert seen["said"] == "five six" and seen["marked"] == ["fix", "<b>."]
    assert seen["costs"] == ["0.0204", "0.0123", "0.0199", "0.60", "0.50", "144", "309,156", "388"]
    assert not seen["wide"]
