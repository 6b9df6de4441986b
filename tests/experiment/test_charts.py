from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from chemtune.experiment.charts import forest_chart, loss_chart, moving_average, moving_window
from chemtune.experiment.comparison import Comparison, TaskComparison
from chemtune.experiment.measure import Measure, share

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "g", "path", "rect", "line", "text", "title", "desc", "tspan", "circle"}


def parsed(svg: str) -> ET.Element:
    """The chart as XML, made sure to hold only what draws."""
    root = ET.fromstring(svg)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in DRAWN
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]
        assert "url(" not in "".join(element.attrib.values())
    return root


def texts(root: ET.Element) -> str:
    return "\n".join("".join(e.itertext()) for e in root.iter(f"{SVG}text"))


def test_loss_chart_has_a_title_and_a_description() -> None:
    root = parsed(loss_chart([(s, 3.0 - s / 10) for s in range(1, 21)], [(10, 2.2), (20, 1.4)]))
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Loss by step"
    described = root.find(f"{SVG}desc")
    assert described.get("id") in root.get("aria-labelledby").split()
    assert "over 20 steps, from 2.90 to 1.05" in described.text
    assert "validation loss 1.40" in described.text
    assert "mean of the last 2 steps" in texts(root)


def test_losses_that_are_not_finite_are_passed_over() -> None:
    assert "from 2.00" in loss_chart([(1, 2.0), (2, float("nan")), (3, float("inf"))], [])
    with pytest.raises(ValueError, match="no finite loss"):
        loss_chart([(1, float("nan"))], [])


def test_moving_average_against_numpy() -> None:
    values = list(np.random.default_rng(0).normal(size=40))
    window = moving_window(40)
    assert window == 4
    whole = np.convolve(values, np.ones(window) / window, mode="valid")
    assert moving_average(values, window)[window - 1 :] == pytest.approx(list(whole))
    assert moving_average(values, window)[1] == pytest.approx(np.mean(values[:2]))


def test_names_are_escaped_in_a_chart() -> None:
    title = "<script>alert(1)</script> & \"막\" <image href='x'/>"
    measure = Measure("readable", share(0, 9, (0, 0.3)), share(9, 9, (0.7, 1)))
    comparison = Comparison(("before", "after"), (TaskComparison("t", title, measure, ()),))
    root = parsed(forest_chart(comparison))
    assert "<script>alert(1)</script>" in texts(root)
    assert "막" in texts(root)
