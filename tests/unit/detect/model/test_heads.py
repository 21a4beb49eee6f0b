"""Outputs made boxes: SSD, YOLOX and NanoDet, each against its own description by plain loops."""

import math

import numpy as np
import pytest

from petcam.detect.model import ssd
from petcam.detect.model.nanodet import Nanodet
from petcam.detect.model.suppression import suppressed
from petcam.detect.model.yolox import Yolox


def test_an_ssd_for_300_pixels_has_1917_anchors_as_tensorflow_makes_them():
    anchors = ssd.anchors(300, 300)
    assert anchors.shape == (1917, 4) and ssd.count(300, 300) == 1917
    assert np.allclose(anchors[0], [0.5 / 19, 0.5 / 19, 0.1, 0.1])
    assert np.allclose(anchors[1, 2:], [0.2 / 2**0.5, 0.2 * 2**0.5])
    assert np.allclose(anchors[2, 2:], [0.2 * 2**0.5, 0.2 / 2**0.5])
    assert np.allclose(anchors[3, :2], [0.5 / 19, 1.5 / 19])
    second = 3 * 19 * 19
    assert np.allclose(anchors[second], [0.05, 0.05, 0.35, 0.35])
    assert np.allclose(anchors[second + 3, 2:], [0.35 / 3**0.5, 0.35 * 3**0.5])
    assert np.allclose(anchors[second + 5, 2:], [(0.35 * 0.5) ** 0.5] * 2)
    assert np.allclose(anchors[-1], [0.5, 0.5, 0.95**0.5, 0.95**0.5])


def test_an_ssds_anchors_are_as_high_as_wide_in_pixels_of_a_wide_picture():
    anchors = ssd.anchors(160, 320)
    assert len(anchors) == ssd.count(160, 320)
    assert np.allclose(anchors[0, 2:] * (160, 320), [16, 16])


def test_ssd_codes_are_relative_to_their_anchors():
    head = ssd.Ssd(300, 300, 2, codes_at=1, scores_at=0, logits=True)
    scores = np.full((1, 1917, 2), -9, np.float32)
    codes = np.zeros((1, 1917, 4), np.float32)
    scores[0, 1083, 1] = 1
    codes[0, 1083] = (2, -1, 5 * math.log(2), 0)
    boxes, found = head.boxes([scores, codes], 0.5)
    y, x, height, width = 0.05 + 0.2 * 0.35, 0.05 - 0.1 * 0.35, 0.7, 0.35
    assert np.allclose(boxes, [[x - width / 2, y - height / 2, x + width / 2, y + height / 2]], atol=1e-6)
    assert np.allclose(found, [[0, 1 / (1 + math.exp(-1))]], atol=2e-4)


def test_ssd_wants_rgb_between_minus_one_and_one():
    picture, target = np.zeros((4, 5, 3), np.uint8), np.empty((1, 3, 4, 5), np.float32)
    picture[1, 2] = (255, 51, 0)
    ssd.Ssd(300, 300, 2, 0, 1, True).fill(picture, target)
    assert np.allclose(target[0, :, 1, 2], [1, -0.6, -1]) and np.allclose(target[0, :, 0, 0], -1)


@pytest.mark.parametrize("decoded", [False, True])
def test_a_yolox_row_is_a_cells_box_a_likelihood_and_the_classes_parts(decoded):
    height, width = 64, 96
    head = Yolox(height, width, 3, decoded)
    cells = [(x, y, s) for s in (8, 16, 32) for y in range(height // s) for x in range(width // s)]
    table = np.zeros((1, len(cells), 8), np.float32)
    at = cells.index((3, 1, 16))
    row = [(0.5 + 3) * 16, (-0.25 + 1) * 16, 2 * 16, 16] if decoded else [0.5, -0.25, math.log(2), 0]
    table[0, at] = [*row, 0.9, 0.1, 0.8, 0.3]
    table[0, at + 1] = [*row, 0.6, 0.7, 0.2, 0.3]  # 0.6 * 0.7 is too little
    boxes, scores = head.boxes([table], 0.5)
    assert np.allclose(boxes, [[40 / 96, 4 / 64, 72 / 96, 20 / 64]]) and np.allclose(scores, [[0.09, 0.72, 0.27]])


def test_yolox_wants_bgr_as_it_is():
    picture, target = np.zeros((4, 5, 3), np.uint8), np.empty((1, 3, 4, 5), np.float32)
    picture[1, 2] = (255, 51, 7)
    Yolox(32, 32, 2, False).fill(picture, target)
    assert target[0, :, 1, 2].tolist() == [7, 51, 255]


@pytest.mark.parametrize("bins", [8, 11])
@pytest.mark.parametrize("grids", [3, 4])
@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("logits", [False, True])
def test_a_nanodet_box_reaches_from_its_cells_place_by_the_mean_of_each_distribution(bins, grids, paired, logits):
    height, width = 64, 96
    strides = (8, 16, 32, 64)[:grids]
    cells = [(x, y, s) for s in strides for y in range(-(-height // s)) for x in range(-(-width // s))]
    rng = np.random.default_rng(5)
    scores = np.full((len(cells), 2), -9 if logits else 0, np.float32)
    reaches = rng.standard_normal((len(cells), 4 * bins)).astype(np.float32)
    at = cells.index((2, 1, 16))
    scores[at] = (2, -1) if logits else (0.8, 0.2)
    outputs, pairs = [np.concatenate([scores, reaches], 1)[None]], []
    if paired:
        ends = np.cumsum([sum(1 for cell in cells if cell[2] == s) for s in strides])[:-1]
        outputs = [part[None] for both in (scores, reaches) for part in np.split(both, ends)]
        pairs = [(one, one + grids) for one in range(grids)]
    boxes, found = Nanodet(height, width, 2, bins, grids, pairs, logits).boxes(outputs, 0.5)
    x, y = (2.5, 1.5) if grids == 3 else (2, 1)
    means = []
    for side in reaches[at].astype(float).reshape(4, bins):
        parts = [math.exp(one) for one in side]
        means.append(sum(place * part for place, part in enumerate(parts)) / sum(parts))
    left, top, right, bottom = (16 * mean for mean in means)
    wanted = [(16 * x - left) / 96, (16 * y - top) / 64, (16 * x + right) / 96, (16 * y + bottom) / 64]
    assert np.allclose(boxes, [wanted], atol=1e-5)
    assert np.allclose(found, [[1 / (1 + math.exp(-2)), 1 / (1 + math.exp(1))]] if logits else [[0.8, 0.2]])


def test_nanodet_wants_bgr_less_the_mean_of_imagenet():
    picture, target = np.zeros((4, 5, 3), np.uint8), np.empty((1, 3, 4, 5), np.float32)
    picture[1, 2] = (255, 51, 7)
    Nanodet(32, 32, 2, 8, 3, (), False).fill(picture, target)
    assert np.allclose(target[0, :, 1, 2], [(7 - 103.53) / 57.375, (51 - 116.28) / 57.12, (255 - 123.675) / 58.395])


def test_of_boxes_that_overlap_by_half_the_surest_is_kept():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5.1], [0, 0, 10, 4.9], [20, 20, 30, 30], [9, 9, 19, 19]], np.float32)
    scores = np.array([0.5, 0.9, 0.6, 0.7, 0.95], np.float32)
    # the second takes the first (51 of 100) and the third (49 of 51) with it
    assert suppressed(boxes, scores, 32) == [4, 1, 3]
    assert suppressed(boxes, scores, 2) == [4, 1]
    assert suppressed(boxes[:0], scores[:0], 32) == []
