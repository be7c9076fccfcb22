"""Speech made by espeak-ng for the last runs of compact: python docs/made_speech.py FOLDER

110 voices of drawn language, variant, pitch and speed say numbers, which espeak-ng reads in words of each language:
45 minutes at 22.05 kHz. A voice without breath, jitter or noise around it is what recordings do not have.
Drawn with a fixed seed from what is installed (espeak-ng 1.51: 128 languages, 99 variants without whispers).
"""

import random
import subprocess
import sys
from pathlib import Path

VOICES = 110
FILES_OF_A_VOICE = 3
NO_LANGUAGES = ("yue", "cmn-latn-pinyin")
NO_VARIANTS = ("whisper", "fast_test")


def listed(option: str) -> list[str]:
    answer = subprocess.run(["espeak-ng", option], capture_output=True, text=True, check=True)
    return answer.stdout.splitlines()[1:]


def main(folder: Path) -> None:
    draw = random.Random(7)
    languages = [line.split()[1] for line in listed("--voices")]
    languages = [language for language in languages if language not in NO_LANGUAGES]
    variants = [line.split("!v/")[1].split()[0] for line in listed("--voices=variant") if "!v/" in line]
    variants = [variant for variant in variants if not any(name in variant for name in NO_VARIANTS)]
    for number in range(VOICES):
        language, variant = draw.choice(languages), draw.choice(variants)
        pitch, speed = draw.randint(5, 90), draw.randint(120, 210)
        draw.randint(10, 90)  # not used, but drawn when the model was trained: the voices after it depend on it
        speaker = folder / f"{number:03d}_{language}_{variant}"
        speaker.mkdir(parents=True, exist_ok=True)
        for file in range(FILES_OF_A_VOICE):
            text = ", ".join(str(draw.randint(0, 10 ** draw.randint(2, 7))) for _ in range(draw.randint(3, 5)))
            voice = ["-v", f"{language}+{variant}", "-p", str(pitch), "-s", str(speed)]
            subprocess.run(["espeak-ng", *voice, "-w", str(speaker / f"{file}.wav"), text], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
