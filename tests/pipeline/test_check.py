"""Data quality in words."""

from regulars.pipeline.check import check
from regulars.show.words import Words


def test_every_finding_reads_as_a_sentence_in_both_languages(imported):
    for finding in check(imported):
        for language in ("en", "zh"):
            sentence = Words(language, "GBP").finding(finding)
            assert finding["code"] not in sentence
            assert "{" not in sentence
