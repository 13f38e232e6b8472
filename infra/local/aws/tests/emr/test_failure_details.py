"""What a failed step says of itself: the exception that ended it, not what surrounds it in the logs."""

from pathlib import Path

from clusters import Emr, step

from podlake_aws.emr.failure_details import Failure, failure_of

PYSPARK_STDOUT = """\
reading 12 files
Traceback (most recent call last):
  File "/tmp/spark-1/main.py", line 3, in <module>
    main()
  File "/opt/spark/python/pyspark/sql/session.py", line 1631, in sql
pyspark.errors.exceptions.captured.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table or view `a`.`b` is unknown.
'Project [*]
+- 'UnresolvedRelation [a, b]

"""
PYSPARK_STDERR = """\
26/11/24 09:00:01 INFO SparkContext: Running Spark version 3.5.6
26/11/24 09:00:02 ERROR Executor: Exception in task 0.0 in stage 1.0 (TID 1)
java.lang.ArithmeticException: / by zero
\tat Job.run(Job.java:1)
26/11/24 09:00:03 INFO ShutdownHookManager: Shutdown hook called
Exception in thread "main" org.apache.spark.SparkUserAppException: User application exited with 1
\tat org.apache.spark.deploy.PythonRunner$.main(PythonRunner.scala:103)
"""
SUBMIT_STDERR = """\
26/11/24 09:00:01 WARN FileSystem: Failed to initialize
Exception in thread "main" java.io.FileNotFoundException: No such file or directory: s3://lake/main.py
\tat org.apache.hadoop.fs.s3a.S3AFileSystem.s3GetFileStatus(S3AFileSystem.java:3866)
Caused by: com.amazonaws.AmazonServiceException: Not Found
\t... 12 more
26/11/24 09:00:03 INFO ShutdownHookManager: Shutdown hook called
"""
CHAINED_STDERR = """\
Traceback (most recent call last):
  File "main.py", line 1, in <module>
    int("x")
ValueError: invalid literal for int() with base 10: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "main.py", line 3, in <module>
    raise RowError("bad row")
lake.RowError: bad row
in line 7
"""


def failure(folder: Path, stdout: str = "", stderr: str = "", code: int = 1) -> Failure:
    (folder / "stdout").write_text(stdout)
    (folder / "stderr").write_text(stderr)
    return failure_of(folder, code)


def test_a_python_job_s_traceback_is_found_in_stdout_where_spark_submit_puts_it(
    tmp_path: Path,
) -> None:
    found = failure(tmp_path, PYSPARK_STDOUT, PYSPARK_STDERR)
    assert found.reason == "pyspark.errors.exceptions.captured.AnalysisException"
    assert "[TABLE_OR_VIEW_NOT_FOUND] The table or view `a`.`b` is unknown." in found.message
    assert "UnresolvedRelation" in found.message
    assert found.log_name == "stdout"


def test_spark_submit_s_own_error_is_found_in_stderr_without_its_stack(
    tmp_path: Path,
) -> None:
    assert failure(tmp_path, "", SUBMIT_STDERR) == Failure(
        "java.io.FileNotFoundException",
        "java.io.FileNotFoundException: No such file or directory: s3://lake/main.py",
        "stderr",
    )


def test_of_chained_exceptions_the_last_counts_with_all_lines_of_its_message(
    tmp_path: Path,
) -> None:
    assert failure(tmp_path, "", CHAINED_STDERR) == Failure(
        "lake.RowError", "lake.RowError: bad row\nin line 7", "stderr"
    )


def test_without_an_exception_the_exit_code_and_the_last_words_must_do(
    tmp_path: Path,
) -> None:
    found = failure(tmp_path, "", "usage: main.py LAYER\n", code=2)
    assert found.reason == "Unknown Error."
    assert found.message == "The step's process ended with exit code 2. Its last words: usage: main.py LAYER"


def test_a_long_message_is_cut(tmp_path: Path) -> None:
    assert (
        len(
            failure(
                tmp_path,
                "",
                f"Traceback (most recent call last):\nValueError: {'x' * 5000}\n",
            ).message
        )
        == 1000
    )


def test_a_failed_step_carries_its_details_and_the_address_of_the_log(emr: Emr) -> None:
    cluster = emr.cluster(step("say:so far so good", "raise:no slot 20261124T090000Z"))
    [step_id] = emr.step_ids(cluster)
    details = emr.wait_step(cluster, step_id, "FAILED")["FailureDetails"]
    log_file = f"s3://lake/logs/{cluster}/steps/{step_id}/stderr.gz"
    assert details == {
        "Reason": "ValueError",
        "Message": "ValueError: no slot 20261124T090000Z",
        "LogFile": log_file,
    }
    assert "ValueError: no slot" in emr.log(cluster, step_id, "stderr")


def test_logs_that_cannot_be_put_do_not_fail_a_step_and_are_not_promised(
    emr: Emr,
) -> None:
    cluster = emr.api.run_job_flow(
        Name="no bucket",
        ReleaseLabel="emr-7.14.0",
        LogUri="s3://no-such-bucket/logs",
        Instances={"InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True},
        Steps=[step("say:done"), step("exit:1")],
    )["JobFlowId"]
    emr.made.append(cluster)
    good, bad = emr.step_ids(cluster)
    emr.wait_step(cluster, good, "COMPLETED")
    assert "LogFile" not in emr.wait_step(cluster, bad, "FAILED")["FailureDetails"]


def test_what_a_process_says_while_a_signal_ends_it_is_not_its_cause(tmp_path: Path) -> None:
    for code, how in ((-9, "was ended by signal 9"), (143, "ended with exit code 143")):
        found = failure(tmp_path, stdout=PYSPARK_STDOUT, stderr=PYSPARK_STDERR, code=code)
        assert found.reason == "Unknown Error."
        assert found.message.startswith(f"The step's process {how}.")
