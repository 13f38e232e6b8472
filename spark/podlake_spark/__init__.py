"""The Spark jobs of the lake: one module a layer, run by ``job.run`` from a manifest on S3."""
