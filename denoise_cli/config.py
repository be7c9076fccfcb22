"""What a model and a training run are made of, as frozen dataclasses.

The defaults are those of Su, Jin, Finkelstein 2020 ("the paper"), as far as they are known second-hand; a preset in
`denoise_cli/presets` is a diff against them. Where sources disagree, the field's comment says what is taken and why.
Nothing here imports torch.
"""

from dataclasses import dataclass, field

FINE_LEVELS = 2  # of the decoder, from the finest on, that `FrontEndConfig.fine_dilations` are for


@dataclass(frozen=True)
class FrontEndConfig:
    """Analysis and synthesis around the WaveNet: an STFT, and convolutions over frequency that halve the bands.

    Not in the paper: it lets the WaveNet run at `sample_rate / hop_length` frames a second instead of at every sample.
    """

    n_fft: int = 512
    hop_length: int = 256  # half of n_fft: the square-root Hann windows then add up to one
    high_pass_hz: float = 0.0  # cutoff of a filter before the STFT, against rumble and offset; 0: none
    compression: float = 0.3  # magnitudes enter the network as |X| ** compression
    channels: tuple[int, ...] = (16, 24, 32, 32)  # one convolution a number; each halves the number of bands
    kernel: int = 5  # over frequency
    time_kernel: int = 1  # over frames, of the encoder's first convolution and the decoder's last
    filter_frames: int = 1  # that the decoder's complex filter weighs for one; 1: a mask (3: as DeepFilterNet)
    fine_dilations: tuple[int, ...] = ()  # over frames, of convolutions at the decoder's two finest levels; (): none
    post_filter: float = 0.0  # strength of `models.post_filter` behind the decoder's filter, not in training; 0: none
    pause_filter: float = 0.0  # strength of `models.pause_filter` behind that one, not in training; 0: none
    batch_norm: bool = False  # after each convolution but the skips and the decoder's last
    flatten: bool = False  # True: all bands become channels of one sequence; False: WaveNet weights shared over bands


@dataclass(frozen=True)
class WaveNetConfig:
    """Feed-forward WaveNet, non-causal (the paper, section 2; Rethage et al. 2018)."""

    channels: int = 128  # "channel size is 128 across the network"; the gate's convolution has twice that
    stacks: int = 2
    layers: int = 10  # dilations 1, 2, ..., 2 ** (layers - 1) in each stack
    kernel: int = 3
    band_kernel: int = 1  # width over bands of the residual convolution; only a front end without flatten has bands
    full_band_channels: int = 0  # of the linear map over all bands before each layer; 0: none; only with bands
    head_channels: tuple[int, ...] = (128,)  # (2048, 256) with head_kernel 3 is Rethage's
    head_kernel: int = 1
    batch_norm: bool = False  # after the gated and the residual convolutions


@dataclass(frozen=True)
class PostNetConfig:
    """Twelve convolutions with tanh after each, the last included (the paper, figure 1)."""

    layers: int = 12
    channels: int = 128
    kernel: int = 32  # even: padding is (15, 16), so that length and alignment are kept
    band_kernel: int = 1  # width over frequency; only with a front end


@dataclass(frozen=True)
class GeneratorConfig:
    """WaveNet, then PostNet, at one sample rate; optionally behind a front end."""

    sample_rate: int = 16_000
    front_end: FrontEndConfig | None = None
    wavenet: WaveNetConfig = field(default_factory=WaveNetConfig)
    postnet: PostNetConfig = field(default_factory=PostNetConfig)


