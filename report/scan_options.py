"""The options of `scan` that no other verb has: declarations only."""

from __future__ import annotations

import click

PERIOD = (
    click.option("--last", metavar="DURATION", help="Look back this long; default 24h."),
    click.option("--from", "start", metavar="TIME", help="Start of the period."),
    click.option("--to", "end", metavar="TIME", help="End of the period; default two minutes ago."),
)
CRON = (
    click.option("--shard", metavar="N/OF", help="Only this part of the services, e.g. 3/16."),
    click.option("--deadline", metavar="DURATION", help="Time limit for all queries together; default 5m."),
    click.option("--no-cache", is_flag=True, help="Query everything again; keep nothing for the next run."),
    click.option("--skip-if-locked", is_flag=True, help="If another scan is running, exit with 0, not 75."),
    click.option(
        "--exec", "execute", metavar="CMD", help="Run with each changed draft's path, without a shell."
    ),
    click.option("--status-file", metavar="FILE", help="JSON about this run, also when it fails."),
    click.option("--textfile", metavar="FILE", help="Metrics for node_exporter's textfile collector."),
    click.option(
        "--format",
        "form",
        type=click.Choice(["path", "json"]),
        default="path",
        help="What to print on stdout.",
    ),
)
