"""The two sides of stage 3: neither moves the other, and each sees what it should."""

import dataclasses

import pytest
import torch
from torch import Tensor

from denoise_cli.config import AdversarialConfig, Config
from denoise_cli.errors import UsageConflict
from denoise_cli.losses.adversarial import FORMS
from denoise_cli.losses.table import make_losses
from denoise_cli.models.discriminators import Discriminators
from denoise_cli.models.generator import Estimates, Generator
from denoise_cli.training import steps
from denoise_cli.training.adversary import (
    Adversary,
    add_noise,
    discriminator_loss,
    instance_noise,
    limit_gradient,
    new_adversary,
)
from denoise_cli.training.stages import STAGE3
from denoise_cli.training.state import TrainState, new_state
from denoise_cli.training.steps import Batch, discriminator_step, generator_step, training_step
from tests.training.small_runs import (
    ADVERSARIAL,
    CONFIG,
    DISCRIMINATORS,
    SPECTROGRAM,
    STAGE,
    with_adversarial,
    with_train,
)
from tests.training.test_steps import one_batch

LOSSES = make_losses(STAGE.losses)
CPU = torch.device("cpu")


def fresh(config: Config = CONFIG) -> tuple[TrainState, Adversary]:
    torch.manual_seed(0)
    state = new_state(STAGE3, config, Generator(config.generator))
    assert state.adversary is not None
    return state, state.adversary


def parameters_of(network: torch.nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def unchanged(before: list[Tensor], network: torch.nn.Module) -> bool:
    return all(torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))


def test_the_discriminators_step_gives_the_generator_no_gradient() -> None:
    state, adversary = fresh()
    before = parameters_of(state.generator)
    discriminator_step(state, adversary, [one_batch()], STAGE3, CONFIG, 0)
    assert all(parameter.grad is None for parameter in state.generator.parameters())
    assert unchanged(before, state.generator)


def test_no_gradient_of_the_discriminators_loss_reaches_the_estimate() -> None:
    _, adversary = fresh()
    fake = (0.1 * torch.randn(2, 8_000)).requires_grad_(True)
    discriminator_loss(adversary, one_batch().target, fake, "float32")["discriminator"].backward()
    assert fake.grad is None


def test_the_generators_step_gives_the_discriminators_no_gradient() -> None:
    state, adversary = fresh()
    before = {name: value.clone() for name, value in adversary.discriminators.state_dict().items()}
    generator_step(state, [one_batch()], STAGE3, CONFIG, LOSSES)
    assert all(parameter.grad is None for parameter in adversary.discriminators.parameters())
    assert all(torch.equal(value, before[name]) for name, value in adversary.discriminators.state_dict().items())
    assert all(parameter.requires_grad for parameter in adversary.discriminators.parameters())


def test_the_discriminators_move_the_generator_in_its_own_step() -> None:
    moved = []
    for weight in (0.0, 1.0):
        config = with_adversarial(adversarial_weight=weight)
        state, _ = fresh(config)
        generator_step(state, [one_batch()], STAGE3, config, LOSSES)
        moved.append(parameters_of(state.generator))
    assert not all(torch.equal(without, with_them) for without, with_them in zip(*moved, strict=True))


def test_the_gradient_of_the_discriminators_is_as_long_as_allowed_and_no_longer() -> None:
    waveform = torch.randn(2, 100, requires_grad=True)
    wanted = torch.stack([torch.full((100,), 0.01), torch.full((100,), 5.0)])  # of length 0.1 and 50
    (limit_gradient(waveform, 2.0) * wanted).sum().backward()
    assert waveform.grad is not None
    torch.testing.assert_close(waveform.grad.norm(dim=1), torch.tensor([0.1, 2.0]))
    assert limit_gradient(waveform, 0.0) is waveform


def test_the_limit_holds_for_the_discriminators_alone() -> None:
    seen = {}
    for limit in (0.0, 1e-9):
        config = with_adversarial(gradient_limit=limit, adversarial_weight=100.0)
        state, _ = fresh(config)
        seen[limit] = float(generator_step(state, [one_batch()], STAGE3, config, LOSSES)["gradient_norm"])
    without = with_adversarial(adversarial_weight=0.0, feature_matching_weight=0.0)
    state, _ = fresh(without)
    plain = float(generator_step(state, [one_batch()], STAGE3, without, LOSSES)["gradient_norm"])
    assert seen[1e-9] == pytest.approx(plain, rel=1e-4)
    assert seen[0.0] != pytest.approx(plain, rel=1e-3)


