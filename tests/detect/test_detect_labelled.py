"""How stretches found are held against labels, and how a choice of settings is kept from its score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from incident.detect.verdict import judge
from tests.bench.bounds_bench import likeliest_split, nearest_step
from tests.bench.crossval_bench import Scores, changed, crossvalidated, drawn
from tests.bench.labelled import Labelled, Matched, Stretch, matched, read


def _case(*truth: tuple[int, int | None], ignore: tuple[Stretch, ...] = (), **more: Any) -> dict[str, Any]:
    told = [{"onset": a, "end": b, "zone": [a - 5, a + 20], "tolerance": 2} for a, b in truth]
    return (
        {"dataset": "NAB", "name": "a@1", "window": 50, "length": 200, "step_s": 432.0, "healthy": not truth}
        | {"truth": told, "ignore": [list(z) for z in ignore], "offset": 0, "kind": "gauge", "worse": "up"}
        | more
    )


def _counts(found: Matched) -> tuple[int, int, int]:
    return found.hit, found.missed, found.false


@pytest.mark.parametrize(
    ("predicted", "counts"),
    [
        ([(101, 120)], (1, 0, 0)),
        ([(104, 120)], (0, 1, 1)),
        ([(100, 109)], (0, 1, 1)),
        ([(100, 145)], (0, 1, 1)),
        ([(100, 120), (101, 119)], (1, 0, 1)),
        ([(20, 40), (100, 120)], (1, 0, 0)),
        ([(150, 160)], (0, 1, 0)),
        ([], (0, 1, 0)),
    ],
    ids=["within", "late", "too short", "too long", "twice", "before the window", "not labelled", "nothing"],
)
def test_a_stretch_is_found_near_its_onset_and_by_half_of_both(
    predicted: list[Stretch], counts: tuple[int, int, int]
) -> None:
    """A label of twenty samples, two of tolerance; what lies where labels say nothing is not false."""
    assert _counts(matched(_case((100, 120), ignore=((145, 170),)), predicted)) == counts


def test_of_two_stretches_the_nearer_one_is_the_label_s() -> None:
    """The other is false; without an end the zone is what a stretch must mostly lie in."""
    found = matched(_case((100, None)), [(98, 110), (101, 112)])
    assert _counts(found) == (1, 0, 1)
    assert found.pairs == found.nearest == ((0, 1),)


def _labelled() -> Labelled:
    cases = [_case((100, 120), name=f"{number}@1") for number in range(10)] + [_case(name="well@1")]
    return Labelled(cases, [np.zeros(200)] * 11, [str(number) for number in range(11)])


def test_no_part_is_scored_with_a_choice_that_saw_it() -> None:
    """Ten draws that each find one machine's stretch and no other's: chosen on others they find nothing."""
    outs = [np.zeros((11, 4)) for _ in range(10)]
    for number, out in enumerate(outs):
        out[:10, 1] = 1.0
        out[number, :2] = 1.0, 0.0
    data = _labelled()
    told, picks = crossvalidated(Scores(data), outs, data.entities)

    assert len(picks) == 50
    assert told[:, 0].max() <= 2 / 11
    assert Scores(data).of(outs[0], np.ones(11, bool))[0] == pytest.approx(2 / 11)


def test_a_draw_changes_settings_only_while_it_judges() -> None:
    """The first draw changes nothing; after the others everything is as it was."""
    draws, before = drawn(20), judge.BEYOND_BUMP
    assert draws[0] == ()
    values = set()
    for draw in draws:
        with changed(draw):
            values.add(judge.BEYOND_BUMP)
    assert len(values) == 3
    assert before == judge.BEYOND_BUMP


def test_labelled_series_are_read_from_a_folder(tmp_path: Path) -> None:
    """Each by its place in one long array, with the machine it is of."""
    np.savez(tmp_path / "cases.npz", values=np.arange(400.0))
    cases = [_case((100, 120), name="m1@2", offset=0), _case(name="m2@3", offset=200)]
    (tmp_path / "cases.json").write_text(json.dumps(cases), "utf-8")
    data = read(tmp_path)

    assert [row[0] for row in data.rows] == [0.0, 200.0]
    assert data.entities == ["m1", "m2"]


def test_oracles_find_the_change_beside_a_label() -> None:
    """A step three samples after its label; of two alike the nearer one, which no detector could know."""
    y = np.zeros(100)
    y[43:60], y[70:80] = 1.0, 1.0

    assert likeliest_split(y, 40, 15, True) == 43
    assert nearest_step(y, 65, 30, True) == 70
    assert nearest_step(y, 52, 30, True) == 43
