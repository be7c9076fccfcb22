#!/bin/sh
# The runs that made models/compact, one after another: sh docs/train_compact.sh DATA RUNS
# DATA has the recordings of docs/data.md in speech, noise and rooms; for the last runs also those of speech with a DNSMOS
# BAK below 4.05 in speech-noisy and the others in speech-clean, and all noises in noise-more; speech-made is what
# docs/made_speech.py makes, speech-formants what docs/formant_voices.py does. For the runs of sections 13 to 20 noise-13
# has what was collected for them, speech-later what was found then, and HIFIDENOISE_WHISPER names a folder of Whisper
# tiny.en; noise-15 has noise-13 and what section 15 found, noise-19 that and the music found for section 19, for which
# speech-prompts has the Italian and Spanish prompts, speech-acted the dialogue and speech-formants-high what
# docs/formant_voices.py makes with --high; speech-20 is what section 20 adds, noise-20 noise-19 and the
# cries found for it. What each run was for is in docs/experiments.md. Some forty-four hours of one core.
# Where a run was stopped early, --max-steps says at which step.
# Until m3 calls (denoise_cli/data/synthetic_noise.py) were as low as 60 Hz, until q1 as 400; no setting brings that back.
set -e
data=$1 runs=$2 corpus=$2/corpus cleaned=$2/cleaned
# those before w1 had no pause filter, those before v1 narrower levels, those before u1 nothing that a suppressor, gain
# control or codec had changed
narrow="--set generator.front_end.pause_filter=0
    --set generator.front_end.channels=[16,24,32,32] --set degradation.suppressor_probability=0
    --set degradation.gain_control_probability=0 --set degradation.codec_probability=0"
# those before section 17 had no fine levels and no high voices, those before section 14 maps of half the channels, those
# before section 12 no post-filter
smaller="--set generator.wavenet.full_band_channels=8 --set generator.front_end.post_filter=0
    --set generator.front_end.fine_dilations=[] --set degradation.speed=[0.78,1.28] $narrow"
# what the runs of section 9 and later share; the last has it in words, as a test compares it with the shipped model
recent="--device cpu --gpus 2 --set train.joint_batch_norm=false --set train.precision=bfloat16
    --set train.batch_size=8 --set train.crop_seconds=3.0 $smaller"
# what those of section 13 and later share
latest="$recent --set generator.front_end.post_filter=0.005 --set train.ema_decay=0.995 --set train.warmup_steps=20
    --set stage1.losses.compressed_spectrum=0.8 --set stage1.losses.snr=4
    --set stage1.losses.over_suppression=2 --set stage1.losses.whisper_features=15"
# and those of section 14 and later, of section 17 and later, from u1 on, from v1 on
wider="$latest --set generator.wavenet.full_band_channels=16"
finer="$wider --set generator.front_end.fine_dilations=[1,2,4]"
sent="$finer --set degradation.speed=[0.78,1.9] --set degradation.suppressor_probability=0.1
    --set degradation.gain_control_probability=0.15 --set degradation.codec_probability=0.2"
widest="$sent --set generator.front_end.channels=[16,32,48,64]"
# those before m3 had fewer items without noise
earlier="--set degradation.clean_probability=0.04 $smaller"
# those before section 9 had fewer channels, fewer kinds of noise and other losses, too
older="$earlier --set degradation.speed_probability=0.4 --set degradation.speed=[0.88,1.12]
    --set generator.wavenet.channels=48 --set degradation.synthetic_noise_probability=0.15
    --set degradation.babble_probability=0.08 --set degradation.second_noise_probability=0.3
    --set degradation.noise_grains_probability=0 --set stage1.losses.bark_loudness=0.6 --set stage1.losses.stoi=0
    --set stage1.losses.snr=3 --set stage2.losses.bark_loudness=0.6 --set stage2.losses.stoi=0"
# the first ones had neither filter, maps nor noises at other speeds
first="$older --set generator.front_end.high_pass_hz=0 --set generator.wavenet.full_band_channels=0
    --set degradation.rumble_probability=0.4 --set degradation.noise_speed_probability=0"