@dataclass(frozen=True)
class DegradationConfig:
    """How clean speech is made noisy; the ranges are uniform.

    The paper's own SNR range is not known; this one is wider than the replications', because users' is.
    """

    snr_db: tuple[float, float] = (-5.0, 30.0)  # speech over the sum of noises, both over their active parts
    level_db: tuple[float, float] = (-33.0, -19.0)  # RMS of the active part of the input; `enhance` aims at -25
    reverb_probability: float = 0.4
    measured_room_share: float = 0.7  # of the reverberant items, if the corpus has rooms; else simulated
    drr_db: tuple[float, float] = (-6.0, 18.0)  # Bryan 2019
    rt60_s: tuple[float, float] = (0.15, 1.0)  # decay that the room's response is reshaped to
    target_rt60_s: float = 0.15  # decay that stays in the target (reverberation-time shortening, arXiv 2204.08765)
    noise_reverb_probability: float = 0.3  # of the noise in reverberant items
    second_noise_probability: float = 0.3
    synthetic_noise_probability: float = 0.15  # coloured noise, hum, clicks, textures or calls for a recorded noise
    babble_probability: float = 0.08
    rumble_probability: float = 0.4  # below a noise, -10 to 20 dB of it: many corpora of noise lack what is below 60 Hz
    clean_probability: float = 0.04  # the input is the target: the network must learn to do nothing
    noise_grains_probability: float = 0.0  # of recorded noises: cut into grains and put together in another order
    noise_speed_probability: float = 0.0  # of recorded noises: other speeds are other sounds, and recordings are few
    noise_speed: tuple[float, float] = (0.5, 2.0)  # even on a logarithmic scale
    noise_eq_probability: float = 0.5
    noise_eq_db: float = 10.0  # standard deviation between octaves
    speech_eq_probability: float = 0.4  # input and target alike: microphones differ
    speech_eq_db: float = 4.0
    band_limit_probability: float = 0.06  # input and target alike, 3-7 kHz
    clipping_probability: float = 0.03  # input alone
    suppressor_probability: float = 0.0  # a noise suppressor or gate before us, on the input alone
    suppressor_floor_db: tuple[float, float] = (-15.0, -5.0)  # its least gain
    gain_control_probability: float = 0.0  # input and target alike
    codec_probability: float = 0.0  # input alone
    codec_snr_db: tuple[float, float] = (5.0, 20.0)  # of its lowest band; the highest has 8 dB less
    speed_probability: float = 0.4
    speed: tuple[float, float] = (0.88, 1.12)


@dataclass(frozen=True)
class TrainConfig:
    """One stage's training. Numbers that differ from stage to stage stand in `training.stages`, not here."""

    seed: int = 0
    batch_size: int = 8
    crop_seconds: float = 2.0  # the paper: 32000 samples at 16 kHz
    warmup_steps: int = 200
    final_learning_rate: float = 0.02  # of a cosine decay, as a share of the stage's rate
    schedule: str = "constant"  # constant (the paper) or cosine
    optimizer: str = "adamw"  # a name in training.state.OPTIMIZERS; without weight decay adamw is the paper's Adam
    betas: tuple[float, float] = (0.9, 0.999)  # of Adam; in muon of the vectors' alone
    weight_decay: float = 0.0
    clip_gradient_norm: float = 5.0  # 0: off
    ema_decay: float = 0.0  # 0: off
    precision: str = "float32"  # or bfloat16: autocast around the network; STFT and losses stay in float32
    compile: bool = False  # the generator by torch.compile: docs/training.md has what it gained
    checkpoint_minutes: float = 3.0
    validate_minutes: float = 10.0
    validation_items: int = 48
    validation_seconds: float = 4.0
    loader_workers: int = 1
    window_shards: int = 8  # of each kind in the memory of each worker; only with a corpus of shards
    joint_batch_norm: bool = True  # over the batches of all processes; false: each its own, faster on CPUs
    accumulate: int = 1  # batches whose gradients are averaged into one update
    explosion_factor: float = 20.0  # the run stops when a loss is this many times that of its first steps; 0: off


@dataclass(frozen=True)
class DiscriminatorConfig:
    """One discriminator. Fields of another kind than its own are not read."""

    kind: str = "waveform"  # a name in models.discriminators.KINDS, or metric, which predicts PESQ
    sample_rate: int = 16_000  # waveform: what its input is resampled to
    channels: int = 16  # waveform: of the first layer, then 4, 16, 64, 64 times as many; others: widths in proportion
    phase_shuffle: int = 0  # waveform: activations are shifted by up to so many steps (WaveGAN: 2); 0: off
    period: int = 2  # period: samples from one to the next that it looks at; the vocoder has 2, 3, 5, 7 and 11
    pooling: int = 1  # scale: averages its input to this part of the rate, a power of two; the vocoder: 1, 2 and 4
    n_fft: int = 1024  # stft; UnivNet has 1024, 2048 and 512
    hop_length: int = 256  # stft and spectrogram: 512, which one replication has, does not fit a crop of 2 s
    norm: str = "batch"  # spectrogram: or instance, for gradient penalties


