"""The demo's pictures: deterministic, never a wrong fruit, light enough to ship."""

import csv
from pathlib import Path

import pytest

from marketplace.demo import pictures

DEMO = Path(pictures.__file__).resolve().parents[1]
CUTOUTS = DEMO / "pictures" / "cutouts"


@pytest.mark.parametrize("view", pictures.VIEWS)
def test_same_arguments_give_the_same_pixels(view):
    first = pictures.compose(subject="sau-rieng", tone=5, view=view, size=160)
    again = pictures.compose(subject="sau-rieng", tone=5, view=view, size=160)

    assert first.size == (160, 160)
    assert first.mode == "RGB"
    assert first.tobytes() == again.tobytes()


def test_views_and_tones_differ():
    made = {
        pictures.compose(subject="khom", tone=tone, view=view, size=96).tobytes()
        for tone in range(3)
        for view in range(3)
    }

    assert len(made) == 9


def test_every_subject_can_be_composed_in_every_view():
    for subject in pictures.subjects():
        for view in pictures.VIEWS:
            assert pictures.compose(subject=subject, tone=1, view=view, size=48).size == (48, 48)


def test_an_unknown_name_is_refused_rather_than_drawn_as_something_else():
    with pytest.raises(pictures.UnknownSubject):
        pictures.compose(subject="tao-tay", tone=0, view=0, size=64)


def test_list_of_subjects_and_drawings_agree():
    assert set(pictures.subjects()) == {path.stem for path in CUTOUTS.glob("*.webp")}


def test_every_product_of_the_demo_has_its_drawing():
    with (DEMO / "data" / "products.csv").open(encoding="utf-8") as file:
        wanted = {row["subject"] for row in csv.DictReader(file)}

    assert wanted - set(pictures.subjects()) == set()


def test_drawings_weigh_at_most_three_megabytes():
    assert sum(path.stat().st_size for path in CUTOUTS.iterdir()) <= 3_000_000