hifidenoise prepare-data --speech "$data/speech" --noise "$data/noise" --rir "$data/rooms" -o "$corpus"

hifidenoise train-stage1 --data "$corpus" -o "$runs/e1" --max-steps 1953 $first --set degradation.reverb_probability=0.3 \
    --set stage1.steps=3600 --set train.final_learning_rate=0.2 \
    --set "stage1.losses={compressed_spectrum = 0.2, snr = 2.0, bark_loudness = 1.5}"

hifidenoise train-stage1 --data "$corpus" --init "$runs/e1" -o "$runs/e2" --max-steps 1189 $first --set train.seed=2 \
    --set degradation.reverb_probability=0.3 --set stage1.losses.snr=2 \
    --set stage1.steps=2100 --set stage1.learning_rate=3e-3 --set train.final_learning_rate=0.3

hifidenoise train-stage2 --data "$corpus" --init "$runs/e2" -o "$runs/e3" $first --set train.seed=3 \
    --set degradation.reverb_probability=0.3 --set stage2.losses.snr=2 \
    --set train.batch_size=4 --set train.crop_seconds=3.0 \
    --set stage2.steps=1150 --set train.final_learning_rate=0.1

hifidenoise train-stage1 --data "$corpus" --init "$runs/e3" -o "$runs/f1" --max-steps 1259 $first --set train.seed=11 \
    --set degradation.reverb_probability=0.3 --set stage1.losses.snr=2 \
    --set train.batch_size=4 --set train.crop_seconds=3.0 \
    --set stage1.learning_rate=3e-3 --set train.schedule=constant

hifidenoise train-stage1 --data "$corpus" --init "$runs/f1" -o "$runs/f2" $first --set train.seed=31 \
    --device cpu --gpus 2 --set train.joint_batch_norm=false \
    --set train.batch_size=8 --set train.crop_seconds=3.0 \
    --set stage1.steps=2400 --set stage1.learning_rate=3e-3 --set train.final_learning_rate=0.3

hifidenoise train-stage1 --data "$corpus" --init "$runs/f2" -o "$runs/h3" $first --set train.seed=42 \
    --set train.joint_batch_norm=false --set train.batch_size=4 --set train.crop_seconds=3.0 \
    --set stage1.steps=1550 --set stage1.learning_rate=9e-4 --set train.final_learning_rate=0.0 \
    --set train.ema_decay=0.99 --set train.warmup_steps=20

hifidenoise train-stage1 --data "$corpus" --init "$runs/h3" -o "$runs/j2" --max-steps 1273 $older --set train.seed=61 \
    --set train.batch_size=4 --set train.crop_seconds=3.0 \
    --set stage1.steps=2300 --set stage1.learning_rate=3e-3 --set train.final_learning_rate=0.2 --set train.warmup_steps=20

# speech of many sources has noise of its own, and targets with noise teach to leave some
hifidenoise enhance "$data/speech" --model "$runs/j2" -o "$cleaned/speech" --format flac
hifidenoise prepare-data --speech "$cleaned/speech" --noise "$data/noise" --rir "$data/rooms" -o "$corpus"

hifidenoise train-stage1 --data "$corpus" --init "$runs/j2" -o "$runs/k2" $older --set train.seed=73 \
    --set train.batch_size=4 --set train.crop_seconds=3.0 --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.steps=1480 --set stage1.learning_rate=1.5e-3 --set train.final_learning_rate=0.0 --set stage1.losses.snr=4

hifidenoise models average "$runs/j2" "$runs/k2" "$runs/k2" -o "$runs/section8"

# what the model above takes from speech that is clean already is not worth it: 15 dB, and only of what needs it
hifidenoise enhance "$data/speech-noisy" --model "$runs/section8" -o "$cleaned/again" --format flac --atten-lim 15
hifidenoise prepare-data --speech "$data/speech-clean" "$cleaned/again" --noise "$data/noise" --rir "$data/rooms" \
    -o "$corpus-9"

