"""Flags of `enhance`, as types."""

from typing import Annotated

import typer

from denoise_cli.audio.raw_format import RawEncoding
from denoise_cli.inference.options import ClipRule, ClusterName, EngineName, HighBandRule, Precision

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT...",
        help="Recordings, folders of them, patterns such as '*.wav'; - is standard input.",
        show_default=False,
    ),
]
InputList = Annotated[
    str | None,
    typer.Option("--input-list", metavar="FILE", help="More inputs, a path a line; - reads the list from a pipe."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="PATH",
        help="A file for one file; a folder for several, or if it ends in /; - is standard output, as WAV or --format. "
        "Without: NAME.enhanced.EXT beside each.",
    ),
]
Filename = Annotated[
    str | None,
    typer.Option(
        "--filename",
        metavar="TEMPLATE",
        help="Names of files in folders, of {stem}, {ext} and {parent}.",
        show_default="{stem}.{ext}",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="SUFFIX", help="wav, flac, ogg, opus, mp3 ... for all files.", show_default="the input's"
    ),
]
Subtype = Annotated[
    str | None,
    typer.Option("--subtype", metavar="NAME", help="pcm16, pcm24, float, vorbis ...", show_default="the input's"),
]
SampleRate = Annotated[
    int | None,
    typer.Option(
        "--sample-rate",
        metavar="HZ",
        min=1_000,
        max=192_000,
        help="Rate of what is written [Hz].",
        show_default="the input's",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "-m",
        "--model",
        metavar="NAME|DIR|OWNER/NAME[@REVISION]",
        help="A bundled model, a model folder, or a model on the Hugging Face Hub, downloaded once.",
    ),
]
Offline = Annotated[bool, typer.Option("--offline/--no-offline", help="Make no request, whatever --model is.")]
Residual = Annotated[
    str | None,
    typer.Option(
        "--residual", metavar="PATH", help="Write what was removed; a file for one file, a folder for several, as -o."
    ),
]
AttenuationLimit = Annotated[
    float | None, typer.Option("-a", "--atten-lim", metavar="DB", min=0, help="Take nothing down by more [dB].")
]
Mix = Annotated[float, typer.Option("--mix", min=0, max=1, help="1: all enhanced, 0: the input.")]
HighBand = Annotated[
    HighBandRule,
    typer.Option(
        "--high-band",
        help="The band above the model's 8 kHz: follows the gain of the octave below, is kept, or is dropped.",
    ),
]
Clip = Annotated[
    ClipRule,
    typer.Option(
        "--clip",
        help="Where a file cannot hold the peaks: turn all of it down, cut them off, or leave it to the format.",
    ),
]
Loudness = Annotated[
    float | None,
    typer.Option(
        "--loudness",
        metavar="LUFS",
        min=-70,
        max=0,
        help="Bring each file to this loudness [LUFS], -16 for instance, true peak at most -1 dBTP.",
        show_default="the input's",
    ),
]
Channels = Annotated[
    str,
    typer.Option(
        "--channels",
        metavar="keep|mono|mid|N",
        help="All; their mean; their mean, with what they differ in kept; or the N-th alone.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite/--no-overwrite", help="Replace targets that exist.")]
SkipExisting = Annotated[
    bool, typer.Option("--skip-existing/--no-skip-existing", help="Leave out inputs whose targets exist.")
]
Recursive = Annotated[
    bool, typer.Option("-r/-R", "--recursive/--no-recursive", help="Take subfolders, and keep their tree.")
]
DryRun = Annotated[bool, typer.Option("-n", "--dry-run/--no-dry-run", help="Print INPUT -> OUTPUT and do nothing.")]
Device = Annotated[
    str,
    typer.Option(
        "-d",
        "--device",
        help="auto, cpu, cuda, cuda:N, mps, or several as in cuda:0,cuda:1; for several files, cuda is all GPUs.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, help="CPU threads of the model, for all files together.", show_default="the runtime's"
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        metavar="N",
        min=1,
        help="Files at a time beside one model; each takes some 80 MB more.",
        show_default="a core each, at most 8",
    ),
]
ShardOfPlan = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="I/N", help="Only the I-th of N parts of all files, for as many machines or array jobs."
    ),
]
ComputePrecision = Annotated[
    Precision,
    typer.Option("--precision", help="Of torch; half precision is for GPUs, and not quite the same result."),
]
Engine = Annotated[
    EngineName,
    typer.Option("--engine", help="auto: onnxruntime on the CPU, where the model has an ONNX file; else torch."),
]
ChunkSeconds = Annotated[
    float | None,
    typer.Option(
        "--chunk-seconds",
        metavar="S",
        min=0.1,
        help="Run so much at a time [s]; changes memory, not the result.",
        show_default="by the model",
    ),
]
CycleSpins = Annotated[
    int,
    typer.Option(
        "--cycle-spins",
        metavar="N",
        min=1,
        max=8,
        help="Run the model on N grids of frames and take the mean: N times the time, a little better.",
    ),
]
Cluster = Annotated[
    ClusterName,
    typer.Option(
        "--engine-cluster",
        help="ray: on a Ray cluster (extra ray), which RAY_ADDRESS names; all its machines must see the files.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json/--no-json", help="One JSON object a file on stdout; loudness is measured for it.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet/--no-quiet", help="Errors only.")]
RawSamples = Annotated[
    RawEncoding | None,
    typer.Option(
        "--raw-format", help="Samples without a header, from standard input to standard output, as they come."
    ),
]
RawRate = Annotated[int | None, typer.Option("--raw-rate", metavar="HZ", min=1_000, help="Their rate [Hz].")]
RawChannels = Annotated[int | None, typer.Option("--raw-channels", metavar="N", min=1, help="Of them; 1 if not given.")]
