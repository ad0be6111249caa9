import json
from pathlib import Path

import numpy as np
import pytest

from pleura_training.run_length import decode_run_length, encode_run_length, merge_run_lengths

VECTORS = json.loads((Path(__file__).parent / "rle-vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_decodes_and_encodes_the_shared_vectors(vector):
    mask = np.array(vector["maskRowMajor"], np.uint8).reshape(vector["rows"], vector["columns"])
    decoded = decode_run_length(vector["rle"], vector["rows"], vector["columns"])
    np.testing.assert_array_equal(decoded, mask)
    assert encode_run_length(mask) == vector["rle"]


def test_decoding_undoes_encoding_of_random_masks():
    generator = np.random.default_rng(1)
    for _ in range(50):
        shape = tuple(generator.integers(1, 20, 2))
        mask = (generator.random(shape) < 0.4).astype(np.uint8)
        np.testing.assert_array_equal(decode_run_length(encode_run_length(mask), *shape), mask)


def test_merges_several_rows_of_one_image():
    merged = merge_run_lengths(["0 2", "4 1", "-1"], 3, 2)
    np.testing.assert_array_equal(merged, [[1, 0], [1, 1], [0, 0]])


@pytest.mark.parametrize("code", ["1", "5 2", "-2 1", "0 0", "0 2 3 2"])
def test_rejects_runs_that_do_not_fit(code):
    with pytest.raises(ValueError, match=r"pairs|does not fit"):
        decode_run_length(code, 2, 3)
