"""How much of the input stays in the output."""


def wet_share(mix: float, attenuation_limit_db: float | None) -> float:
    """The share of the enhanced signal; the rest is the input.

    An attenuation limit of L dB leaves 10 ** (-L / 20) of the input in: a component that the model takes away entirely
    is then L dB down, and no other goes down by more.
    """
    floor = 0.0 if attenuation_limit_db is None else 10 ** (-attenuation_limit_db / 20)
    return float(mix * (1 - floor))
