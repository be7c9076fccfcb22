"""Noisy and clean pairs of a corpus's dev split as WAV files, for `hifidenoise benchmark`.

    python benchmarks/dev_pairs.py CORPUS -o PAIRS [--items 64] [--seconds 6] [--set degradation.snr_db="[15, 30]"]...
    hifidenoise benchmark --noisy PAIRS/noisy --clean PAIRS/clean -o report.json

The reverberant pairs of docs/experiments.md:

    python benchmarks/dev_pairs.py CORPUS -o PAIRS --set degradation.reverb_probability=1 \
        --set "degradation.rt60_s=[0.3, 1.0]" --set "degradation.snr_db=[15, 30]" --set degradation.clean_probability=0

The same arguments draw the same pairs. The target is that of training: the room's decay cut to
`degradation.target_rt60_s`, or 0 for the direct path alone.
"""

import argparse
from pathlib import Path

import soundfile

from denoise_cli.config_io import load_config
from denoise_cli.data.corpus import Corpus
from denoise_cli.training.validation import draw_dev_items


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--preset", default="compact")
    parser.add_argument("--items", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="assignments")
    arguments = parser.parse_args()
    length = [f"train.validation_items={arguments.items}", f"train.validation_seconds={arguments.seconds}"]
    config = load_config(arguments.preset, None, [*arguments.assignments, *length])
    items = draw_dev_items(Corpus.open(arguments.corpus), config)
    for name, waveforms in (("noisy", items.noisy), ("clean", items.target)):
        folder = arguments.output / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, waveform in enumerate(waveforms.numpy()):
            soundfile.write(folder / f"{number:03}.wav", waveform, items.sample_rate, subtype="FLOAT")


if __name__ == "__main__":
    main()
