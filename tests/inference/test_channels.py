import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnusableAudio, UsageConflict
from denoise_cli.inference.channels import ChannelChoice
from denoise_cli.inference.options import ChannelRule, EnhanceOptions, parse_channels
from denoise_cli.inference.survey import survey
from tests.audio.sounds import voice_like
from tests.inference.engines import Halving, Passing


def processed(rule: ChannelRule | int, waveform: Samples, engine: Passing) -> Samples:
    choice = ChannelChoice(rule, len(waveform), "a.wav")
    blocks = [waveform[:, start : start + 3_000] for start in range(0, waveform.shape[1], 3_000)]
    heard = choice.heard(choice.kept(blocks))
    found = survey(heard, choice.heard_count, 16_000, engine.sample_rate, "a.wav")
    options = EnhanceOptions(chunk_seconds=0.3)
    output = np.concatenate(list(choice.process(choice.kept(blocks), engine, 16_000, found, options)), axis=1)
    assert output.shape == (choice.count, waveform.shape[1])
    return output


STEREO = voice_like(1.1, 16_000, 2)


def test_mono_is_the_mean_enhanced_once() -> None:
    np.testing.assert_allclose(
        processed(ChannelRule.MONO, STEREO, Halving()), STEREO.mean(axis=0)[None] / 2, rtol=0, atol=1e-6
    )


def test_a_number_is_that_channel_alone() -> None:
    np.testing.assert_allclose(processed(2, STEREO, Halving()), STEREO[1:] / 2, rtol=0, atol=1e-6)


def test_mid_changes_what_channels_share_and_keeps_what_they_differ_in() -> None:
    output = processed(ChannelRule.MID, STEREO, Halving())
    np.testing.assert_allclose(output[0] - output[1], STEREO[0] - STEREO[1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(output.mean(axis=0), STEREO.mean(axis=0) / 2, rtol=0, atol=1e-6)
    alone = STEREO[:1]
    np.testing.assert_allclose(processed(ChannelRule.MID, alone, Halving()), alone / 2, rtol=0, atol=1e-6)
    opposite = np.concatenate([alone, -alone])
    np.testing.assert_array_equal(processed(ChannelRule.MID, opposite, Halving()), opposite)


def test_identical_channels_are_run_once() -> None:
    engine = Halving()
    twice = np.concatenate([STEREO[:1], STEREO[:1], STEREO[1:]])
    np.testing.assert_allclose(processed(ChannelRule.KEEP, twice, engine), twice / 2, rtol=0, atol=1e-6)
    one = Halving()
    processed(ChannelRule.KEEP, STEREO, one)
    assert engine.rows_run == one.rows_run


def test_what_a_recording_does_not_have_is_an_error() -> None:
    with pytest.raises(UnusableAudio, match=r"a\.wav: has 1 channel, so there is no --channels 2"):
        ChannelChoice(2, 1, "a.wav")
    with pytest.raises(UnusableAudio, match="has 6 channels; --channels mid is for one or two"):
        ChannelChoice(ChannelRule.MID, 6, "a.wav")


def test_rules_by_name_and_number() -> None:
    assert [parse_channels(text) for text in ("keep", "mid", "1", "12")] == [ChannelRule.KEEP, ChannelRule.MID, 1, 12]
    for text in ("0", "-1", "Mono", "", "1.5", "side"):
        with pytest.raises(UsageConflict, match="keep, mono, mid"):
            parse_channels(text)
