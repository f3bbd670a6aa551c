"""A workflow that logs, both ways."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import structlog

log = structlog.get_logger("journal")


@workflow.defn
class Journal:
    """Logs a line before each of three naps."""

    @workflow.run
    async def run(self) -> None:
        for number in range(3):
            log.info("nap", number=number)
            workflow.logger.info("stdlib nap %s", number)
            await workflow.sleep(0.05)


@workflow.defn
class Stumbling:
    """Its task fails, again and again."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("stumbled")