hifidenoise train-stage1 --data "$corpus-9" --init "$runs/section8" -o "$runs/l1" --max-steps 420 $earlier $recent --set train.seed=81 \
    --set train.ema_decay=0.995 --set train.warmup_steps=40 \
    --set degradation.synthetic_noise_probability=0.15 --set degradation.babble_probability=0.08 \
    --set degradation.second_noise_probability=0.3 --set degradation.noise_grains_probability=0 \
    --set degradation.speed_probability=0.4 --set "degradation.speed=[0.88, 1.12]" \
    --set stage1.losses.bark_loudness=0.6 --set stage1.losses.stoi=0 --set stage1.losses.snr=4 \
    --set stage1.steps=20000 --set stage1.learning_rate=3e-3 --set train.schedule=constant

hifidenoise prepare-data --speech "$data/speech-clean" "$cleaned/again" --noise "$data/noise-more" --rir "$data/rooms" \
    -o "$corpus-9"

hifidenoise train-stage1 --data "$corpus-9" --init "$runs/l1" -o "$runs/l2" --max-steps 903 $earlier $recent --set train.seed=82 \
    --set train.ema_decay=0.995 --set train.warmup_steps=40 \
    --set degradation.synthetic_noise_probability=0.15 --set degradation.second_noise_probability=0.3 \
    --set degradation.noise_grains_probability=0 --set degradation.speed_probability=0.4 --set "degradation.speed=[0.88, 1.12]" \
    --set stage1.losses.bark_loudness=0.6 --set stage1.losses.snr=4 \
    --set stage1.steps=5000 --set stage1.learning_rate=3e-3 --set train.final_learning_rate=0.0

hifidenoise train-stage1 --data "$corpus-9" --init "$runs/l2" -o "$runs/l3" --max-steps 1030 $earlier $recent --set train.seed=83 \
    --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set degradation.speed_probability=0.4 --set "degradation.speed=[0.88, 1.12]" \
    --set stage1.steps=3900 --set stage1.learning_rate=2.7e-3 --set train.final_learning_rate=0.0

hifidenoise train-stage1 --data "$corpus-9" --init "$runs/l3" -o "$runs/l4" $earlier $recent --set train.seed=84 \
    --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.steps=2950 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise train-stage1 --data "$corpus-9" --init "$runs/l4" -o "$runs/m1" --max-steps 4034 $earlier $recent --set train.seed=91 \
    --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.steps=9000 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=1.0

# the cleaner half has some noise, too: 12 dB of it
hifidenoise enhance "$data/speech-clean" --model "$runs/m1" -o "$cleaned/clean" --format flac --atten-lim 12
hifidenoise prepare-data --speech "$cleaned/clean" "$cleaned/again" --noise "$data/noise-more" --rir "$data/rooms" \
    -o "$corpus-10"

hifidenoise train-stage1 --data "$corpus-10" --init "$runs/m1" -o "$runs/m2" $earlier $recent --set train.seed=92 \
    --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.steps=3300 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

# voices that are all harmonics, without breath or noise around, were taken for calls by then: some made by espeak-ng
hifidenoise prepare-data --speech "$cleaned/clean" "$cleaned/again" "$data/speech-made" --noise "$data/noise-more" \
    --rir "$data/rooms" -o "$corpus-10"

hifidenoise train-stage1 --data "$corpus-10" --init "$runs/m2" -o "$runs/m3" $recent --set train.seed=93 \
    --set train.ema_decay=0.99 --set train.warmup_steps=20 \
    --set stage1.steps=1150 --set stage1.learning_rate=1.2e-3 --set train.final_learning_rate=0.0

hifidenoise train-stage1 --data "$corpus-10" --init "$runs/m3" -o "$runs/n1" --max-steps 1663 $recent --set train.seed=95 \
    --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.losses.compressed_spectrum=0.8 --set stage1.losses.snr=4 \
    --set stage1.steps=9000 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=1.0

# a second time over some of the noisy half: BAK up by .03 in the mean of what was looked at
cp -R "$cleaned/again" "$cleaned/last"
for name in en-kathleen en-robotutor multi-artikulate multi-gcompris nl-flemishguy nl-nathalie; do
    rm -r "$cleaned/last/$name"
    hifidenoise enhance "$cleaned/again/$name" --model "$runs/m3" -o "$cleaned/last/$name" --format flac --atten-lim 12
