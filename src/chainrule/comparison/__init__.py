"""Many candidates on the same rows: who is better, by how much, and whether that is more than noise.

In the order of reading: ``trials`` (rows, seeds, what one training came to), ``pool`` (all trainings on one pool of
threads, with ``progress_bar``), ``significance`` (difference or noise), ``ranking`` and ``ranking_table`` (the order,
and its text), ``comparison_result`` (all that is shown of it), ``compare`` (what people import). The figures stand with
all others, in ``report.figures``.
"""