def test_the_generator_runs_once_for_both_sides_of_an_update(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    plain = steps.run_generator
    monkeypatch.setattr(steps, "run_generator", lambda *words: (runs.append(torch.is_grad_enabled()), plain(*words))[1])
    state, _ = fresh()
    training_step(state, [[one_batch(1)], [one_batch(2)]], STAGE3, CONFIG, LOSSES)
    assert runs == [False, True]  # the first update's batch is the discriminators' alone


def test_feature_matching_is_the_generators_loss_and_not_the_discriminators() -> None:
    state, adversary = fresh()
    values = discriminator_step(state, adversary, [one_batch()], STAGE3, CONFIG, 0)
    assert "feature_matching" not in values
    assert "feature_matching" in generator_step(state, [one_batch()], STAGE3, CONFIG, LOSSES)


class RecordingDiscriminators(Discriminators):
    """Keeps what it is asked about."""

    def forward(self, real: Tensor, fake: Tensor) -> dict[str, object]:  # type: ignore[override]
        self.seen.append((real.detach(), fake.detach()))
        return super().forward(real, fake)  # type: ignore[return-value]


def recording(config: Config = CONFIG) -> tuple[TrainState, list[tuple[Tensor, Tensor]]]:
    state, adversary = fresh(config)
    judged = RecordingDiscriminators(DISCRIMINATORS, 16_000, 8_000)
    judged.seen = []  # type: ignore[assignment]
    adversary.discriminators = judged
    return state, judged.seen  # type: ignore[return-value]


def test_both_sides_judge_the_final_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """One public implementation shows them what comes before the PostNet."""
    state, seen = recording()
    first, final = torch.zeros(2, 8_000, requires_grad=True), torch.ones(2, 8_000, requires_grad=True)
    monkeypatch.setattr(steps, "run_generator", lambda generator, noisy, precision: Estimates(first + 0, final + 0))
    assert state.adversary is not None
    discriminator_step(state, state.adversary, [one_batch()], STAGE3, CONFIG, 0)
    state.optimizer.zero_grad()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.utils, "clip_grad_norm_", lambda parameters, limit: torch.zeros(()))
        generator_step(state, [one_batch()], STAGE3, CONFIG, LOSSES)
    assert len(seen) == 2
    for real, fake in seen:
        assert torch.equal(fake, torch.ones(2, 8_000))
        assert torch.equal(real, one_batch().target)


def test_each_update_of_the_discriminators_sees_a_batch_of_its_own() -> None:
    state, seen = recording()
    groups = [[Batch(one_batch(seed).noisy, torch.full((2, 8_000), 0.1 * seed))] for seed in (1, 2)]
    training_step(state, groups, STAGE3, CONFIG, LOSSES)
    levels = [round(float(real.mean()), 3) for real, _ in seen]
    assert levels == [0.1, 0.2, 0.2]  # two updates, then the generator's on the last


@pytest.mark.parametrize("form", FORMS)
def test_every_form_trains_both_sides(form: str) -> None:
    config = with_adversarial(form=form, r1_weight=0.1, instance_noise=0.01)
    check_one_step(config)


@pytest.mark.parametrize(("form", "norm"), [("hinge", "batch"), ("wasserstein_gp", "instance")])
def test_waveform_and_spectrogram_discriminators_train_together(form: str, norm: str) -> None:
    discriminators = (*DISCRIMINATORS, dataclasses.replace(SPECTROGRAM, norm=norm))
    check_one_step(with_adversarial(form=form, discriminators=discriminators, updates=1))


def check_one_step(config: Config) -> None:
    state, adversary = fresh(config)
    before = parameters_of(adversary.discriminators), parameters_of(state.generator)
    assert config.stage3.adversarial is not None
    values = training_step(state, [[one_batch()]] * config.stage3.adversarial.updates, STAGE3, config, LOSSES)
    assert all(bool(torch.isfinite(value)) for value in values.values())
    assert not unchanged(before[0], adversary.discriminators)
    assert not unchanged(before[1], state.generator)