done
hifidenoise prepare-data --speech "$cleaned/clean" "$cleaned/last" "$data/speech-made" --noise "$data/noise-more" \
    --rir "$data/rooms" -o "$corpus-11"

hifidenoise train-stage1 --data "$corpus-11" --init "$runs/n1" -o "$runs/n2" $recent --set train.seed=96 \
    --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.losses.compressed_spectrum=0.8 --set stage1.losses.snr=4 \
    --set stage1.steps=6200 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

# voices of formant filters alone were still taken for noise: some made of nothing else
hifidenoise prepare-data --speech "$cleaned/clean" "$cleaned/last" "$data/speech-made" "$data/speech-formants" \
    --noise "$data/noise-more" --rir "$data/rooms" -o "$corpus-11"

hifidenoise train-stage1 --data "$corpus-11" --init "$runs/n2" -o "$runs/n3" $recent --set train.seed=97 \
    --set train.ema_decay=0.99 --set train.warmup_steps=20 \
    --set stage1.losses.compressed_spectrum=0.8 --set stage1.losses.snr=4 \
    --set stage1.steps=1200 --set stage1.learning_rate=1.2e-3 --set train.final_learning_rate=0.0

# either alone loses: n2 most of those voices, n3 .03 of PESQ and .02 of OVRL on noises that no run has met
hifidenoise models average "$runs/n2" "$runs/n3" -o "$runs/section11"

hifidenoise train-stage1 --data "$corpus-11" --init "$runs/section11" -o "$runs/n5" $recent --set train.seed=98 \
    --set generator.front_end.post_filter=0.002 --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.losses.compressed_spectrum=0.8 --set stage1.losses.snr=4 \
    --set stage1.steps=5600 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section11" "$runs/n5" -o "$runs/section12"

# collected and cleaned anew, once and by the best model so far; twice as much noise
hifidenoise enhance "$data/speech-noisy" --model "$runs/section12" -o "$cleaned/noisy-13" --format flac --atten-lim 15
hifidenoise enhance "$data/speech-clean" "$data/speech-later" --model "$runs/section12" -o "$cleaned/clean-13" \
    --format flac --atten-lim 12
hifidenoise prepare-data --speech "$cleaned/noisy-13" "$cleaned/clean-13" "$data/speech-made" "$data/speech-formants" \
    --noise "$data/noise-13" --rir "$data/rooms" -o "$corpus-13"

hifidenoise train-stage1 --data "$corpus-13" --init "$runs/section12" -o "$runs/o1" $latest --set train.seed=101 \
    --set stage1.steps=5300 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section12" "$runs/o1" "$runs/o1" -o "$runs/section13"

hifidenoise train-stage1 --data "$corpus-13" --init "$runs/section13" -o "$runs/o2" $wider --set train.seed=102 \
    --set stage1.steps=6500 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section13" "$runs/o2" "$runs/o2" -o "$runs/section14"

hifidenoise train-stage1 --data "$corpus-13" --init "$runs/section14" -o "$runs/o3a" $wider --set train.seed=103 \
    --set stage1.steps=3600 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=2.4e-3

hifidenoise prepare-data --speech "$cleaned/noisy-13" "$cleaned/clean-13" "$data/speech-made" "$data/speech-formants" \
    --noise "$data/noise-15" --rir "$data/rooms" -o "$corpus-15"

hifidenoise train-stage1 --data "$corpus-15" --init "$runs/o3a" -o "$runs/o3" $wider --set train.seed=104 \
    --set stage1.steps=5200 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section14" "$runs/o3" -o "$runs/section15"

hifidenoise train-stage1 --data "$corpus-15" --init "$runs/section15" -o "$runs/o4" $wider --set train.seed=105 \
    --set stage1.steps=9000 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section15" "$runs/o4" "$runs/o4" -o "$runs/section16"

hifidenoise train-stage1 --data "$corpus-15" --init "$runs/section16" -o "$runs/q1" $finer --set train.seed=107 \
    --set stage1.steps=6500 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