def four_discriminators() -> tuple[DiscriminatorConfig, ...]:
    """The paper's: the waveform at 16, 8 and 4 kHz, and the log-mel spectrogram."""
    waveforms = tuple(DiscriminatorConfig("waveform", sample_rate) for sample_rate in (16_000, 8_000, 4_000))
    return (*waveforms, DiscriminatorConfig("spectrogram"))


def multi_period() -> tuple[DiscriminatorConfig, ...]:
    """The HiFi-GAN vocoder's, for lists of discriminators."""
    return tuple(DiscriminatorConfig("period", period=period) for period in (2, 3, 5, 7, 11))


def multi_scale() -> tuple[DiscriminatorConfig, ...]:
    """The HiFi-GAN vocoder's, after MelGAN."""
    return tuple(DiscriminatorConfig("scale", pooling=pooling) for pooling in (1, 2, 4))


def multi_resolution() -> tuple[DiscriminatorConfig, ...]:
    """UnivNet's sizes, at 16 kHz with hops of an eighth."""
    return tuple(DiscriminatorConfig("stft", n_fft=n_fft, hop_length=n_fft // 8) for n_fft in (1024, 2048, 512))


@dataclass(frozen=True)
class AdversarialConfig:
    """The discriminators of a stage, how they learn, and what the generator hears of them."""

    discriminators: tuple[DiscriminatorConfig, ...] = field(default_factory=four_discriminators)
    form: str = "hinge"  # a name in losses.adversarial.FORMS
    adversarial_weight: float = 1.0  # in the generator's loss, of the sum over discriminators
    feature_matching_weight: float = 1.0  # likewise
    learning_rate: float = 1e-3  # of the discriminators; with the stage's warm-up and schedule
    betas: tuple[float, float] = (0.5, 0.9)  # MelGAN; the paper's are not known
    weight_decay: float = 0.0
    updates: int = 2  # of the discriminators for each of the generator, each on a batch of its own
    gradient_limit: float = 0.0  # longest gradient, weighted, that an item of the estimate gets of them; 0: none
    generator_frozen_steps: int = 0  # at the beginning, while the discriminators learn alone
    instance_noise: float = 0.0  # standard deviation on all that discriminators see, falling to 0 ...
    instance_noise_steps: int = 10_000  # ... over these steps
    r1_weight: float = 0.0  # half of it times the squared gradient at real input (Mescheder 2018)
    gradient_penalty_weight: float = 10.0  # only form wasserstein_gp
    weight_limit: float = 0.01  # only form wasserstein: weights are clipped to +- this


@dataclass(frozen=True)
class StageConfig:
    """What one stage trains, by what, and for how long; see `training.stages`."""

    losses: dict[str, float] = field(default_factory=lambda: {"l1": 1.0, "log_spectrogram": 1.0})
    estimates: str = "both"  # losses on y1, y2 or both
    learning_rate: float = 1e-3
    steps: int = 500_000
    betas: tuple[float, float] | None = None  # of the generator's Adam; None: train.betas
    adversarial: AdversarialConfig | None = None  # None: no discriminators


def adversarial_stage() -> StageConfig:
    """The paper's third stage; its length is that of two sources of three (the other has 500,000)."""
    return StageConfig(learning_rate=1e-5, steps=50_000, betas=(0.5, 0.9), adversarial=AdversarialConfig())


@dataclass(frozen=True)
class Config:
    """Everything a training run needs: a preset, changed by --config and --set."""

    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    degradation: DegradationConfig = field(default_factory=DegradationConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    stage1: StageConfig = field(default_factory=StageConfig)
    stage2: StageConfig = field(default_factory=lambda: StageConfig(learning_rate=1e-4))
    stage3: StageConfig = field(default_factory=adversarial_stage)