def test_a_discriminator_learns_to_tell_noise_from_tones() -> None:
    state, adversary = fresh()
    losses = []
    for _ in range(40):
        values = discriminator_step(state, adversary, [one_batch()], STAGE3, with_train(schedule="constant"), 0)
        losses.append(float(values["discriminator"]))
        state.step += 1
    assert sum(losses[-10:]) / 10 < 3.0  # two hinges begin at two each; single steps jump, on each processor elsewhere
    assert all(float(values[name]) == 1.0 for name in values if name.startswith("accuracy_"))


def test_weights_are_clipped_where_the_form_asks_for_it() -> None:
    config = with_adversarial(form="wasserstein", weight_limit=0.02)
    state, adversary = fresh(config)
    discriminator_step(state, adversary, [one_batch()], STAGE3, config, 0)
    assert max(float(value.abs().max()) for value in parameters_of(adversary.discriminators)) <= 0.02


def test_r1_grows_with_the_slope_at_real_signals() -> None:
    _, adversary = fresh()
    batch = one_batch()
    losses = []
    for weight in (0.0, 1e6, 2e6):  # slopes at a random start are small: lighter ones drown in rounding
        adversary.config = dataclasses.replace(ADVERSARIAL, r1_weight=weight)
        losses.append(discriminator_loss(adversary, batch.target, batch.noisy, "float32")["discriminator"].item())
    assert losses[1] > losses[0]
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=1e-3)


def test_instance_noise_falls_to_nothing_and_is_that_of_its_step() -> None:
    config = AdversarialConfig(instance_noise=0.2, instance_noise_steps=100)
    assert [instance_noise(config, step) for step in (0, 50, 100, 500)] == pytest.approx([0.2, 0.1, 0.0, 0.0])
    silence = torch.zeros(4, 10_000)
    noised = add_noise(silence, 0.2, torch.Generator().manual_seed(0))
    assert float(noised.std()) == pytest.approx(0.2, rel=0.02)
    assert add_noise(silence, 0.0, torch.Generator()) is silence


def test_batch_statistics_and_gradient_penalties_do_not_go_together() -> None:
    with pytest.raises(UsageConflict, match='norm = "instance"'):
        new_adversary(AdversarialConfig(form="wasserstein_gp"), 16_000, 32_000, CPU)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"form": "hing"}, "unknown name hing; there are hinge"), ({"updates": 0}, "updates must be at least 1")],
)
def test_what_cannot_be_trained_is_said(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageConflict, match=message):
        new_adversary(dataclasses.replace(ADVERSARIAL, **changes), 16_000, 32_000, CPU)  # type: ignore[arg-type]


def test_on_a_cpu_the_discriminators_stay_in_float32() -> None:
    """Their grouped convolutions are several times slower there in bfloat16."""
    _, adversary = fresh()
    batch = one_batch()
    exact, asked = (
        discriminator_loss(adversary, batch.target, batch.noisy, precision)["discriminator"].item()
        for precision in ("float32", "bfloat16")
    )
    assert asked == exact


def test_accuracies_of_both_kinds_are_by_the_boundary_of_the_form() -> None:
    _, adversary = fresh()
    batch = one_batch()
    names = {}
    for form in FORMS:
        adversary.config = dataclasses.replace(ADVERSARIAL, form=form)
        values = discriminator_loss(adversary, batch.target, batch.noisy, "float32")
        names[form] = {name.split("_waveform")[0] for name in values if "accuracy" in name}
        scores = adversary.discriminators(batch.target, batch.noisy)["waveform_1"]
        if FORMS[form].boundary is not None:
            expected = (scores.fake <= FORMS[form].boundary).float().mean()
            assert float(values["fake_accuracy_waveform_1"]) == float(expected)
    assert names["hinge"] == {"accuracy", "real_accuracy", "fake_accuracy"}
    assert names["wasserstein"] == {"accuracy"}  # a critic's scores have no zero
