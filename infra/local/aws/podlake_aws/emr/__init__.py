"""EMR on one machine: clusters are state, steps are real spark-submit processes."""
