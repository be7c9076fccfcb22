"""The whole error tree: everything that a user can be told in one line.

DenoiseError            exit 1   an input failed, the rest goes on
  UnreadableAudio       exit 1   path, reason, cure
    UnknownFormat       exit 1   libsndfile does not know it; ffmpeg may
  UnusableAudio         exit 1   readable, but not to be processed (NaN, no samples)
  UnwritableOutput      exit 1   path, reason
  EnhancementFailed     exit 1   the model gave something that is not sound
  DeviceMemoryExhausted exit 1   even the smallest chunk does not fit
  UnusableCorpus        exit 1   a prepared corpus that is missing, broken or from another version
  TrainingFailed        exit 1   loss not finite, checkpoint unreadable
  MetricUndefined       exit 1   a metric has no value for this pair (silent reference, too short); a gap in a table
  UsageConflict         exit 2   nothing was written
  CannotStart           exit 3   model, device or disk
    ModelUnavailable    exit 3
    MissingPackage      exit 3   an optional package; the message names the extra
"""


class DenoiseError(Exception):
    """Anything that can be explained to a user in one line: the thing, the reason, the cure."""

    exit_code = 1


class UnreadableAudio(DenoiseError):
    """A file that no decoder here can read."""


class UnknownFormat(UnreadableAudio):
    """A file that libsndfile cannot read."""


class UnusableAudio(DenoiseError):
    """A file that can be read but not processed."""


class UnwritableOutput(DenoiseError):
    """A target that cannot be written."""


class EnhancementFailed(DenoiseError):
    """The model gave samples that are not finite."""


class DeviceMemoryExhausted(DenoiseError):
    """A window does not fit the device's memory; smaller ones are tried before a user sees this."""


class UnusableCorpus(DenoiseError):
    """A prepared corpus that is missing, broken, or from another version."""


class TrainingFailed(DenoiseError):
    """A training run that cannot go on."""


class MetricUndefined(DenoiseError):
    """A metric that has no value for this pair of signals; a benchmark records the gap and goes on."""


class UsageConflict(DenoiseError):
    """Flags, names or targets that contradict each other; nothing was written."""

    exit_code = 2


class CannotStart(DenoiseError):
    """The work could not begin."""

    exit_code = 3


class ModelUnavailable(CannotStart):
    """A model that is missing or cannot be loaded."""


class MissingPackage(CannotStart):
    """An optional package that is not installed."""
