"""HiFi-GAN for denoising and dereverberation of speech (Su, Jin, Finkelstein, Interspeech 2020)."""

__version__ = "0.1.0"