# shouting women and children
hifidenoise train-stage1 --data "$corpus-15" --init "$runs/q1" -o "$runs/r1" $finer --set train.seed=108 \
    --set degradation.speed=[0.78,1.9] \
    --set stage1.steps=1500 --set stage1.learning_rate=1.5e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/q1" "$runs/r1" -o "$runs/section17"

hifidenoise train-stage1 --data "$corpus-15" --init "$runs/section17" -o "$runs/s1" --max-steps 1550 $finer \
    --set train.seed=109 --set degradation.speed=[0.78,1.9] \
    --set stage1.steps=9000 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise train-stage1 --data "$corpus-15" --init "$runs/s1" -o "$runs/u1" --max-steps 826 $sent --set train.seed=110 \
    --set stage1.steps=7000 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise train-stage1 --data "$corpus-15" --init "$runs/u1" -o "$runs/v1" $widest --set train.seed=111 \
    --set stage1.steps=5700 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section17" "$runs/v1" "$runs/v1" -o "$runs/section18"

# more music, and voices that shout
hifidenoise enhance "$data/speech-prompts" --model "$runs/section18" -o "$cleaned/prompts" --format flac --atten-lim 15
hifidenoise prepare-data --speech "$cleaned/noisy-13" "$cleaned/clean-13" "$cleaned/prompts" "$data/speech-acted" \
    "$data/speech-made" "$data/speech-formants" "$data/speech-formants-high" \
    --noise "$data/noise-19" --rir "$data/rooms" -o "$corpus-19"

hifidenoise train-stage1 --data "$corpus-19" --init "$runs/section18" -o "$runs/w1" $widest \
    --set train.seed=112 --set generator.front_end.pause_filter=0.3 \
    --set stage1.steps=10000 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section18" "$runs/w1" "$runs/w1" -o "$runs/section19"

# the acted dialogue cleaned as the prompts were, and more languages
hifidenoise enhance "$data/speech-acted" --model "$runs/section19" -o "$cleaned/acted" --format flac --atten-lim 15
hifidenoise enhance "$data/speech-20" --model "$runs/section19" -o "$cleaned/clean-20" --format flac --atten-lim 12
hifidenoise prepare-data --speech "$cleaned/noisy-13" "$cleaned/clean-13" "$cleaned/prompts" "$cleaned/acted" \
    "$cleaned/clean-20" "$data/speech-made" "$data/speech-formants" "$data/speech-formants-high" \
    --noise "$data/noise-19" --rir "$data/rooms" -o "$corpus-20"

hifidenoise train-stage1 --data "$corpus-20" --init "$runs/section19" -o "$runs/x1" --max-steps 3635 $widest \
    --set train.seed=113 --set generator.front_end.pause_filter=0.3 \
    --set stage1.steps=10000 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

# babies were taken for people who shout: twice as much of their crying
hifidenoise prepare-data --speech "$cleaned/noisy-13" "$cleaned/clean-13" "$cleaned/prompts" "$cleaned/acted" \
    "$cleaned/clean-20" "$data/speech-made" "$data/speech-formants" "$data/speech-formants-high" \
    --noise "$data/noise-20" --rir "$data/rooms" -o "$corpus-20b"

hifidenoise train-stage1 --data "$corpus-20b" --init "$runs/x1" -o "$runs/x2" --set train.seed=114 \
    --device cpu --gpus 2 --set train.joint_batch_norm=false --set train.precision=bfloat16 \
    --set train.batch_size=8 --set train.crop_seconds=3.0 --set train.ema_decay=0.995 --set train.warmup_steps=20 \
    --set stage1.losses.compressed_spectrum=0.8 --set stage1.losses.snr=4 \
    --set stage1.losses.over_suppression=2 --set stage1.losses.whisper_features=15 \
    --set stage1.steps=5600 --set stage1.learning_rate=2.4e-3 --set train.final_learning_rate=0.0

hifidenoise models average "$runs/section19" "$runs/x2" "$runs/x2" -o "$runs/section20"
hifidenoise models export "$runs/section20" --format folder -o compact
