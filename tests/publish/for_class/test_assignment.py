"""What students are told to expect is what was computed."""

import pytest

from lib.basics.errors import BookError
from lib.publish.for_class.assignment import expected_results
from lib.publish.numbers.compare import Numbers, read_numbers


def test_the_committed_numbers_are_in_the_ranges():
    page = expected_results()
    numbers = read_numbers("laptop", "cpu-bf16")
    loss = float(numbers.values["03b_comparison", "comparison-test-lstm"])
    assert f"{0.98 * loss:.3f} to {1.02 * loss:.3f}" in page
    assert numbers.values["03b_comparison", "comparison-difference-lstm-ngram"] in page


def test_a_missing_number_is_one_sentence():
    with pytest.raises(BookError, match="lack comparison-test-ngram"):
        expected_results(Numbers())
