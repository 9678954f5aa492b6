"""What a step may say when it breaks."""

import pytest
from dagster import DagsterInstance, Failure, OpExecutionContext, job, op

from pipeline.errors import DeliveryError
from pipeline.orchestration.run_resource import redact_errors


def test_what_a_person_can_put_right_is_said_in_full() -> None:
    with pytest.raises(Failure) as caught, redact_errors():
        raise DeliveryError("[recalls.csv] is empty: deliver it again")
    assert caught.value.description == "[recalls.csv] is empty: deliver it again"
    assert caught.value.__suppress_context__


def test_the_message_of_any_other_error_is_withheld() -> None:
    with pytest.raises(Failure) as caught, redact_errors():
        raise ValueError("could not convert 'SMITH'")
    assert caught.value.description is not None
    assert caught.value.description.startswith("ValueError at ")
    assert "SMITH" not in caught.value.description


def test_dagster_keeps_nothing_of_it() -> None:
    @op
    def breaks(context: OpExecutionContext) -> None:
        with redact_errors():
            try:
                raise ValueError("could not convert 'SMITH'")
            except ValueError as error:
                raise DeliveryError("[recalls.csv] cannot be read") from error

    @job
    def broken() -> None:
        breaks()

    with DagsterInstance.ephemeral() as instance:
        result = broken.execute_in_process(instance=instance, raise_on_error=False)
        kept = "".join(str(record) for record in instance.all_logs(result.run_id))
    assert "cannot be read" in kept
    assert "SMITH" not in kept
