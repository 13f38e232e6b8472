"""Entry of a step: ``main.py <layer> --manifest s3://…/manifest.json``, with the package beside it as py-files."""

import sys

from podlake_spark.job import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
