#!/bin/sh
# The runs that made models/compact, one after another: sh docs/train_compact.sh CORPUS RUNS
# CORPUS is prepared from the sources of docs/data.md; what each run was for is in docs/experiments.md. Some four hours on
# two cores. Where a run was stopped early, --max-steps says at which step.
set -e
corpus=$1 runs=$2

hifidenoise train-stage1 --data "$corpus" -o "$runs/e1" --max-steps 1953 \
    --set stage1.steps=3600 --set train.final_learning_rate=0.2 \
    --set "stage1.losses={compressed_spectrum = 0.2, snr = 2.0, bark_loudness = 1.5}"

hifidenoise train-stage1 --data "$corpus" --init "$runs/e1" -o "$runs/e2" --max-steps 1189 --set train.seed=2 \
    --set stage1.steps=2100 --set stage1.learning_rate=3e-3 --set train.final_learning_rate=0.3

hifidenoise train-stage2 --data "$corpus" --init "$runs/e2" -o "$runs/e3" --set train.seed=3 \
    --set train.batch_size=4 --set train.crop_seconds=3.0 \
    --set stage2.steps=1150 --set train.final_learning_rate=0.1

hifidenoise train-stage1 --data "$corpus" --init "$runs/e3" -o "$runs/f1" --max-steps 1259 --set train.seed=11 \
    --set train.batch_size=4 --set train.crop_seconds=3.0 \
    --set stage1.learning_rate=3e-3 --set train.schedule=constant

hifidenoise train-stage1 --data "$corpus" --init "$runs/f1" -o "$runs/f2" --set train.seed=31 \
    --device cpu --gpus 2 --set train.joint_batch_norm=false \
    --set train.batch_size=8 --set train.crop_seconds=3.0 --set degradation.reverb_probability=0.35 \
    --set stage1.steps=2400 --set stage1.learning_rate=3e-3 --set train.final_learning_rate=0.3 --set stage1.losses.snr=3

hifidenoise train-stage2 --data "$corpus" --init "$runs/f2" -o "$runs/f3" --set train.seed=41 \
    --device cpu --gpus 2 --set train.joint_batch_norm=false \
    --set train.batch_size=8 --set train.crop_seconds=3.0 --set degradation.reverb_probability=0.35 \
    --set stage2.steps=50 --set stage2.learning_rate=9e-4 --set train.final_learning_rate=1.0 --set stage2.losses.snr=3 \
    --set train.ema_decay=0.99 --set train.warmup_steps=20

hifidenoise train-stage3 --data "$corpus" --init "$runs/f3" -o "$runs/g3" --set train.seed=41 \
    --set train.joint_batch_norm=false \
    --set train.batch_size=4 --set train.crop_seconds=3.0 --set degradation.reverb_probability=0.35 \
    --set stage3.steps=820 --set train.final_learning_rate=0.0 --set stage3.losses.snr=3 \
    --set train.ema_decay=0.99 --set train.warmup_steps=20
