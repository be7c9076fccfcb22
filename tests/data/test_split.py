import numpy as np

from denoise_cli.data.split import SplitDraw


def drawn(items, seed=0, share=0.1, held_out=None):
    draw = SplitDraw(seed, share, held_out or {})
    for kind, speaker, file in items:
        draw.add(kind, speaker, file)
    return draw.draw()


def voices(count, kind="speech", files=3):
    return [(kind, f"speaker{n}", f"speaker{n}/{file}.wav") for n in range(count) for file in range(files)]


def test_a_speaker_is_on_one_side_in_speech_and_pairs_alike():
    items = voices(300) + voices(300, "pair")
    split = drawn(items).split
    sides = {}
    for (_, speaker, _), side in zip(items, split, strict=True):
        sides.setdefault(speaker, set()).add(int(side))
    assert all(len(side) == 1 for side in sides.values())


def test_dev_has_about_its_share():
    assert 0.07 < drawn(voices(1000)).split.mean() < 0.13
    noises = [("noise", None, f"{n}.wav") for n in range(1000)]
    assert 0.07 < drawn(noises).split.mean() < 0.13


def test_names_that_are_added_move_nothing():
    few = voices(100)
    before = drawn(few)
    after = drawn(voices(300) + few, held_out=before.held_out)
    np.testing.assert_array_equal(before.split, after.split[-len(few) :])


def test_another_seed_splits_otherwise():
    assert (drawn(voices(300), seed=1).split != drawn(voices(300), seed=2).split).any()


def test_a_speaker_held_out_for_want_of_others_stays_held_out():
    few = voices(2)
    first = drawn(few, share=0.001)
    assert sorted(set(first.split.tolist())) == [0, 1] and first.held_out
    for count in range(3, 20):
        later = drawn(voices(count), share=0.001, held_out=first.held_out)
        np.testing.assert_array_equal(later.split[:6], first.split)


def test_a_lone_speaker_is_split_by_file_and_it_is_said():
    result = drawn(voices(1, files=40))
    assert 0 < result.split.sum() < 40
    assert "speech: split by file" in result.notes[0]


def test_noise_and_rooms_are_split_by_file_and_each_has_dev_items():
    items = [("noise", None, f"{n}.wav") for n in range(4)] + [("rir", None, f"{n // 2}.wav") for n in range(6)]
    split = drawn(items + voices(30), share=0.001).split
    assert split[:4].sum() == 1
    assert split[4:10].sum() == 2  # both channels of one file
    assert split[4] == split[5] and split[6] == split[7]


def test_no_dev_share_means_no_dev_items():
    assert not drawn(voices(30), share=0.0).split.any()


def test_names_of_any_bytes_can_be_drawn():
    assert drawn([("speech", "s\udcff", "a\udcff.wav"), *voices(5)]).split.shape == (16,)
