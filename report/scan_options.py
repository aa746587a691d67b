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
    click.option("--deadline", metavar="DURATION", help="For everything that is asked; default 5m."),
    click.option("--no-cache", is_flag=True, help="Ask for everything anew; keep nothing for the next run."),
    click.option("--skip-if-locked", is_flag=True, help="Where another scan runs, end with 0, not 75."),
    click.option("--exec", "execute", metavar="CMD", help="Run with each changed draft's path; no shell."),
    click.option("--status-file", metavar="FILE", help="JSON about this run, written in any case."),
    click.option("--textfile", metavar="FILE", help="Metrics for node_exporter's textfile collector."),
    click.option(
        "--format", "form", type=click.Choice(["path", "json"]), default="path", help="What stdout gets."
    ),
)
